"""LeNet-5 as the lecture counts it (lecture 7, "LeNet-5"): a linear layer for the RBF units."""

TEXT = """
input(32, 1)
conv(5, 6) avg(2) stanh
conv(5, 16) avg(2)
conv(5, 120)
fc(84) stanh fc(10) softmax
"""
