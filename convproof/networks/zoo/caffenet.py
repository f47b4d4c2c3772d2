"""CaffeNet: AlexNet on one GPU, with pooling and norm switched (lecture 7, "AlexNet (CaffeNet)").

Jia et al. 2014; the input of 227 makes the first convolution fit.
"""

TEXT = """
input(227, 3)
conv(11, 96, s4) pool(3, 2) norm
conv(5, 256, p2) pool(3, 2) norm
conv(3, 384, p1)
conv(3, 384, p1)
conv(3, 256, p1) pool(3, 2)
fc(4096) dropout fc(4096) dropout fc(1000) softmax
"""
