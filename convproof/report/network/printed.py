"""What the lecture prints of networks: their tables, row by row, and the errors that it quotes.

A quotation: nothing here is computed, and nothing is taken from it but to be shown beside what is.
"""

from collections.abc import Mapping
from dataclasses import dataclass

_MNIST = """
input 0 0 28x28x1
conv(5,32) 832 479232 24x24x32
pool(2) 0 18432 12x12x32
conv(5,64) 51264 3280896 8x8x64
pool(2) 0 4096 4x4x64
fc(100) 102500 102500 100
fc(10) 1010 1010 10
softmax 0 0 10
"""
_CIFAR10 = """
input 0 0 32x32x3
conv(5,32) 2432 1906688 28x28x32
pool(2) 0 25088 14x14x32
conv(5,64) 51264 5126400 10x10x64
pool(2) 0 6400 5x5x64
fc(100) 160100 160100 100
fc(10) 1010 1010 10
softmax 0 0 10
"""
_LENET5 = """
input(32,1) 0 0 32x32x1
conv(5,6) 156 122304 28x28x6
avg(2) 0 4704 14x14x6
conv(5,16) 2416 241600 10x10x16
avg(2) 0 1600 5x5x16
conv(5,120) 48120 48120 1x1x120
fc(84) 10164 10164 84
RBF(10) 850 850 10
softmax 0 10 10
"""
_CAFFENET = """
input(227,3) 0 0 227x227x3
conv(11,96,s4) 34944 105705600 55x55x96
pool(3,2) 0 290400 27x27x96
norm 0 69984 27x27x96
conv(5,256,p2) 614656 448084224 27x27x256
pool(3,2) 0 186624 13x13x256
norm 0 43264 13x13x256
conv(3,384,p1) 885120 149585280 13x13x384
conv(3,384,p1) 1327488 224345472 13x13x384
conv(3,256,p1) 884992 149563648 13x13x256
pool(3,2) 0 43264 6x6x256
fc(4096) 37752832 37752832 4096
fc(4096) 16781312 16781312 4096
fc(1000) 4097000 4097000 1000
softmax 0 1000 1000
"""
_ZFNET = """
input(224,3) 0 0 224x224x3
conv(7,96,s2,p1) 14208 171916800 110x110x96
pool(3,2,p1) 0 1161600 55x55x96
norm 0 290400 55x55x96
conv(5,256,s2) 614656 415507456 26x26x256
pool(3,2,p1) 0 173056 13x13x256
norm 0 43264 13x13x256
conv(3,512,p1) 1180160 199447040 13x13x512
conv(3,1024,p1) 4719616 797615104 13x13x1024
conv(3,512,p1) 4719104 797528576 13x13x512
pool(3,2) 0 86528 6x6x512
fc(4096) 75501568 75501568 4096
fc(4096) 16781312 16781312 4096
fc(1000) 4097000 4097000 1000
softmax 0 1000 1000
"""
_VGG16 = """
input(224,3) 0 0 224x224x3
conv(3,64,p1) 1792 89915390 224x224x64
conv(3,64,p1) 36928 1852899328 224x224x64
pool(2) 0 3211264 112x112x64
conv(3,128,p1) 73856 926449664 112x112x128
conv(3,128,p1) 147584 1851293696 112x112x128
pool(2) 0 1605632 56x56x128
conv(3,256,p1) 295168 925646848 56x56x256
conv(3,256,p1) 590080 1850490880 56x56x256
conv(3,256,p1) 590080 1850490880 56x56x256
pool(2) 0 802816 28x28x256
conv(3,512,p1) 1180160 925245440 28x28x512
conv(3,512,p1) 2359808 1850089472 28x28x512
conv(3,512,p1) 2359808 1850089472 28x28x512
pool(2) 0 401408 14x14x512
conv(3,512,p1) 2359808 462522368 14x14x512
conv(3,512,p1) 2359808 462522368 14x14x512
conv(3,512,p1) 2359808 462522368 14x14x512
pool(2) 0 100352 7x7x512
fc(4096) 102764544 102764544 4096
fc(4096) 16781312 16781312 4096
fc(1000) 4097000 4097000 1000
softmax 0 1000 1000
"""
_GOOGLENET = """
input(224,3) 0 0 224x224x3
conv(7,64,p3,s2) 9472 118816768 112x112x64
pool(3,2,p1) 0 802816 56x56x64
conv(1,64) 4160 13045760 56x56x64
conv(3,192,p1) 110784 347418624 56x56x192
pool(3,2,p1) 0 602112 28x28x192
inc(64,(96,128),(16,32),32) 163696 128488192 28x28x256
inc(128,(128,192),(32,96),64) 388736 304969728 28x28x480
pool(3,2,p1) 0 376320 14x14x480
inc(192,(96,208),(16,48),64) 376176 73824576 14x14x512
inc(160,(112,224),(24,64),64) 449160 88135712 14x14x512
inc(128,(128,256),(24,64),64) 510104 100080736 14x14x512
inc(112,(144,288),(32,64),64) 605376 118754048 14x14x528
inc(256,(160,320),(32,128),128) 868352 170300480 14x14x832
pool(3,2,p1) 0 163072 7x7x832
inc(256,(160,320),(32,128),128) 1043456 51170112 7x7x832
inc(384,(192,384),(48,128),128) 1444080 70800688 7x7x1024
avg(7) 0 50176 1x1x1024
fc(1000) 1025000 1025000 1000
softmax 0 1000 1000
"""
TABLES: Mapping[str, str] = {
    "mnist-convnet": _MNIST,
    "cifar10-convnet": _CIFAR10,
    "lenet5-simplified": _LENET5,
    "caffenet": _CAFFENET,
    "zfnet": _ZFNET,
    "vgg16": _VGG16,
    "googlenet": _GOOGLENET,
}


@dataclass(frozen=True, slots=True)
class Printed:
    """A row of a table of the lecture.

    Attributes:
        layer: in its notation.
        parameters: as printed.
        operations: as printed.
        volume: width, height and channels, or features.
    """

    layer: str
    parameters: int
    operations: int
    volume: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Quoted:
    """A top-5 error of ImageNet that the lecture quotes.

    Attributes:
        percent: of the test images.
        contest: in which it was measured.
    """

    percent: str
    contest: str


QUOTED: Mapping[str, Quoted] = {  # lecture 7: "AlexNet", "ZFNet", "VGG", "GoogLeNet"
    "alexnet": Quoted("16.4", "ILSVRC'12"),
    "zfnet": Quoted("11.7", "ILSVRC'13"),
    "vgg16": Quoted("7.3", "ILSVRC'14"),
    "googlenet": Quoted("6.7", "ILSVRC'14"),
}


def printed(name: str) -> tuple[Printed, ...]:
    """Return the rows that the lecture prints of a network; none where it has no table."""
    found = []
    for line in TABLES.get(name, "").split("\n"):
        if line.strip():
            layer, parameters, operations, volume = line.split()
            sizes = tuple(int(size) for size in volume.split("x"))
            found.append(Printed(layer, int(parameters), int(operations), sizes))
    return tuple(found)
