"""From the notation to a graph: every layer gets its channels from the shape that it reads."""

from dataclasses import dataclass, field
from typing import Any

from convproof.errors import ConvProofError, NetworkError
from convproof.layers import Layer, Shape
from convproof.networks.graph import INPUT, Network, Node, output_shape
from convproof.networks.makers import ACTIVATIONS, MAKERS
from convproof.networks.notation import Call, parse
from convproof.networks.wiring import Concat, Flatten

_ACTIVATED = ("conv", "fc", "masked", "structured")  # an activation follows where none is written
_WEIGHTED = (*_ACTIVATED, "inc", "rbf")
_WRITTEN = {*ACTIVATIONS, "maxout"} - {"softmax"}


def network(
    name: str, text: str, *, activation: str = "relu", input_shape: Shape | None = None
) -> Network:
    """Return the network that a text in the lecture's notation describes.

    Args:
        name: of the network.
        text: see ``convproof.networks.notation``.
        activation: after every convolution and fully connected layer but a branch's last, if the
            text has none: ``relu``, ``tanh``, ``stanh`` or ``none``.
        input_shape: of one input, of any number of axes, of a text that does not begin with one.

    Raises:
        NetworkError: if the text cannot be read, or a layer does not fit.

    Example:
        >>> from convproof.networks.count import total
        >>> net = network("small", "input(28, 1) conv(5, 32) pool(2) fc(10) softmax")
        >>> [node.name for node in net]
        ['conv1', 'relu1', 'pool1', 'flatten1', 'fc1', 'softmax1']
        >>> total(net).parameters
        46922
    """
    calls = parse(text)
    if input_shape is not None:
        calls = (Call(word="input", arguments=input_shape), *calls)
    if not calls or calls[0].word != "input":
        msg = f"{name} must begin with its input, as in: input(32, 3) conv(5, 32) fc(10)."
        raise NetworkError(msg)
    builder = _Builder(name, calls[0], input_shape or _shape_of(calls[0]))
    written = any(call.word in _WRITTEN for call in calls)
    implied = None if written or activation == "none" else _activation(activation)
    followed = _followed(calls)
    for place, call in enumerate(calls[1:], start=1):
        builder.add(call, implied if followed[place] or call.word == "inc" else None)
    return builder.network()


def _followed(calls: tuple[Call, ...]) -> list[bool]:
    """Return of each layer whether one with weights comes after it, in its own branch."""
    names = {call.name: place for place, call in enumerate(calls) if call.name} | {INPUT: 0}
    found = [False] * len(calls)
    for place in range(len(calls) - 1, 0, -1):
        if found[place] or calls[place].word in _WEIGHTED:
            reads = calls[place].reads
            for before in [names[r] for r in reads if r in names] if reads else [place - 1]:
                found[before] = True
    return found


def _shape_of(call: Call) -> Shape:
    """Return the shape of an input as it is written, with its channels last."""
    sizes = [a for a in call.arguments if isinstance(a, int)]
    if not 1 <= len(sizes) <= 3 or len(sizes) != len(call.arguments):
        msg = f"{call.text}: write input(n, channels), input(h, w, channels) or input(n)."
        raise NetworkError(msg)
    if min(sizes) < 1:
        msg = f"{call.text}: every size of an input must be at least 1."
        raise NetworkError(msg)
    return (sizes[0],) if len(sizes) == 1 else (sizes[-1], sizes[0], sizes[-2])


def _activation(name: str) -> Layer:
    if name not in ACTIVATIONS:
        msg = f"activation must be one of {', '.join(ACTIVATIONS)} or none, got {name!r}."
        raise NetworkError(msg)
    return ACTIVATIONS[name]


@dataclass(slots=True)
class _Builder:
    """Adds layers one after the other, and knows every shape so far."""

    name: str
    first: Call
    input_shape: Shape
    nodes: list[Node] = field(default_factory=list)
    shapes: dict[str, Shape] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)  # as written: as in the graph

    def __post_init__(self) -> None:
        self.shapes[INPUT] = self.input_shape
        self._names[self.first.name or INPUT] = INPUT

    def network(self) -> Network:
        read = {name for node in self.nodes for name in node.reads}
        ends = tuple(node.name for node in self.nodes if node.name not in read)
        return Network(
            name=self.name,
            input_shape=self.shapes[INPUT],
            nodes=tuple(self.nodes),
            outputs=ends,
        )

    def add(self, call: Call, implied: Layer | None) -> None:
        reads = [self._names.get(name, name) for name in call.reads] or [self._last]
        for name in reads:
            if name not in self.shapes:
                msg = f"{self.name}: {call.text} reads {name!r}, which does not come before it."
                raise NetworkError(msg)
        if call.word == "inc":
            end = self._inception(call, reads[0], implied)
        else:
            end = self._single(call, reads, implied)
        if call.name:
            self._names[call.name] = end

    def _single(self, call: Call, reads: list[str], implied: Layer | None) -> str:
        shape = self.shapes[reads[0]]
        if call.word in ("fc", "rbf") and len(shape) > 1:
            reads = [self.put(Flatten(), reads, "flatten")]
            shape = self.shapes[reads[0]]
        end = self.put(self._layer(call, shape), reads, call.word, name=call.name)
        if implied is not None and call.word in _ACTIVATED:
            end = self.put(implied, [end], type(implied).__name__.lower())
        return end

    def _inception(self, call: Call, source: str, implied: Layer | None) -> str:
        """Add the four branches of Szegedy et al. 2015, figure 2 (b); (a) for three numbers."""
        naive = len(call.arguments) == 3 and all(isinstance(a, int) for a in call.arguments)
        kinds = tuple(tuple if isinstance(a, tuple) else int for a in call.arguments)
        if not naive and kinds != (int, tuple, tuple, int):
            msg = f"{call.text}: write inc(a, (b, c), (d, e), f), or inc(a, b, c) for a naive one."
            raise NetworkError(msg)
        name = call.name or self._numbered("inc")
        a, three, five, *last = call.arguments
        pool = {"inc": Call(word="pool", arguments=(3, "s1", "p1"), text=f"pool of {call.text}")}
        three, five = ((x if isinstance(x, tuple) else (x,)) for x in (three, five))
        branches = [
            [(1, a)],
            [*((1, b) for b in three[:-1]), (3, three[-1])],
            [*((1, b) for b in five[:-1]), (5, five[-1])],
        ]
        ends = [
            self._convolved(f"{name}.branch{i}", source, convs, implied)
            for i, convs in enumerate(branches, start=1)
        ]
        pooled = self.put(
            self._layer(pool["inc"], self.shapes[source]), [source], "", name=f"{name}.pool"
        )
        projection = [(1, f) for f in last]
        ends.append(self._convolved(f"{name}.branch4", pooled, projection, implied))
        return self.put(Concat(), ends, "", name=name)

    def _convolved(
        self, prefix: str, source: str, convs: list[tuple[int, Any]], implied: Layer | None
    ) -> str:
        end = source
        for number, (taps, channels) in enumerate(convs):
            call = Call(word="conv", arguments=(taps, channels, f"p{taps // 2}"), text=prefix)
            layer = self._layer(call, self.shapes[end])
            end = self.put(layer, [end], "", name=f"{prefix}.{number}")
            if implied is not None:
                end = self.put(implied, [end], "", name=f"{end}.{type(implied).__name__.lower()}")
        return end

    def put(self, layer: Layer, reads: list[str], kind: str, *, name: str = "") -> str:
        """Add one node and return its name."""
        name = name or self._numbered(kind)
        try:
            shape = output_shape(layer, [self.shapes[r] for r in reads])
        except ConvProofError as error:
            msg = f"{self.name}: {name} ({type(layer).__name__}): {error}"
            raise NetworkError(msg) from None
        self.nodes.append(Node(name=name, layer=layer, reads=tuple(reads)))
        self.shapes[name] = shape
        return name

    def _layer(self, call: Call, shape: Shape) -> Layer:
        make = MAKERS.get(call.word)
        if make is None:
            known = ", ".join(["input", *MAKERS, "inc"])
            msg = (
                f"{self.name}: its input is said once, first; {call.text} is a second one."
                if call.word == "input"
                else f"{self.name}: there is no layer {call.word!r}; there are {known}."
            )
            raise NetworkError(msg)
        try:
            return make(call, shape)
        except KeyError as error:
            msg = f"{self.name}: {call.text} does not say its {str(error).strip(chr(39))}."
            raise NetworkError(msg) from None
        except ConvProofError as error:
            msg = f"{self.name}: {call.text}: {error}"
            raise NetworkError(msg) from None
        except ValueError as error:
            msg = f"{self.name}: {call.text} cannot be read: {error}."
            raise NetworkError(msg) from None

    @property
    def _last(self) -> str:
        return self.nodes[-1].name if self.nodes else INPUT

    def _numbered(self, kind: str) -> str:
        self._counts[kind] = self._counts.get(kind, 0) + 1
        return f"{kind}{self._counts[kind]}"
