"""The linear classifier of CIFAR10: one matrix (lecture 7, "pipeline")."""

TEXT = "input(32, 3) fc(10) softmax"
