"""A network as steps on buffers: launches that are prepared, and what is no launch."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from convproof.errors import UnsupportedError
from convproof.layers import Layer, Shape
from convproof.networks.composed import Composed
from convproof.networks.graph import INPUT, Network
from convproof.networks.wiring import Concat, Dropout, Flatten
from convproof_gpu.fused import Fused
from convproof_gpu.inference.fusing import FusedNodes, fused_nodes
from convproof_gpu.inference.program import Buffers, Held, Step, put
from convproof_gpu.inference.written_arguments import written_arguments
from convproof_gpu.machine import Machine
from convproof_gpu.prepared import Launch, Outline, Prepared, prepared
from convproof_gpu.wing import Wing

_TURNS = "layout"  # the kernel that turns an array round


class Building:
    """A network as steps on buffers.

    Attributes:
        steps: in order.
        buffers: all.
        image: where the images are read.
        parameters: by name.
        answer: the main one.
    """

    def __init__(self, wing: Wing, network: Network, known: Mapping[str, Any], x: Any) -> None:
        self._wing = wing
        self.buffers, self.steps = Buffers([]), list[Step]()
        self.image = self.buffers.add(x.shape, x.dtype)
        self.parameters = {name: self.buffers.add(a.shape, a.dtype) for name, a in known.items()}
        self._values = {INPUT: self.image}
        for each in self._with_channels_last(list(fused_nodes(network))):
            self._values[each.name] = self._computed(each)
        self.answer = self._values[network.outputs[0]]

    def _computed(self, each: FusedNodes) -> Outline:
        read = [self._values[name] for name in each.reads]
        x, layer = read[0], each.layer
        if isinstance(layer, Dropout):
            return x
        if isinstance(layer, Flatten):
            return x.reshape(layer.output_shape(x.shape))
        if isinstance(layer, Concat):
            return self._joined(layer, read)
        given = [x, *(self.parameters[name] for name in each.parameters)]
        if isinstance(layer, Composed):
            return self._composed(layer, each.parameters, given)
        found = self._prepared(layer, given)
        if found is None:
            shapes = ", ".join(str(outline.shape) for outline in given)
            msg = (
                f"{each.name}: a {type(layer).__name__} has no launches that are repeated, for "
                f"arrays {shapes} of {x.dtype}: networks.evaluate.forward computes it, or says why "
                "not."
            )
            raise UnsupportedError(msg)
        return self._launches(found, given)

    def _prepared(self, layer: Layer, given: Sequence[Outline]) -> Prepared | None:
        outlines = [replace(each, buffer=number, offset=0) for number, each in enumerate(given)]
        wing, function = self._wing, self._wing.function(layer, "forward")
        return prepared(function, layer, outlines, wing.machine, sharing=False)

    def _launches(self, found: Prepared, given: Sequence[Outline]) -> Outline:
        made = [self.buffers.add(shape, dtype) for shape, dtype in found.allocated]
        numbers = [each.buffer for each in (*given, *made)]
        self.steps += [_launching(launch, numbers) for launch in found.launches]
        return made[found.answers[0] - found.given]

    def _joined(self, layer: Concat, read: Sequence[Outline]) -> Outline:
        shape = layer.joined_shape(tuple(each.shape for each in read))
        y = self.buffers.add(shape, read[0].dtype)
        reads, first = tuple(read), [0]
        for each in read:
            first.append(first[-1] + each.shape[1])

        def run(machine: Machine, arrays: Held) -> None:
            del machine
            whole = arrays(y)
            for each, begin, end in zip(reads, first, first[1:], strict=False):
                put(whole[:, begin:end], arrays(each))

        numbers = frozenset(each.buffer for each in reads)
        self.steps.append(Step(numbers, frozenset({y.buffer}), run, is_launch=False))
        return y

    def _composed(
        self, layer: Composed, parameters: Sequence[str], given: Sequence[Outline]
    ) -> Outline:
        """Add a step of a layer that others compute, and the array library."""
        x, wing = given[0], self._wing
        y = self.buffers.add(layer.output_shape(x.shape), x.dtype)
        names = [name.rpartition(".")[2] for name in parameters]

        def run(machine: Machine, arrays: Held) -> None:
            del machine
            held = [arrays(outline) for outline in given]
            put(arrays(y), layer.forward(wing, held[0], dict(zip(names, held[1:], strict=True))))

        numbers = frozenset(outline.buffer for outline in given)
        self.steps.append(Step(numbers, frozenset({y.buffer}), run, is_launch=False))
        return y

    def _with_channels_last(self, every: list[FusedNodes]) -> list[FusedNodes]:
        """Return the nodes with channels last between those where nothing is turned round then."""
        shapes = {INPUT: self.image.shape}
        for each in every:
            shapes[each.name] = _output_shape(each.layer, [shapes[name] for name in each.reads])
        for number, each in enumerate(every):
            readers = [n for n, other in enumerate(every) if each.name in other.reads]
            changed = {number: _with(each, writes_last=True)}
            changed |= {reader: _with(every[reader], reads_last=True) for reader in readers}
            told = {place: nodes for place, nodes in changed.items() if nodes is not None}
            if not readers or len(told) < len(changed):
                continue
            if all(self._is_direct(nodes, shapes) for nodes in told.values()):
                for place, nodes in told.items():
                    every[place] = nodes
        return every

    def _is_direct(self, each: FusedNodes, shapes: Mapping[str, Shape]) -> bool:
        """Return whether a layer is computed and nothing turned round for it."""
        assert isinstance(each.layer, Fused)
        shape = shapes[each.reads[0]]
        if each.layer.reads_last:
            shape = (shape[0], *shape[2:], shape[1])
        x = Outline(0, 0, shape, self.image.dtype)
        found = self._prepared(each.layer, [x, *(self.parameters[n] for n in each.parameters)])
        return found is not None and all(e.kernel.file != _TURNS for e in found.launches)


def _with(
    each: FusedNodes, *, reads_last: bool = False, writes_last: bool = False
) -> FusedNodes | None:
    """Return the same nodes with channels last there too, or None if there can be none."""
    layer = each.layer
    if not isinstance(layer, Fused) or layer.conv.groups != 1:
        return None
    last = replace(
        layer,
        reads_last=layer.reads_last or reads_last,
        writes_last=layer.writes_last or writes_last,
    )
    return replace(each, layer=last)


def _output_shape(layer: Layer, read: Sequence[Shape]) -> Shape:
    if isinstance(layer, Concat):
        return layer.joined_shape(tuple(read))
    return layer.output_shape(read[0])


def _launching(launch: Launch, numbers: Sequence[int]) -> Step:
    """Return a launch as a step on buffers of these numbers."""
    args = tuple(
        replace(arg, buffer=numbers[arg.buffer]) if isinstance(arg, Outline) else arg
        for arg in launch.args
    )
    places = written_arguments(launch.kernel)
    buffers = [
        (place in places, arg.buffer) for place, arg in enumerate(args) if isinstance(arg, Outline)
    ]

    def run(machine: Machine, arrays: Held) -> None:
        held = [arrays(arg) if isinstance(arg, Outline) else arg for arg in args]
        machine.run(launch.kernel, launch.blocks, launch.threads, held, launch.outputs)

    return Step(
        reads=frozenset(buffer for is_written, buffer in buffers if not is_written),
        writes=frozenset(buffer for is_written, buffer in buffers if is_written),
        run=run,
    )
