"""LeNet-5 as published: 60,000 parameters (LeCun, Bottou, Bengio and Haffner 1998, section II.B).

S2 and S4 have one coefficient and one bias for each map. The paper adds four inputs where ``avg``
divides by four, which its coefficient takes up. C3 is connected by the table I of the paper, of
which the lecture prints a damaged copy: every contiguous subset of three maps of S2, of four, three
others of four, and all six. The output units are distances to fixed codes: those are constants of
the layer and no parameters. They are drawn for this project (``zoo.digits``), not the paper's. The
nearest code has the largest softmax.
"""

TEXT = """
input(32, 1)
c1 = conv(5, 6) stanh
avg(2) s2 = scale stanh
c3 = masked(5,
  (0,1,2) (1,2,3) (2,3,4) (3,4,5) (0,4,5) (0,1,5)
  (0,1,2,3) (1,2,3,4) (2,3,4,5) (0,3,4,5) (0,1,4,5) (0,1,2,5)
  (0,1,3,4) (1,2,4,5) (0,2,3,5)
  (0,1,2,3,4,5)) stanh
avg(2) s4 = scale stanh
c5 = conv(5, 120) stanh
f6 = fc(84) stanh
rbf(digits) negate softmax
"""
