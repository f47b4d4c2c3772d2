"""The kinds of arrays that a target can take and return, by name."""

from typing import Literal, get_args

Kind = Literal["numpy", "torch", "cupy"]
KINDS: tuple[Kind, ...] = get_args(Kind)
