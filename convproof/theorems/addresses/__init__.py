"""The addresses that kernels compute: in bounds, within int32, each output written once."""

PROOFS: tuple[str, ...] = (
    "flatten",
    "correlated",
    "spread",
    "paired",
    "unshared",
    "unfolded",
    "windows",
    "readers",
    "wrapping",
    "written_once",
    "tiles",
    "hoisted",
    "int32",
    "interior",
    "truncation",
)
