"""Network in network for CIFAR10: each convolution is followed by two of 1x1.

Lin, Chen and Yan 2013, figure 2, with the widths of the authors’ published CIFAR10 model.
"""

TEXT = """
input(32, 3)
conv(5, 192, p2) conv(1, 160) conv(1, 96) pool(3, 2) dropout
conv(5, 192, p2) conv(1, 192) conv(1, 192) avg(3, 2) dropout
conv(3, 192, p1) conv(1, 192) conv(1, 10) gap flatten softmax
"""
