"""The laws of the convolution as tests of one's own: ``pytest test_my_conv.py``."""

import numpy_conv

from convproof.testing import parametrize_with_checks


@parametrize_with_checks(numpy_conv)
def test_my_conv(target, check):
    check(target)
