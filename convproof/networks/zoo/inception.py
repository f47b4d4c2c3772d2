"""The inception module of the lecture, reduced and naive, on 7x7 cells of 832 channels.

Szegedy et al. 2015, figure 2; lecture 7, "inception module".
"""

TEXT = "input(7, 832) inc(384, (192, 384), (48, 128), 128)"
NAIVE = "input(7, 832) inc(384, 384, 128)"
