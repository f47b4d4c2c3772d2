"""The convolutions of VGG-16 and of AlexNet, as they were published.

AlexNet has the two groups of its two GPUs. A row is an input channel count, a spatial size, then
what the layer does.
"""

from dataclasses import dataclass

from convproof.layers import Conv


@dataclass(frozen=True, slots=True)
class NamedConv:
    """A convolution of a network, over square images.

    Attributes:
        name: in its network.
        in_channels: channels of the input.
        size: rows and columns of the input.
        out_channels: channels of the output.
        kernel_size: taps per axis.
        stride: of both axes.
        padding: at all four ends.
        groups: blocks of channels.
    """

    name: str
    in_channels: int
    size: int
    out_channels: int
    kernel_size: int = 3
    stride: int = 1
    padding: int = 1
    groups: int = 1

    @property
    def layer(self) -> Conv:
        """The spec, without a bias."""
        return Conv(
            in_channels=self.in_channels,
            out_channels=self.out_channels,
            kernel_size=(self.kernel_size,) * 2,
            stride=(self.stride,) * 2,
            padding=((self.padding, self.padding),) * 2,
            dilation=(1, 1),
            groups=self.groups,
            bias=False,
        )

    @property
    def shape(self) -> tuple[int, ...]:
        """What makes two layers equal to a stopwatch."""
        return (
            self.in_channels, self.size, self.out_channels, self.kernel_size, self.stride,
            self.padding, self.groups,
        )  # fmt: skip

    def __str__(self) -> str:
        groups = f" groups {self.groups}" if self.groups > 1 else ""
        stride = f" stride {self.stride}" if self.stride > 1 else ""
        return (
            f"{self.in_channels}x{self.size}x{self.size} -> {self.out_channels}, "
            f"{self.kernel_size}x{self.kernel_size}{stride}{groups}"
        )


VGG16 = (
    NamedConv("conv1_1", 3, 224, 64),
    NamedConv("conv1_2", 64, 224, 64),
    NamedConv("conv2_1", 64, 112, 128),
    NamedConv("conv2_2", 128, 112, 128),
    NamedConv("conv3_1", 128, 56, 256),
    NamedConv("conv3_2", 256, 56, 256),
    NamedConv("conv3_3", 256, 56, 256),
    NamedConv("conv4_1", 256, 28, 512),
    NamedConv("conv4_2", 512, 28, 512),
    NamedConv("conv4_3", 512, 28, 512),
    NamedConv("conv5_1", 512, 14, 512),
    NamedConv("conv5_2", 512, 14, 512),
    NamedConv("conv5_3", 512, 14, 512),
)
ALEXNET = (
    NamedConv("conv1", 3, 227, 96, kernel_size=11, stride=4, padding=0),
    NamedConv("conv2", 96, 27, 256, kernel_size=5, padding=2, groups=2),
    NamedConv("conv3", 256, 13, 384),
    NamedConv("conv4", 384, 13, 384, groups=2),
    NamedConv("conv5", 384, 13, 256, groups=2),
)
NETWORKS = {"vgg16": VGG16, "alexnet": ALEXNET}
