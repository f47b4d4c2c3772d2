"""The convolutional network of MNIST (lecture 7, "convolutional network")."""

TEXT = "input(28, 1) conv(5, 32) pool(2) conv(5, 64) pool(2) fc(100) fc(10) softmax"
