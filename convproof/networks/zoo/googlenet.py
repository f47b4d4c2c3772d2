"""GoogLeNet with its auxiliary classifiers (lecture 7, "GoogLeNet").

Szegedy et al. 2015, table 1, which names the modules; the classifiers read 4a and 4d. The lecture
pools with padding 1 where the paper rounds up, and pads the classifiers' pooling. ``PUBLISHED``
rounds up, has the norms of the paper's figure 3, and classifiers of 4x4 cells.
"""

_STEM = """
input(224, 3)
conv(7, 64, p3, s2) pool(3, 2, {half}) {norm}
conv(1, 64) conv(3, 192, p1) {norm} pool(3, 2, {half})
"""
_BODY = """
inc3a = inc(64, (96, 128), (16, 32), 32)
inc3b = inc(128, (128, 192), (32, 96), 64) pool(3, 2, {half})
inc4a = inc(192, (96, 208), (16, 48), 64)
inc4b = inc(160, (112, 224), (24, 64), 64)
inc4c = inc(128, (128, 256), (24, 64), 64)
inc4d = inc(112, (144, 288), (32, 64), 64)
inc4e = inc(256, (160, 320), (32, 128), 128) pool(3, 2, {half})
inc5a = inc(256, (160, 320), (32, 128), 128)
inc5b = inc(384, (192, 384), (48, 128), 128)
avg(7) dropout(0.4) fc(1000) softmax
avg(5, 3{p2})(inc4a) conv(1, 128) fc(1024) dropout(0.7) fc(1000) softmax
avg(5, 3{p2})(inc4d) conv(1, 128) fc(1024) dropout(0.7) fc(1000) softmax
"""
TEXT = (_STEM + _BODY).format(norm="", half="p1", p2=", p2")
PUBLISHED = (_STEM + _BODY).format(norm="norm", half="ceil", p2="")
