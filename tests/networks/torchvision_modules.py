"""The architectures of torchvision as modules of torch.nn, for state dicts of its names.

Written from its documentation and its parameter names, of any width: what ours is compared with.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

MODULES = {"3": "ab", "4": "abcde", "5": "ab"}
WIDTHS = [
    (64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64), (192, 96, 208, 16, 48, 64),
    (160, 112, 224, 24, 64, 64), (128, 128, 256, 24, 64, 64), (112, 144, 288, 32, 64, 64),
    (256, 160, 320, 32, 128, 128), (256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128),
]  # fmt: skip
VGG = {
    "vgg11": (1, 1, 2, 2, 2),
    "vgg13": (2,) * 5,
    "vgg16": (2, 2, 3, 3, 3),
    "vgg19": (2, 2, 4, 4, 4),
}
Width = Callable[[int], int]


class Classifier(nn.Module):
    """Features, an adaptive average, and fully connected layers."""

    def __init__(self, features: list[nn.Module], cells: int, classifier: list[nn.Module]) -> None:
        super().__init__()
        self.features = nn.Sequential(*features)
        self.avgpool = nn.AdaptiveAvgPool2d(cells)
        self.classifier = nn.Sequential(*classifier)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        return (self.classifier(torch.flatten(self.avgpool(self.features(x)), 1)),)


def alexnet(width: Width) -> nn.Module:
    a, b, c, d, hidden = map(width, (64, 192, 384, 256, 4096))
    features = [
        nn.Conv2d(3, a, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(a, b, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(b, c, 3, padding=1), nn.ReLU(), nn.Conv2d(c, d, 3, padding=1), nn.ReLU(),
        nn.Conv2d(d, d, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2),
    ]  # fmt: skip
    classifier = [
        nn.Dropout(), nn.Linear(36 * d, hidden), nn.ReLU(), nn.Dropout(),
        nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, width(1000)),
    ]  # fmt: skip
    return Classifier(features, 6, classifier)


def vgg(width: Width, name: str) -> nn.Module:
    features: list[nn.Module] = []
    before = 3
    for depth, channels in zip(VGG[name], map(width, (64, 128, 256, 512, 512)), strict=True):
        for _ in range(depth):
            features += [nn.Conv2d(before, channels, 3, padding=1), nn.ReLU()]
            before = channels
        features.append(nn.MaxPool2d(2))
    hidden = width(4096)
    classifier = [
        nn.Linear(49 * before, hidden), nn.ReLU(), nn.Dropout(),
        nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(), nn.Linear(hidden, width(1000)),
    ]  # fmt: skip
    return Classifier(features, 7, classifier)


class Basic(nn.Module):
    def __init__(self, read: int, out: int, taps: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(read, out, taps, stride, taps // 2, bias=False)
        self.bn = nn.BatchNorm2d(out, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.bn(self.conv(x)))


class Inception(nn.Module):
    def __init__(self, read: int, one: int, a: int, three: int, b: int, five: int, f: int) -> None:
        super().__init__()
        self.branch1 = Basic(read, one, 1)
        self.branch2 = nn.Sequential(Basic(read, a, 1), Basic(a, three, 3))
        self.branch3 = nn.Sequential(Basic(read, b, 1), Basic(b, five, 3))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, 1, 1, ceil_mode=True), Basic(read, f, 1))
        self.out = one + three + five + f

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


class Auxiliary(nn.Module):
    def __init__(self, read: int, width: Width) -> None:
        super().__init__()
        self.conv = Basic(read, width(128), 1)
        self.fc1 = nn.Linear(16 * width(128), width(1024))
        self.fc2 = nn.Linear(width(1024), width(1000))

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(nn.functional.adaptive_avg_pool2d(x, 4))
        logits: Tensor = self.fc2(torch.relu(self.fc1(torch.flatten(x, 1))))
        return logits


class GoogLeNet(nn.Module):
    """All three answers, in evaluation too."""

    def __init__(self, width: Width) -> None:
        super().__init__()
        self.conv1 = Basic(3, width(64), 7, 2)
        self.conv2 = Basic(width(64), width(64), 1)
        self.conv3 = Basic(width(64), width(192), 3)
        read = width(192)
        names = [f"inception{stage}{letter}" for stage in MODULES for letter in MODULES[stage]]
        for name, widths in zip(names, WIDTHS, strict=True):
            module = Inception(read, *map(width, widths))
            setattr(self, name, module)
            read = module.out
            if name in ("inception4a", "inception4d"):
                setattr(self, "aux1" if name == "inception4a" else "aux2", Auxiliary(read, width))
        self.fc = nn.Linear(read, width(1000))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        x = self._pool(self.conv1(x), 3)
        x = self._pool(self.conv3(self.conv2(x)), 3)
        x = self._pool(self._through(x, "3a", "3b"), 3)
        first = self._through(x, "4a")
        second = self._through(first, "4b", "4c", "4d")
        x = self._pool(self._through(second, "4e"), 2)
        x = self._through(x, "5a", "5b")
        aux1, aux2 = (self.get_submodule(name) for name in ("aux1", "aux2"))
        return self.fc(x.mean((2, 3))), aux1(first), aux2(second)

    def _through(self, x: Tensor, *numbers: str) -> Tensor:
        for number in numbers:
            x = self.get_submodule(f"inception{number}")(x)
        return x

    def _pool(self, x: Tensor, taps: int) -> Tensor:
        return nn.functional.max_pool2d(x, taps, 2, ceil_mode=True)


def module(name: str, width: Width) -> nn.Module:
    """Return the module of a network by its name, in evaluation."""
    own = name.removeprefix("torchvision-")
    if own == "googlenet":
        made: nn.Module = GoogLeNet(width)
    else:
        made = alexnet(width) if own == "alexnet" else vgg(width, own)
    return made.eval()
