"""The two-layer classifier of CIFAR10, hidden width 100 (lecture 7, "2-layer classifier")."""

TEXT = "input(32, 3) fc(100) fc(10) softmax"
