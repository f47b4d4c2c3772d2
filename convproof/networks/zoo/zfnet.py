"""ZFNet, widened: 512, 1024 and 512 channels in the last convolutions (lecture 7, "ZFNet").

Zeiler and Fergus 2014.
"""

TEXT = """
input(224, 3)
conv(7, 96, s2, p1) pool(3, 2, p1) norm
conv(5, 256, s2) pool(3, 2, p1) norm
conv(3, 512, p1)
conv(3, 1024, p1)
conv(3, 512, p1) pool(3, 2)
fc(4096) dropout fc(4096) dropout fc(1000) softmax
"""
