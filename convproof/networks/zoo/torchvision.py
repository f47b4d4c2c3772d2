"""AlexNet and VGG as torchvision has them, with its names: ``features.0.weight``.

Not the published networks. AlexNet is that of Krizhevsky 2014, "One weird trick for parallelizing
convolutional neural networks": 64 first filters, no groups, no norm. Both pool adaptively, to 6x6
and 7x7 cells, before the first fully connected layer, so that images may have other sizes. There is
no softmax: the answers are logits. From torchvision 0.29, ``models/alexnet.py`` and ``vgg.py``.
"""

from convproof.layers import (
    AdaptiveAvgPool,
    Conv,
    Layer,
    Linear,
    MaxPool,
    ReLU,
)
from convproof.networks.graph import INPUT, Network, Node
from convproof.networks.wiring import Dropout, Flatten
from convproof.networks.zoo.vgg import ROWS

CLASSES, HIDDEN = 1000, 4096


def alexnet(name: str) -> Network:
    """Return AlexNet, of 61,100,840 parameters."""
    features: list[Layer] = [
        conv(3, 64, 11, stride=4, padding=2), ReLU(), max_pool(3, 2),
        conv(64, 192, 5, padding=2), ReLU(), max_pool(3, 2),
        conv(192, 384, 3, padding=1), ReLU(),
        conv(384, 256, 3, padding=1), ReLU(),
        conv(256, 256, 3, padding=1), ReLU(), max_pool(3, 2),
    ]  # fmt: skip
    classifier: list[Layer] = [
        Dropout(), Linear(in_features=256 * 6 * 6, out_features=HIDDEN), ReLU(),
        Dropout(), Linear(in_features=HIDDEN, out_features=HIDDEN), ReLU(),
        Linear(in_features=HIDDEN, out_features=CLASSES),
    ]  # fmt: skip
    return _sequential(name, features, 6, classifier)


def vgg(name: str) -> Network:
    """Return configuration A, B, D or E of VGG, without batch normalisation.

    Example:
        >>> from convproof.networks.count import total
        >>> total(vgg("torchvision-vgg16")).parameters
        138357544
    """
    features: list[Layer] = []
    channels = 3
    for word in ROWS[name.removeprefix("torchvision-")].split():
        if word == "M":
            features.append(max_pool(2, 2))
        else:
            features += [conv(channels, int(word), 3, padding=1), ReLU()]
            channels = int(word)
    classifier: list[Layer] = [
        Linear(in_features=channels * 7 * 7, out_features=HIDDEN), ReLU(), Dropout(),
        Linear(in_features=HIDDEN, out_features=HIDDEN), ReLU(), Dropout(),
        Linear(in_features=HIDDEN, out_features=CLASSES),
    ]  # fmt: skip
    return _sequential(name, features, 7, classifier)


def conv(
    in_channels: int,
    out_channels: int,
    taps: int,
    *,
    stride: int = 1,
    padding: int = 0,
    groups: int = 1,
    bias: bool = True,
) -> Conv:
    """Return a convolution over images, the same along both axes."""
    return Conv(
        in_channels=in_channels,
        out_channels=out_channels,
        kernel_size=(taps, taps),
        stride=(stride, stride),
        padding=((padding, padding),) * 2,
        dilation=(1, 1),
        groups=groups,
        bias=bias,
    )


def max_pool(taps: int, stride: int, *, padding: int = 0, ceil_mode: bool = False) -> MaxPool:
    """Return a max pooling over images, the same along both axes."""
    return MaxPool(
        kernel_size=(taps, taps),
        stride=(stride, stride),
        padding=((padding, padding),) * 2,
        dilation=(1, 1),
        ceil_mode=ceil_mode,
    )


def _sequential(name: str, features: list[Layer], cells: int, classifier: list[Layer]) -> Network:
    """Return the layers one after the other, numbered as ``torch.nn.Sequential`` does."""
    named = [
        *((f"features.{i}", layer) for i, layer in enumerate(features)),
        ("avgpool", AdaptiveAvgPool(output_size=(cells, cells))),
        ("flatten", Flatten()),
        *((f"classifier.{i}", layer) for i, layer in enumerate(classifier)),
    ]
    before = [INPUT, *(name for name, _ in named)]
    nodes = tuple(
        Node(name=own, layer=layer, reads=(read,))
        for (own, layer), read in zip(named, before, strict=False)
    )
    return Network(name=name, input_shape=(3, 224, 224), nodes=nodes)
