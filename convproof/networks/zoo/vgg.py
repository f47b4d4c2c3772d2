"""VGG: six configurations of 3x3 convolutions (lecture 7, "VGG").

Simonyan and Zisserman 2014, table 1. A row is a configuration: channels of 3x3 convolutions
(``x1``: of 1x1), ``M`` for pooling, ``N`` for a norm.
"""

_HEAD = "fc(4096) dropout fc(4096) dropout fc(1000) softmax"
ROWS = {
    "vgg11": "64 M 128 M 256 256 M 512 512 M 512 512 M",
    "vgg11-lrn": "64 N M 128 M 256 256 M 512 512 M 512 512 M",
    "vgg13": "64 64 M 128 128 M 256 256 M 512 512 M 512 512 M",
    "vgg16-c": "64 64 M 128 128 M 256 256 256x1 M 512 512 512x1 M 512 512 512x1 M",
    "vgg16": "64 64 M 128 128 M 256 256 256 M 512 512 512 M 512 512 512 M",
    "vgg19": "64 64 M 128 128 M 256 256 256 256 M 512 512 512 512 M 512 512 512 512 M",
}


def _written(word: str) -> str:
    if word == "M":
        return "pool(2)"
    if word == "N":
        return "norm"
    channels, _, one = word.partition("x")
    return f"conv(1, {channels})" if one else f"conv(3, {channels}, p1)"


TEXTS = {
    name: f"input(224, 3) {' '.join(map(_written, row.split()))} {_HEAD}"
    for name, row in ROWS.items()
}
