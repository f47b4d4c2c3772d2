"""The two-layer classifier of CIFAR10, of the slide "2-layer classifier validation accuracy"."""

TEXT = "input(32, 3) fc(100) fc(10) softmax"
