"""The matrix that a target really computes, beside the derived one.

The target is asked once, on all unit vectors (``convproof.recovery``). Given that it is bilinear,
which ``convproof verify`` tests, it computes the derived layer on all data of this geometry exactly
when no entry differs.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from jaxtyping import Bool

from convproof.cases import Case
from convproof.errors import TargetError, UnsupportedError
from convproof.functions import Function, Role
from convproof.layers import Layer, Shape
from convproof.names.arguments import arguments_of, name_of
from convproof.recovery import Recovery, extent, recover
from convproof.symbolic import products
from convproof.theorems import Request, Subject
from convproof.theorems.output_shape import answer
from convproof.theorems.right import Right, right_of
from convproof.verify.targets.kind import Kind
from convproof.verify.targets.open import opened

MOST_ENTRIES = 1_000_000  # of the matrix
MOST_PRODUCTS = 30_000_000  # that the derivation enumerates for all unit vectors
FLOAT32 = Request(dtype=np.dtype(np.float32), precision="float32")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Extraction:
    """A matrix as a target computes it, and as it is derived.

    Attributes:
        spec: the target as the user wrote it.
        recovery: what was asked.
        found: the target's matrix.
        derived: the derived one.
        wrong: where no correct implementation has what the target has.
    """

    spec: str
    recovery: Recovery
    found: np.ndarray
    derived: np.ndarray
    wrong: Bool[np.ndarray, "r c"]

    @property
    def failed(self) -> bool:
        """Whether some entry is wrong."""
        return bool(self.wrong.any())

    @property
    def law(self) -> str:
        """The product that the matrix is of."""
        return {"forward": "y = T x", "input": "x_bar = T' y_bar"}.get(
            self.recovery.function.role, "w_bar = U' y_bar"
        )

    @property
    def sentence(self) -> str:
        """The verdict."""
        if self.failed:
            return f"{int(self.wrong.sum())} of {self.wrong.size} cells are wrong"
        given = "bi" if self.recovery.function.family == "bilinear" else ""
        return (
            f"the target computes the derived matrix: given {given}linearity (tested by "
            "`convproof verify`), this geometry is decided"
        )

    def differences(self) -> Iterator[tuple[str, str, str]]:
        """Yield every wrong cell: where it is, what it holds and what it should."""
        names, recovery = self.recovery.names(long=True), self.recovery
        for row, column in np.argwhere(self.wrong).tolist():
            where = f"({recovery.rows.at(row)}, {recovery.columns.at(column)})"
            cell = (row, column)
            yield where, names.of(self.found[cell].item()), names.of(self.derived[cell].item())

    def as_record(self) -> dict[str, Any]:
        """Return the extraction as values for JSON."""
        recovery, names = self.recovery, self.recovery.names()
        case = recovery.case
        return {
            "target": self.spec,
            "function": recovery.function.name,
            "geometry": {
                "input_size": case.input_shape[1:],
                "weight_size": case.weight_shape,
                **arguments_of(case.layer, case.input_shape),
            },
            "law": self.law,
            "rows": {"of": recovery.rows.name, "shape": recovery.rows.shape},
            "columns": {"of": recovery.columns.name, "shape": recovery.columns.shape},
            "matrices": {
                name: [[names.of(value) for value in row] for row in matrix.tolist()]
                for name, matrix in (("target", self.found), ("derived", self.derived))
            },
            "cells": self.wrong.size,
            "wrong": [
                {"at": where, "target": got, "derived": expected}
                for where, got, expected in self.differences()
            ],
            "sentence": self.sentence,
        }


@contextmanager
def open_subject(
    spec: str,
    function: Function,
    *,
    kind: Kind = "numpy",
    lacks: Collection[str] = (),
    in_process: bool = False,
) -> Iterator[Subject]:
    """Yield the target's subject, once it is known to offer the function.

    Raises:
        TargetError: if the target is not found, or has no such function.
    """
    opening = opened(spec, kind=kind, bare=function, lacks=lacks, in_process=in_process)
    with opening as (subject, target):
        if function not in target.functions:
            offered = ", ".join(sorted(each.name for each in target.functions))
            msg = f"{spec!r} has no function {function.name}; it offers {offered}."
            raise TargetError(msg)
        yield subject


def geometry(layer: Layer, image: Shape, role: Role) -> tuple[Function, Case]:
    """Return the function and the case of a layer with this image, channels first.

    Raises:
        UnsupportedError: if the function is no linear map, or its matrix is too large.
    """
    function, case = (
        Function(name_of(layer, (1, *image)), role),
        Case(layer=layer, input_shape=(1, *image)),
    )
    if role == "weight" and case.weight_shape is None:
        msg = f"{function.layer} has no weights to differentiate by: --of forward or input."
        raise UnsupportedError(msg)
    one_hots, entries, _ = extent(function, case)
    each = (
        entries if role == "weight" else max(products(layer, image[1:], **_maps(layer, image)), 1)
    )
    for count, most, what in (
        (entries, MOST_ENTRIES, "entries"),
        (one_hots * each, MOST_PRODUCTS, "products for all unit vectors"),
        (one_hots * prod(image), MOST_PRODUCTS, "numbers in its unit vectors"),
    ):
        if count > most:
            msg = (
                f"the matrix of {function.name} has {count} {what}, more than the {most} that "
                "this command asks for. A fault shows at smaller sizes as well."
            )
            raise UnsupportedError(msg)
    return function, case


def _maps(layer: Layer, image: Shape) -> dict[str, Any]:
    """Return what ``products`` must know of a layer without weights."""
    return {} if layer.parameter_shapes else {"channels": image[0]}


def extract(spec: str, subject: Subject, function: Function, case: Case) -> Extraction:
    """Return the matrix that a target computes at one geometry, and the derived one.

    Raises:
        Violation: if there is no answer, or none with a lawful shape and dtype.
        DisagreementError: if the derivation and the oracle differ.
    """
    recovery = recover(function, case)
    known = right_of(function, recovery.case, recovery.arrays, FLOAT32)
    got = answer(subject, function, recovery.case, known.arrays, FLOAT32)
    return Extraction(
        spec=spec,
        recovery=recovery,
        found=recovery.matrix(got),
        derived=recovery.matrix(known.expected),
        wrong=recovery.matrix(_wrong(known, got)),
    )


def _wrong(known: Right, got: np.ndarray) -> np.ndarray:
    """Return where an answer is one that no correct implementation gives."""
    if known.allowed is None:
        return np.asarray(got != known.expected)
    with np.errstate(invalid="ignore"):
        error = np.abs(got.astype(known.expected.dtype) - known.expected)
    return np.asarray(~(error <= known.allowed))
