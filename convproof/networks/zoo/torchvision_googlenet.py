"""GoogLeNet as torchvision has it, with its names: ``inception3a.branch2.1.conv.weight``.

Not the published network (Szegedy et al. 2015): every convolution has no bias, and a batch
normalisation after it; pools round up (``ceil_mode``); the third branch of a module is of 3x3 where
the paper has 5x5; the classifiers pool to 4x4 cells. In evaluation a batch normalisation is a scale
and a shift of every channel, a 1x1 convolution of one channel to each group: so it stands in the
graph, and it has as many parameters. ``torchvision_state.folded`` joins it to the convolution
before it. There is no softmax. From torchvision 0.29, ``models/googlenet.py``.
"""

import numpy as np

from convproof.layers import AdaptiveAvgPool, GlobalAvgPool, Layer, Linear, ReLU
from convproof.networks.graph import INPUT, Network, Node
from convproof.networks.wiring import Concat, Dropout, Flatten
from convproof.networks.zoo.torchvision import CLASSES, conv, max_pool

_MODULES = {  # 1x1; 1x1 and 3x3; 1x1 and 3x3; projection of the pool
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
_POOL_AFTER = {"3b": ("maxpool3", 3), "4e": ("maxpool4", 2)}
_CLASSIFIER_AFTER = {"4a": "aux1", "4d": "aux2"}
# of the images: (x * std + mean - 1/2) / (1/2), of torchvision's normalisation and back
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def googlenet(name: str) -> Network:
    """Return GoogLeNet: 6,624,904 parameters, and 6,379,984 in its auxiliary classifiers.

    Its outputs are ``fc``, ``aux1.fc2`` and ``aux2.fc2``.

    Example:
        >>> from convproof.networks.count import total
        >>> net = googlenet("torchvision-googlenet")
        >>> total(net).parameters, total(net, auxiliary=True).parameters
        (6624904, 6379984)
    """
    built = _Built()
    end = built.basic("conv1", INPUT, 3, 64, 7, stride=2)
    end = built.put("maxpool1", max_pool(3, 2, ceil_mode=True), end)
    end = built.basic("conv2", end, 64, 64, 1)
    end = built.basic("conv3", end, 64, 192, 3)
    end = built.put("maxpool2", max_pool(3, 2, ceil_mode=True), end)
    channels = 192
    for number, widths in _MODULES.items():
        end = built.inception(f"inception{number}", end, channels, widths)
        channels = widths[0] + widths[2] + widths[4] + widths[5]
        if number in _POOL_AFTER:
            pool, taps = _POOL_AFTER[number]
            end = built.put(pool, max_pool(taps, 2, ceil_mode=True), end)
        if number in _CLASSIFIER_AFTER:
            built.classifier(_CLASSIFIER_AFTER[number], end, channels)
    end = built.put("avgpool", GlobalAvgPool(dims=2), end)
    end = built.put("flatten", Flatten(), end)
    end = built.put("dropout", Dropout(p=0.2), end)
    end = built.put("fc", Linear(in_features=channels, out_features=CLASSES), end)
    return Network(
        name=name,
        input_shape=(3, 224, 224),
        nodes=tuple(built.nodes),
        outputs=(end, "aux1.fc2", "aux2.fc2"),
    )


def transform_input(x: np.ndarray) -> np.ndarray:
    """Return images as the pretrained weights want them (torchvision's ``transform_input``).

    ``x`` is ``(n, 3, h, w)``, normalised with the means and deviations of ImageNet; the answer with
    1/2 and 1/2. It is no part of the network, whose padding is zero after it.
    """
    mean, std = (np.array(row, x.dtype).reshape(3, 1, 1) for row in (_MEAN, _STD))
    half = x.dtype.type(0.5)
    return np.asarray(x * (std / half) + (mean - half) / half)


class _Built:
    """Nodes so far; every method adds some and returns the name of the last."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []

    def put(self, name: str, layer: Layer, *reads: str) -> str:
        self.nodes.append(Node(name=name, layer=layer, reads=reads))
        return name

    def basic(
        self, name: str, read: str, channels: int, out: int, taps: int, *, stride: int = 1
    ) -> str:
        """A convolution that keeps the size, its normalisation and a ReLU."""
        layer = conv(channels, out, taps, stride=stride, padding=taps // 2, bias=False)
        end = self.put(f"{name}.conv", layer, read)
        end = self.put(f"{name}.bn", conv(out, out, 1, groups=out), end)
        return self.put(f"{name}.relu", ReLU(), end)

    def inception(self, name: str, read: str, channels: int, widths: tuple[int, ...]) -> str:
        one, three_reduced, three, five_reduced, five, projection = widths
        first = self.basic(f"{name}.branch1", read, channels, one, 1)
        end = self.basic(f"{name}.branch2.0", read, channels, three_reduced, 1)
        second = self.basic(f"{name}.branch2.1", end, three_reduced, three, 3)
        end = self.basic(f"{name}.branch3.0", read, channels, five_reduced, 1)
        third = self.basic(f"{name}.branch3.1", end, five_reduced, five, 3)
        end = self.put(f"{name}.branch4.0", max_pool(3, 1, padding=1, ceil_mode=True), read)
        fourth = self.basic(f"{name}.branch4.1", end, channels, projection, 1)
        return self.put(name, Concat(), first, second, third, fourth)

    def classifier(self, name: str, read: str, channels: int) -> str:
        end = self.put(f"{name}.avgpool", AdaptiveAvgPool(output_size=(4, 4)), read)
        end = self.basic(f"{name}.conv", end, channels, 128, 1)
        end = self.put(f"{name}.flatten", Flatten(), end)
        end = self.put(f"{name}.fc1", Linear(in_features=128 * 4 * 4, out_features=1024), end)
        end = self.put(f"{name}.relu", ReLU(), end)
        end = self.put(f"{name}.dropout", Dropout(p=0.7), end)
        return self.put(f"{name}.fc2", Linear(in_features=1024, out_features=CLASSES), end)
