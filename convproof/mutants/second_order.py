"""Faults in directional and second derivatives."""

import numpy as np

from convproof.mutants.registry import mutant
from convproof.names import get_implementation

_right = get_implementation("numpy")


@mutant("conv2d_jvp", "exact", "mlx#3634: the second tangent is ignored")
def tangent_of_the_weights_ignored(x, w, x_dot, w_dot, **options):
    """Only the data move: f(x_dot, w) without f(x, w_dot)."""
    del x, w_dot
    return _right.conv2d(x_dot, w, None, **options)


@mutant("conv2d_second_output", "exact")
def cross_term_of_the_double_backward_dropped(x, w, y_bar, u, v, **options):
    """The weights' direction is not followed: f(u, w) without f(x, v)."""
    del x, y_bar, v
    return _right.conv2d(u, w, None, **options)


@mutant("conv1d_second_input", "exact")
def weights_in_the_place_of_their_direction(x, w, y_bar, u, v, **options):
    """The gradient in x is that of the first order, which has the shape of the second."""
    del u, v
    return _right.conv1d_input(x.shape, w, y_bar, **options)


@mutant("conv2d_second_weight", "exact", "pytorch#1972: double backward with groups")
def double_backward_of_the_first_group_for_all(x, w, y_bar, u, v, *, groups, **options):
    """Every group's gradient is computed from the first group's direction."""
    del x, v
    first = np.concatenate([u[:, : u.shape[1] // groups]] * groups, axis=1)
    return _right.conv2d_weight(first, w.shape, y_bar, groups=groups, **options)
