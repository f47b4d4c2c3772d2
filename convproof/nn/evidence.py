"""What was tested of a layer: evidence files read for its functions, and held against its kernels.

A file speaks of the sources whose hashes it names. Where one that the layer runs differs now, what
was seen of it says nothing of today's, and is *stale*; of the code that launches the kernels, only
convproof's version tells. All of it is tested, on finitely many cases; nothing here is proved.
Which kernel a call takes may be the choice of a file that was measured on a GPU; it is told beside,
with the kernels that no case reaches without such a choice.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np

from convproof.errors import ConvProofError, DTypeError
from convproof.evidence import read
from convproof.functions import FIRST, Function, Role
from convproof.layers import Layer, Shape
from convproof.sources import Chosen, Sources, all_sources

GROUP = "convproof.evidence"  # packages that hold evidence files
_THEN = ", then evidence('FILE')"
_KNOWN = {function.layer for function in Function.all()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What a run saw of one function.

    Attributes:
        function: its functional name.
        holding: the laws that held.
        broken: the laws that did not.
        exact: cases whose answer had to be equal to the derived one, and could have differed.
        bounded: cases whose answer had to lie within a derived bound of it, and could have left it.
        ratio: the largest error over its bound; None: nothing was bounded.
        weak: checks that could not have failed, of all laws.
        unreached: the kernels that compute it for the input asked, if no case ran any of them.
    """

    function: str
    holding: tuple[str, ...]
    broken: tuple[str, ...]
    exact: int
    bounded: int
    ratio: float | None
    weak: int
    unreached: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = [f"BROKEN: {', '.join(self.broken)}"] if self.broken else []
        if self.unreached:
            parts += [f"computed by {', '.join(self.unreached)}, which no case reached"]
            return f"{self.function}: {'; '.join(parts)}"
        parts += [f"{len(self.holding)} laws hold"]
        parts += [f"equal on {self.exact} cases"] if self.exact else []
        if self.bounded:
            parts += [f"within a derived bound on {self.bounded} (error/bound {self.ratio:.2g})"]
        parts += [f"weak checks: {self.weak}"] if self.weak else []
        return f"{self.function}: {'; '.join(parts)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What an evidence file says of a layer.

    Attributes:
        target: the implementation that was asked.
        device: where its tensors lay.
        created: when, in UTC.
        versions: of convproof and of the packages that the target is made of.
        profile: how many cases were asked.
        seed: of the run.
        functions: what was seen of each of the layer's that was asked.
        unasked: the layer's functions that were not.
        kernels: the hash then of each kernel that the layer runs now; "": it was not there.
        stale: the kernels whose hash differs now.
        command: what makes such a file anew.
    """

    target: str
    device: str
    created: str
    versions: Mapping[str, str]
    profile: str
    seed: int
    functions: tuple[Tested, ...]
    unasked: tuple[str, ...]
    kernels: Mapping[str, str]
    stale: tuple[str, ...]
    command: str

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        where = "" if self.device == "cpu" else f" on {self.device}"
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        date, cases = self.created[:10], f"profile {self.profile}, seed {self.seed}"
        yield f"{self.target}{where}, {date}, {cases}, {versions}"
        yield from (f"  {each}" for each in self.functions)
        if self.unasked:
            yield f"  not asked: {', '.join(self.unasked)}"
        if not any(self.kernels.values()):
            yield f"  of sources that it does not name; run: {self.command}{_THEN}"
        elif self.stale:
            changed = ", ".join(self.stale)
            yield f"  stale: {changed} changed since {date}; run: {self.command}{_THEN}"
        else:
            yield "  of just these sources"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a file of measured choices decides of one function.

    Attributes:
        function: its functional name.
        of: the file, the input and the kernels.
        kernels: the hash now of each kernel that the function then runs.
    """

    function: str
    of: Chosen
    kernels: Mapping[str, str]

    def __str__(self) -> str:
        of, shape = self.of, "x".join(map(str, self.of.input_shape))
        kernels = ", ".join(f"{name} {digest}" for name, digest in self.kernels.items())
        return (
            f"{of.implementation}: by the tuned file {of.file} {of.digest}, measured on "
            f"{of.device}: {self.function} of {shape}: {kernels}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was tested of the kernels that compute a layer.

    Attributes:
        layer: as it is written.
        dtype: of its arrays.
        kernels: the hash now of each kernel that it runs.
        beyond: those of them that only large inputs run, and verification asks small ones.
        runs: what each evidence file says of it, the newest first.
        unseen: of each implementation without a file that speaks of it, the command that makes one.
        chosen: what files of measured choices on this machine decide instead.
        reason: why there can be none; "": there can.
    """

    layer: str
    dtype: str
    kernels: Mapping[str, str]
    beyond: tuple[str, ...]
    runs: tuple[Run, ...]
    unseen: Mapping[str, str]
    chosen: tuple[Choice, ...] = ()
    reason: str = ""

    @property
    def stale(self) -> tuple[str, ...]:
        """The kernels that every run which speaks of the layer saw with another content."""
        sets = [set(run.stale) for run in self.runs]
        return tuple(sorted(set.intersection(*sets))) if sets else ()

    def __str__(self) -> str:
        kernels = ", ".join(f"{name} {digest}" for name, digest in self.kernels.items())
        lines = [f"{self.layer} in {self.dtype}"]
        lines += [f"kernels: {kernels}"] if kernels else []
        if self.beyond:
            lines += [f"beyond the cases, for large inputs alone: {', '.join(self.beyond)}"]
        lines += map(str, self.chosen)
        lines += [
            f"  {name}: measured choices alone launch it, and no evidence file says that a case "
            f"reached it; of its addresses there are proofs: convproof prove {' '.join(proofs)}"
            for name, proofs in dict(pair for each in self.chosen for pair in each.of.alone).items()
        ]
        lines += map(str, self.runs)
        lines += [f"{name}: no evidence; run: {each}{_THEN}" for name, each in self.unseen.items()]
        lines += [f"no evidence: {self.reason}"] if self.reason else []
        return "\n".join(lines)

    __repr__ = __str__


def evidence_of(
    layer: Layer,
    function: str,
    *,
    told: str,
    dtype: str,
    precision: str = "float32",
    input_size: Shape | None,
    files: Sequence[str | Path],
) -> Evidence:
    """Return what the installed evidence files, and others, say of a layer.

    Args:
        layer: the spec.
        function: its functional name.
        told: how it is written.
        dtype: of its arrays.
        precision: of its products.
        input_size: whose kernels are asked for; None: those of any.
        files: the other files.

    Raises:
        DTypeError: if there is no such dtype.
        EvidenceError: if a file is no evidence.
    """
    try:
        dtype = np.dtype(dtype).name
    except TypeError:
        msg = f"dtype must be one of NumPy's, as 'float32' or 'bfloat16', got {dtype!r}."
        raise DTypeError(msg) from None
    offered, reason = {}, ""
    for target, sources in all_sources().items():
        try:
            offered[target] = _offered(sources, layer, dtype, input_size)
        except ConvProofError as error:
            reason = str(error)
    if function not in _KNOWN:
        reason = f"convproof verify does not ask {function}."
    elif not offered:
        reason = reason or "no kernels are installed."
    documents = [*map(read, files), *installed()]
    runs = [
        run
        for target, held in offered.items()
        for document in documents
        for record in document["targets"]
        if record["target"] == target
        for run in _runs(document, record, function, held, dtype)
    ]
    seen = {run.target for run in runs}
    return Evidence(
        layer=told,
        dtype=dtype,
        kernels={name: each for held in offered.values() for name, each in held.digests.items()},
        beyond=tuple(dict.fromkeys(name for held in offered.values() for name in held.beyond)),
        runs=tuple(sorted(runs, key=lambda run: run.created, reverse=True)),
        unseen={t: _command(t, function, dtype) for t in offered if t not in seen and not reason},
        chosen=tuple(_chosen(layer, function, dtype, precision, input_size)),
        reason=reason,
    )


def _chosen(
    layer: Layer, function: str, dtype: str, precision: str, input_size: Shape | None
) -> Iterator[Choice]:
    """Yield what files of measured choices decide, once where implementations share them."""
    every = {id(sources): sources for sources in all_sources().values()}.values()
    found = [each for s in every for each in s.chosen(layer, dtype, precision, input_size)]
    hashes = {name: digest for sources in every for name, digest in sources.digests().items()}
    for each in dict.fromkeys(found):
        yield Choice(
            function=Function(function, each.role).name,
            of=each,
            kernels={name: hashes[name] for name in each.launched},
        )


@dataclass(frozen=True, slots=True)
class _Offered:
    """What an implementation runs of a layer.

    Attributes:
        roles: of its functions.
        digests: the sources' hashes.
        beyond: the sources that no case runs.
        unreached: of each role that only these compute for the input asked, which.
    """

    roles: tuple[Role, ...]
    digests: Mapping[str, str]
    beyond: tuple[str, ...]
    unreached: Mapping[Role, tuple[str, ...]]


def _offered(sources: Sources, layer: Layer, dtype: str, input_size: Shape | None) -> _Offered:
    few, many = sources.inputs(layer)
    small = sources.launched(layer, dtype, few)
    try:
        asked = sources.launched(layer, dtype, many if input_size is None else input_size)
    except ConvProofError:
        if input_size is not None:
            raise
        asked = small  # more than the implementation takes at once
    tested = {name for each in small.values() for name in each}
    names = {name for each in asked.values() for name in each}
    beyond = names - tested
    digests, run = sources.digests(), names if input_size else names | tested
    return _Offered(
        roles=tuple(role for role in FIRST if role in small),
        digests={name: digests[name] for name in sorted(run)},
        beyond=tuple(sorted(beyond)),
        unreached={r: each for r, each in asked.items() if input_size and beyond.issuperset(each)},
    )


@cache
def installed() -> tuple[dict[str, Any], ...]:
    """Return the evidence files that installed packages hold, read."""
    documents = []
    for point in entry_points(group=GROUP):
        for entry in sorted(files(point.value).iterdir(), key=lambda entry: entry.name):
            if entry.name.endswith(".json"):
                with as_file(entry) as path:
                    documents.append(read(path))
    return tuple(documents)


def _runs(
    document: Mapping[str, Any],
    record: Mapping[str, Any],
    function: str,
    held: _Offered,
    dtype: str,
) -> Iterator[Run]:
    """Yield what a record says of a layer, if it says anything."""
    rows = [row for row in record.get("theorems", ()) if row["dtype"] == dtype and row["examples"]]
    wanted = {Function(function, role).name: role for role in held.roles}
    seen = {name: [row for row in rows if row["function"] == name] for name in wanted}
    if not any(seen.values()):
        return
    then = {name: record.get("sources", {}).get(name, "") for name in held.digests}
    yield Run(
        target=record["target"],
        device=record["device"],
        created=document["created"],
        versions={"convproof": document["version"], **record["versions"]},
        profile=document["profile"],
        seed=document["seed"],
        functions=tuple(
            _tested(name, found, held.unreached.get(wanted[name], ()))
            for name, found in seen.items()
            if found
        ),
        unasked=tuple(name for name, found in seen.items() if not found),
        kernels=then,
        stale=tuple(name for name, digest in held.digests.items() if then[name] != digest),
        command=_command(record["target"], function, dtype),
    )


def _tested(function: str, rows: Sequence[Mapping[str, Any]], unreached: tuple[str, ...]) -> Tested:
    held = [row for row in rows if row["verdict"] in ("pass", "xpass")]
    strong = {row["theorem"]: row["examples"] - sum(row["weak"].values()) for row in held}
    bounds = {row["theorem"]: row["worst_ratio"] for row in held if row["worst_ratio"] is not None}
    return Tested(
        function=function,
        holding=tuple(row["theorem"] for row in held),
        broken=tuple(row["theorem"] for row in rows if row["verdict"] in ("fail", "xfail")),
        exact=strong.get("exact", 0),
        bounded=max((strong[law] for law in bounds), default=0),
        ratio=max(bounds.values(), default=None),
        weak=sum(sum(row["weak"].values()) for row in rows),
        unreached=unreached,
    )


def _command(target: str, function: str, dtype: str) -> str:
    of = "" if dtype == "float32" else f" --dtype {dtype}"
    return f"convproof verify {target} --only {function}{of} --json FILE"
