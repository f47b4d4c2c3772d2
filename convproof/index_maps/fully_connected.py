"""The products of a fully connected layer, whose images may be rows.

A correlation of one group, one position and one tap is a product of matrices, ``y[n, r] = sum_c
w[r, c] x[n, c]``. Images are few, and a tile has more columns than rows::

    rows      w[r, :]   columns  x[n, :]     as any correlation
    rows      x[n, :]   columns  w[r, :]     of one image, whose positions are the rows of w
    rows      x[n, :]   columns  w[:, r]     the weight's gradient at C images: of an adjoint

In the last, ``sum_c x[n, c] w[c, r]``, no weight is laid out. The weight's gradient, ``w_bar[m, c]
= sum_n y_bar[n, m] x[n, c]``, is an adjoint itself: of one image of C positions, by the weights
``y_bar``.
"""

from dataclasses import replace

from convproof.index_maps.address import Int
from convproof.index_maps.contraction import Sizes
from convproof.index_maps.correlation import Laid, forward

MOST_ROWS = 64  # images, forward: more of them fill a tile as columns, and a bias is of a row


def is_fully_connected(laid: Laid) -> bool:
    """Return whether a correlation has one group, one position and one tap, of one."""
    s, one = laid.sizes, (1,) * len(laid.kernel)
    extents = (laid.kernel, s.source, s.taps, s.positions, s.result)
    return s.groups == 1 and extents == (one,) * len(extents) and not any(s.origin)


def images_are_rows(laid: Laid) -> bool:
    """Return whether a correlation is launched with its images as rows."""
    return is_fully_connected(laid) and (laid.adjoint or laid.sizes.batch <= MOST_ROWS)


def by_rows(laid: Laid) -> Laid:
    """Return the correlation of ``w'`` by the weights ``x'``: of one image of ``R`` positions.

    Example:
        >>> sizes = one_tap(3, 4, 1)
        >>> by_rows(forward(replace(sizes, batch=8))).sizes.result
        (4,)
    """
    s = laid.sizes
    return forward(one_tap(s.channels, s.batch, s.rows), laid.unit)


def by_channels(laid: Laid) -> Laid:
    """Return the weight's gradient at ``C`` images that an adjoint is, in which ``w`` is ``x``."""
    s = laid.sizes
    return forward(replace(one_tap(s.rows, s.batch, 1), batch=s.channels), laid.unit)


def as_adjoint(sizes: Sizes) -> Sizes:
    """Return the convolution whose adjoint, of ``x`` by the weights ``y_bar``, is ``w_bar``."""
    return one_tap(sizes.out_channels, sizes.batch, sizes.in_channels)


def one_tap(in_channels: Int, out_channels: Int, positions: Int) -> Sizes:
    """Return a convolution of one image with one tap."""
    one = (1,)
    return Sizes(
        batch=1, groups=1, in_channels=in_channels, out_channels=out_channels, input=(positions,),
        kernel=one, output=(positions,), stride=one, dilation=one, low=(0,),
    )  # fmt: skip
