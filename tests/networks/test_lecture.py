"""Every row of the lecture's network tables, and its errata by name."""

from math import prod

import pytest

from convproof.layers import Conv, Linear, LocalResponseNorm, MaxPool
from convproof.networks.count import rows, total
from convproof.networks.names import named

# layer: parameters, operations, volume as the lecture prints them (lecture 7)
MNIST = """
input 0 0 28x28x1
conv(5,32) 832 479232 24x24x32
pool(2) 0 18432 12x12x32
conv(5,64) 51264 3280896 8x8x64
pool(2) 0 4096 4x4x64
fc(100) 102500 102500 100
fc(10) 1010 1010 10
softmax 0 0 10
"""
CIFAR10 = """
input 0 0 32x32x3
conv(5,32) 2432 1906688 28x28x32
pool(2) 0 25088 14x14x32
conv(5,64) 51264 5126400 10x10x64
pool(2) 0 6400 5x5x64
fc(100) 160100 160100 100
fc(10) 1010 1010 10
softmax 0 0 10
"""
LENET5 = """
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
CAFFENET = """
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
ZFNET = """
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
VGG16 = """
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
GOOGLENET = """
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
TABLES = {
    "mnist-convnet": MNIST,
    "cifar10-convnet": CIFAR10,
    "lenet5-simplified": LENET5,
    "caffenet": CAFFENET,
    "zfnet": ZFNET,
    "vgg16": VGG16,
    "googlenet": GOOGLENET,
}
# where the lecture is wrong: (network, row): what it prints, and what its own rule gives
ERRATA = {
    ("vgg16", 1): (89915390, 89915392),  # (9 * 3 + 1) * 224^2 * 64: the last digit
    ("mnist-convnet", 7): (0, 10),  # a softmax counts its volume in the later tables
    ("cifar10-convnet", 7): (0, 10),
}
ROWS = [
    (name, place, line.split())
    for name, table in TABLES.items()
    for place, line in enumerate(table.split("\n")[1:-1])
]


@pytest.mark.parametrize(("name", "place", "printed"), ROWS)
def test_a_row_of_the_lecture_is_a_row_of_the_network(
    name: str, place: int, printed: list[str]
) -> None:
    """Parameters, operations and volume, with the errata named."""
    row = rows(named(name))[place]
    _, parameters, operations, volume = printed
    stated, right = ERRATA.get((name, place), (int(operations), int(operations)))

    assert row.parameters == int(parameters)
    assert int(operations) == stated
    assert row.operations == right
    assert "x".join(map(str, row.volume)) == volume


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_no_other_rows(name: str) -> None:
    assert len(rows(named(name))) == len(TABLES[name].split("\n")) - 2


def test_the_inception_modules_operations_are_the_lectures_but_for_the_naive_ones() -> None:
    """inc(384,(192,384),(48,128),128) on 7x7x832: 70,800,688; naive: 287,091,392.

    The lecture's 271,418,048 for the naive module counts its 1x1 branch, of 833 * 384 operations
    at each of 49 cells, as 384.
    """
    assert total(named("inception")).operations == 70_800_688
    naive = total(named("inception-naive")).operations
    assert naive == 287_091_392
    assert naive - 833 * 384 * 49 + 384 == 271_418_048


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("vgg11", 132_863_336),
        ("vgg13", 133_047_848),
        ("vgg16", 138_357_544),
        ("vgg19", 143_667_240),
    ],
)
def test_vgg_has_as_many_parameters_as_torchvisions(name: str, parameters: int) -> None:
    assert total(named(name)).parameters == parameters


def test_the_classifiers_of_the_first_part_are_one_matrix_and_two() -> None:
    """32 x 32 x 3 pixels as 3072 numbers, k = 10 classes, hidden width 100 (pages 4 to 8)."""
    assert total(named("linear")).parameters == (3072 + 1) * 10
    assert total(named("two-layer")).parameters == (3072 + 1) * 100 + (100 + 1) * 10


def test_the_rbf_units_row_counts_biases_that_squared_distances_have_not() -> None:
    """The lecture's RBF(10) is 850 = (84 + 1) 10, a linear layer's; of 84 10 squares it is 840."""
    listed = {row.name: row for row in rows(named("lenet5"))}
    assert (listed["rbf1"].parameters, listed["rbf1"].operations) == (0, 850 - 10)


# lecture 7, "VGG": the columns of Simonyan and Zisserman 2014, table 1, a row between two pools
VGG = {
    "vgg11": ("3-64", "3-128", "3-256 3-256", "3-512 3-512", "3-512 3-512"),
    "vgg11-lrn": ("3-64 LRN", "3-128", "3-256 3-256", "3-512 3-512", "3-512 3-512"),
    "vgg13": ("3-64 3-64", "3-128 3-128", "3-256 3-256", "3-512 3-512", "3-512 3-512"),
    "vgg16-c": (
        "3-64 3-64", "3-128 3-128", "3-256 3-256 1-256", "3-512 3-512 1-512", "3-512 3-512 1-512",
    ),
    "vgg16": (
        "3-64 3-64", "3-128", "3-256 3-256 3-256", "3-512 3-512 3-512", "3-512 3-512 3-512",
    ),
    "vgg19": (
        "3-64 3-64", "3-128 3-128", "3-256 " * 4, "3-512 " * 4, "3-512 " * 4,
    ),
}  # fmt: skip
# the lecture's file has lost one of two layers, without which D has 15 layers with weights
VGG_ERRATA = {("vgg16", 1): ("3-128", "3-128 3-128")}
WEIGHT_LAYERS = {
    "vgg11": 11, "vgg11-lrn": 11, "vgg13": 13, "vgg16-c": 16, "vgg16": 16, "vgg19": 19,
}  # fmt: skip


@pytest.mark.parametrize("name", VGG)
def test_a_column_of_the_table_of_vgg_is_a_network(name: str) -> None:
    """Sizes and channels of every stage, each layer padded so that it keeps the image's size."""
    net = named(name)
    stages: list[list[str]] = [[]]
    for node in net:
        layer = node.layer
        if isinstance(layer, Conv):
            stages[-1].append(f"{layer.kernel_size[0]}-{layer.out_channels}")
            assert (
                layer.output_shape((1, *net.shapes[node.reads[0]]))[2:]
                == (net.shapes[node.reads[0]][1:])
            )
        elif isinstance(layer, LocalResponseNorm):
            stages[-1].append("LRN")
        elif isinstance(layer, MaxPool):
            stages.append([])
    for place, (printed, stage) in enumerate(zip(VGG[name], stages[:-1], strict=True)):
        stated, right = VGG_ERRATA.get((name, place), (printed, printed))
        assert printed == stated
        assert stage == right.split()
    assert stages[-1] == []
    weighted = [n for n in net if isinstance(n.layer, Conv | Linear)]
    assert len(weighted) == WEIGHT_LAYERS[name]


def test_alexnet_as_published_has_two_towers_overlapping_pools_and_norms() -> None:
    """60 million parameters (section 3.5): 60,965,224, by the connections of two GPUs."""
    net = named("alexnet")
    convs = [node.layer for node in net if isinstance(node.layer, Conv)]
    pools = [node.layer for node in net if isinstance(node.layer, MaxPool)]
    norms = [node.layer for node in net if isinstance(node.layer, LocalResponseNorm)]
    assert [conv.groups for conv in convs] == [1, 2, 1, 2, 2]
    assert [(p.kernel_size, p.stride) for p in pools] == [((3, 3), (2, 2))] * 3
    assert norms == [LocalResponseNorm(size=5, alpha=5 * 1e-4, beta=0.75, k=2.0)] * 2
    assert total(net).parameters == 60_965_224
    halves = sum(prod(conv.weight_shape) for conv in convs if conv.groups == 2)
    assert total(named("caffenet")).parameters == total(net).parameters + halves


def test_googlenet_as_published_rounds_up_where_the_lecture_pads() -> None:
    """Every volume of the main branch is the lecture's: 56, 28, 14 and 7 cells."""
    tabled, published = rows(named("googlenet")), rows(named("googlenet-published"))
    kept = [row for row in published if row.kind != "local_response_norm"]
    assert [row.shape for row in kept] == [row.shape for row in tabled]
    assert [row.parameters for row in kept] == [row.parameters for row in tabled]
    assert len(published) == len(tabled) + 2
    pools = [n.layer for n in named("googlenet-published") if isinstance(n.layer, MaxPool)]
    assert [(p.padding[0], p.ceil_mode) for p in pools if p.stride == (2, 2)] == [
        ((0, 0), True)
    ] * 4


def test_most_parameters_operations_and_memory_are_where_the_lecture_says() -> None:
    """In the first fully connected layer, the second and the first convolution."""
    for name in ("mnist-convnet", "cifar10-convnet"):
        listed = rows(named(name))
        assert max(listed, key=lambda row: row.parameters).name == "fc1"
        assert max(listed, key=lambda row: row.operations).name == "conv2"
        volumes = {row.name: row.shape for row in listed[1:]}
        assert max(volumes, key=lambda n: prod(volumes[n])) == "conv1"


def test_googlenet_has_two_auxiliary_classifiers() -> None:
    """avg(5,3,p2) conv(1,128) fc(1024) fc(1000) softmax, beside the main branch's totals."""
    listed = rows(named("googlenet"), auxiliary=True)
    assert [row.kind for row in listed] == ["avg_pool", "conv", "linear", "linear", "softmax"] * 2
    assert [row.shape for row in listed[:2]] == [(512, 5, 5), (128, 5, 5)]
    published = rows(named("googlenet-published"), auxiliary=True)
    assert [row.shape for row in published[:2]] == [(512, 4, 4), (128, 4, 4)]
    assert total(named("googlenet")).parameters == 6_998_552
