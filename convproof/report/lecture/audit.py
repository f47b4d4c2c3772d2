"""The audit: all claims, judged in the order of the lecture."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from convproof.report.laws import law, prove
from convproof.report.lecture.claim import CLASSES, Claim, Class, Unjudged
from convproof.report.lecture.judging import Finding, judged, proofs_of

_HOME = "convproof.report.lecture.claims"
CHAPTERS = {
    "opening": "Fun, and what a convolution is",
    "signals": "Definition and properties",
    "features": "Feature maps and regularisation",
    "variants": "Variants and their derivatives",
    "pictures": "The pictures of the variants",
    "pooling": "Layer arithmetic and pooling",
    "convnets": "Convolutional networks",
    "lenet": "LeNet-5",
    "imagenet": "AlexNet and ZFNet",
    "vgg": "VGG",
    "googlenet": "Network in network and GoogLeNet",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """All claims, judged.

    Attributes:
        findings: by chapter, in the order of the lecture.
        unjudged: what is no claim.
    """

    findings: Mapping[str, tuple[Finding, ...]]
    unjudged: tuple[Unjudged, ...]

    @property
    def all(self) -> tuple[Finding, ...]:
        """Every finding."""
        return tuple(f for chapter in self.findings.values() for f in chapter)

    def of(self, verdict: str) -> tuple[Finding, ...]:
        """Return the findings of one verdict."""
        return tuple(f for f in self.all if f.verdict == verdict)

    @property
    def classes(self) -> dict[Class, int]:
        """How many disagreements there are of each class."""
        faults = [f.claim.fault.of for f in self.of("disagree") if f.claim.fault is not None]
        return {name: faults.count(name) for name in CLASSES}


@cache
def chapters() -> dict[str, tuple[Claim, ...]]:
    """Return the claims by chapter."""
    return {name: import_module(f"{_HOME}.{name}").CLAIMS for name in CHAPTERS}


@cache
def claims() -> tuple[Claim, ...]:
    """Return every claim."""
    return tuple(claim for chapter in chapters().values() for claim in chapter)


@cache
def unjudged() -> tuple[Unjudged, ...]:
    """Return every sentence that is no claim."""
    modules = (import_module(f"{_HOME}.{name}") for name in CHAPTERS)
    return tuple(each for module in modules for each in getattr(module, "UNJUDGED", ()))


def audit(proofs: Mapping[str, str] | None = None, workers: int | None = None) -> Audit:
    """Return the audit.

    Args:
        proofs: what became of the proofs, by name; asked of the engines if None.
        workers: how many processes prove; the processors by default.
    """
    became = proved(proofs_of(claims()), workers) if proofs is None else proofs
    return Audit(
        findings={
            name: tuple(judged(claim, became) for claim in chapter)
            for name, chapter in chapters().items()
        },
        unjudged=unjudged(),
    )


def proved(names: Iterable[str], workers: int | None = None) -> dict[str, str]:
    """Return what becomes of proofs, by name: ``"proved"``, or else."""
    wanted = tuple(names)
    prove(wanted, workers=workers)
    return {name: law(name).verdict.word for name in wanted}
