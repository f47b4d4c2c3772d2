"""AlexNet as published, of two towers that meet at the third layer: groups of two elsewhere.

Krizhevsky, Sutskever and Hinton 2012, section 3.5. The paper says 224, which its first layer does
not fit: 227 is what was used. Norm comes before pooling.
"""

TEXT = """
input(227, 3)
conv(11, 96, s4) norm pool(3, 2)
conv(5, 256, p2, g2) norm pool(3, 2)
conv(3, 384, p1)
conv(3, 384, p1, g2)
conv(3, 256, p1, g2) pool(3, 2)
fc(4096) dropout fc(4096) dropout fc(1000) softmax
"""
