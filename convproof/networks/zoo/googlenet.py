"""GoogLeNet (lecture 7, "GoogLeNet"; Szegedy et al. 2015, table 1), its main branch.

The lecture pools with padding 1 where the paper rounds up. With LRN as in figure 3 of the paper it
is ``googlenet-published``.
"""

_STEM = """
input(224, 3)
conv(7, 64, p3, s2) pool(3, 2, p1) {norm}
conv(1, 64) conv(3, 192, p1) {norm} pool(3, 2, p1)
"""
_BODY = """
inc(64, (96, 128), (16, 32), 32) inc(128, (128, 192), (32, 96), 64) pool(3, 2, p1)
inc(192, (96, 208), (16, 48), 64)
inc(160, (112, 224), (24, 64), 64)
inc(128, (128, 256), (24, 64), 64)
inc(112, (144, 288), (32, 64), 64)
inc(256, (160, 320), (32, 128), 128) pool(3, 2, p1)
inc(256, (160, 320), (32, 128), 128)
inc(384, (192, 384), (48, 128), 128)
avg(7) dropout(0.4) fc(1000) softmax
"""
TEXT = _STEM.format(norm="") + _BODY
PUBLISHED = _STEM.format(norm="norm") + _BODY
