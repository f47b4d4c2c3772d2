"""The notation becomes a graph, or one message that shows where it does not."""

import numpy as np
import pytest

from convproof.errors import NetworkError
from convproof.implementation import load_implementation
from convproof.layers import Conv, MaxPool, ReLU
from convproof.networks import Network, Node, network
from convproof.networks.count import rows
from convproof.networks.evaluate import forward
from convproof.networks.field import fields
from convproof.networks.notation import parse
from convproof.networks.wiring import Concat, Flatten
from tests.networks.agreement import assert_all_agree, by_vjp, integers


def test_stride_and_padding_are_given_in_either_order_or_by_place() -> None:
    """conv(r, k', p, s) = conv(r, k', s, p)."""
    texts = ["conv(3,8,p1,s2)", "conv(3, 8, s2, p1)", "conv(3, 8, 1, 2)"]
    layers = [network("n", f"input(9,1) {text}")["conv1"].layer for text in texts]

    assert layers[0] == layers[1] == layers[2]
    assert isinstance(layers[0], Conv)
    assert (layers[0].stride, layers[0].padding) == ((2, 2), ((1, 1), (1, 1)))


def test_a_pools_stride_is_its_size_unless_given() -> None:
    layer = network("n", "input(8,1) pool(2)")["pool1"].layer
    assert isinstance(layer, MaxPool)
    assert layer.stride == (2, 2)


def test_layers_are_named_and_read_as_in_the_lecture() -> None:
    """z1 = conv(5, 32)(x), and two that read one."""
    net = network("n", "x = input(8,1) z1 = conv(3,2,p1)(x) z2 = conv(1,3)(z1) z3 = conv(1,4)(z1)")

    assert net["z2"].reads == net["z3"].reads
    assert net.shapes["z3"] == (4, 8, 8)


def test_a_name_stands_for_the_layer_with_its_activation() -> None:
    net = network("n", "input(8,1) z1 = conv(3,2,p1) z2 = conv(1,3)(z1)")
    assert net["z2"].reads == ("relu1",)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("input(4) fc(3) fc(2)", ["Linear", "ReLU", "Linear"]),
        ("input(4) fc(3) tanh fc(2)", ["Linear", "Tanh", "Linear"]),
        ("input(4) fc(3) fc(2) softmax", ["Linear", "ReLU", "Linear", "Softmax"]),
    ],
)
def test_relu_follows_every_layer_with_weights_but_the_last_unless_one_is_written(
    text: str, kinds: list[str]
) -> None:
    assert [type(node.layer).__name__ for node in network("n", text)] == kinds


def test_maxout_is_an_activation_that_is_written() -> None:
    """a = max_j w_j^T x + b_j: no ReLU before the maximum (lecture 7, "feature pooling")."""
    net = network("n", "input(9,2) conv(3,6) maxout(2) fc(4) maxout(2) fc(2)")
    kinds = ["Conv", "Maxout", "Flatten", "Linear", "Maxout", "Linear"]
    assert [type(node.layer).__name__ for node in net] == kinds


def test_maxout_costs_its_pieces_times_as_much() -> None:
    """k pieces for each of m units: k (r^2 c + 1) m parameters and as many operations a position.

    The maximum itself counts its input's volume, as pooling does, and has no parameters.
    """
    k, m = 3, 4
    _, conv, maximum = rows(network("n", f"input(9,2) conv(3,{k * m},p1) maxout({k})"))
    _, plain = rows(network("n", f"input(9,2) conv(3,{m},p1)"))
    assert conv.parameters == k * plain.parameters
    assert (conv.operations, conv.multiply_adds) == (k * plain.operations, k * plain.multiply_adds)
    assert (maximum.parameters, maximum.operations) == (0, 9 * 9 * k * m)
    assert maximum.shape == plain.shape


def test_maxouts_answers_and_every_gradient_are_exact_in_integers() -> None:
    """a_u = max_j of ``k`` adjacent maps, the first of equal ones: autograd's of torch.max."""
    net = network("n", "input(5,2) a = conv(3,6) maxout(3)")
    parameters, x = integers(net, 0)
    assert_all_agree(net)
    units = forward(net, load_implementation("numpy"), parameters, x).values["a"]
    units = units.reshape(2, 2, 3, 3, 3)
    assert ((units == units.max(axis=2, keepdims=True)).sum(axis=2) > 1).any()  # there are ties


def test_ceil_rounds_the_size_of_a_pool_up() -> None:
    """ceil((8 - 3) / 2) + 1 = 4, where 3 is the floor's; the last window ends in nothing."""
    net = network(
        "n", "input(8,1) a = pool(3,2,ceil) b = pool(3,2)(input) c = avg(3,2,ceil)(input)"
    )
    assert [net.shapes[name] for name in "abc"] == [(1, 4, 4), (1, 3, 3), (1, 4, 4)]


def test_scale_is_a_coefficient_and_a_bias_of_each_map() -> None:
    """y[c,i] = a_c x[c,i] + b_c: 2 numbers and 2 operations of each map and position."""
    net = network("n", "input(4,3) scale")
    (_, row) = rows(net)
    assert (row.parameters, row.operations) == (2 * 3, 2 * 3 * 16)
    parameters, x = integers(net, 0)
    y, *_ = by_vjp(net, "numpy", parameters, x)
    a, b = parameters["scale1.weight"].reshape(3, 1, 1), parameters["scale1.bias"]
    np.testing.assert_array_equal(y, a * x + b[:, None, None])


def test_an_inception_module_joins_four_branches() -> None:
    """Szegedy et al. 2015, figure 2 (b): a + c + e + f channels."""
    net = network("n", "input(7,8) inc(1,(2,3),(4,5),6)")
    joined = net.nodes[-1]

    assert isinstance(joined.layer, Concat)
    assert net.shapes[joined.name] == (1 + 3 + 5 + 6, 7, 7)
    assert sum(isinstance(node.layer, ReLU) for node in net) == 6


def test_a_naive_inception_module_keeps_the_pooled_channels() -> None:
    net = network("n", "input(7,8) inc(1,3,5)")
    assert net.shapes[net.nodes[-1].name] == (1 + 3 + 5 + 8, 7, 7)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("conv(3,8)", "must begin with its input"),
        ("input(9,1) conv(3", "an argument or ')' is expected here:\n  input(9,1) conv(3\n  "),
        ("input(9,1) cnv(3,8)", "there is no layer 'cnv'; there are input, conv, "),
        ("input(9,1) conv(3)", "conv(3) does not say its out_channels."),
        ("input(9,1) conv(3,8,q1)", "'q1' is none of p, s, t and g with a number"),
        ("input(9,1) conv(10,8)", "Use padding >="),
        ("input(9,1) conv(3,8)(y)", "reads 'y', which does not come before it"),
        ("input(9,1) a=conv(3,8) a=conv(3,8)", "two nodes are called 'a'"),
        ("input(9,1,2,3) conv(3,8)", "write input(n, channels)"),
        ("input(9,1) inc(1,2)", "write inc(a, (b, c), (d, e), f)"),
        ("input(9,1) ; conv(3,8)", "a layer is expected here"),
        ("input(9,1) 3", "the name of a layer is expected here"),
        ("input(9,1) dropout(1.5)", "dropout needs 0 <= p < 1"),
        ("input(9,1) conv(3,4) conv(3,6,g4)", "groups"),
        ("input(9,1) conv(3.5,8)", "its sizes are whole numbers, not 3.5."),
        ("input(9,1) conv((3,5),8)", "its sizes are whole numbers, not (3, 5)."),
        ("input(9,1) conv(3,8,1,p2)", "its padding is given twice, 1 and 2."),
        ("input(9,1) conv(3,8,s2,s3)", "its stride is given twice, 2 and 3."),
        ("input(9,1) conv(3,8,1,2,3)", "it takes at most 4 by place, got the numbers 3, 8, 1"),
        ("input(9,1) pool(2,g2)", "'g2' is none of p, s and t with a number"),
        ("input(9,1) fc(3,p1)", "it takes no 'p1'."),
        ("input(9,1) relu(2)", "it takes none by place, got the numbers 2."),
        ("input(9,1) dropout(p1)", "write dropout or dropout(p)"),
        ("input(9,1) fc(0)", "out_features must be at least 1, got out_features=0"),
        ("input(9,0) fc(3)", "every size of an input must be at least 1"),
        ("input(9,1) input(9,1)", "its input is said once, first; input(9,1) is a second"),
        ("input(9,1) concat", "it joins layers by their names: concat(a, b)"),
        ("input(9) conv(3,8)", "it takes an image, and what it reads is a vector of 9 numbers"),
        ("input(9,1) fc(4) pool(2)", "it takes an image, and what it reads is a vector of 4"),
        ("input(9,1) fc(4) gap", "it takes an image, and what it reads is a vector of 4"),
        ("input(9,1) fc(4) scale", "it takes an image, and what it reads is a vector of 4"),
        ("input(9) structured(3,2)", "it takes an image, and what it reads is a vector of 9"),
        ("input(9,3) conv(3,4) maxout(3)", "but 4 mod 3 = 1. Use 6 channels"),
    ],
)
def test_a_mistake_is_one_message(text: str, told: str) -> None:
    with pytest.raises(NetworkError) as raised:
        network("mine", text)
    assert told in str(raised.value)


def test_the_mark_stands_under_the_mistake() -> None:
    with pytest.raises(NetworkError) as raised:
        parse("input(9,1)\nconv(3,,) = )")
    lines = str(raised.value).split("\n")
    assert lines[1][lines[2].index("^")] == "="


def test_a_node_reads_what_comes_before_it() -> None:
    late = Node(name="a", layer=Flatten(), reads=("b",))
    with pytest.raises(NetworkError, match=r"'a' reads 'b', which does not come before it"):
        Network(name="n", input_shape=(1, 2, 2), nodes=(late,))


def test_three_small_kernels_see_what_a_large_one_sees() -> None:
    """R = 1 + 3 (3 - 1) = 7 (lecture 7, "effective receptive field")."""
    three = network("n", "input(9,1) conv(3,1) conv(3,1) conv(3,1)")
    one = network("n", "input(9,1) conv(7,1)")
    assert fields(three)["conv3"] == fields(one)["conv1"]


def test_parameters_have_names_and_shapes() -> None:
    net = network("n", "input(9,2) conv(3,4,g2) fc(5)")
    assert net.parameter_shapes == {
        "conv1.weight": (4, 1, 3, 3),
        "conv1.bias": (4,),
        "fc1.weight": (5, 196),
        "fc1.bias": (5,),
    }


def test_what_nothing_reads_is_an_output_and_a_branchs_last_layer_has_no_relu() -> None:
    """An auxiliary classifier: fc ends each branch."""
    net = network("n", "input(8,1) a = conv(3,2) fc(3) conv(3,4)(a) fc(5)")

    assert net.outputs == ("fc1", "fc2")
    assert [n.name for n in net.main()] == ["a", "relu1", "flatten1", "fc1"]
    assert [type(n.layer).__name__ for n in net if n.reads == ("conv1",)] == ["ReLU"]


def test_maps_are_joined_by_name() -> None:
    net = network("n", "input(8,1) a = conv(3,2,p1) b = conv(1,3)(input) concat(a, b) fc(2)")
    assert net.shapes["concat1"] == (5, 8, 8)
    assert isinstance(net["concat1"].layer, Concat)


def test_maps_of_two_sizes_are_not_joined() -> None:
    with pytest.raises(
        NetworkError, match=r"must have one spatial size, but they have \(8, 8\) and"
    ):
        network("n", "input(8,1) a = conv(3,2,p1) b = conv(3,3)(a) concat(a, b)")
