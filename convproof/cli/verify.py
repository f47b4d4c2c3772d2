"""``convproof verify``: every theorem, asked of a target."""

import os
import secrets
from contextlib import ExitStack
from difflib import get_close_matches
from pathlib import Path

import click

from convproof.cli.lacking import lacks_option
from convproof.cli.output import Output, Place, json_option
from convproof.verify.targets.kind import KINDS, Kind

OWN = ("numpy", "reference", "symbolic")  # what is verified without a TARGET
_DTYPES = ("float32", "float64", "float16", "bfloat16", "int64")


def _words(ctx: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    del ctx, parameter
    return tuple(word.strip() for word in value.split(",")) if value else ()


def _only(ctx: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    words = _words(ctx, parameter, value)
    if words:
        from convproof.functions import Function

        names = {name for f in Function.all() for name in (f.name, f.layer)}
        for word in words:
            if word not in names:
                near = get_close_matches(word, sorted(names), 3)
                among = ", ".join(near[:-1]) + " or " * (len(near) > 1) + "".join(near[-1:])
                meant = f"did you mean {among}? " if near else ""
                msg = f"{word!r} is no function; {meant}`convproof list` names all."
                raise click.BadParameter(msg)
    return words


def _dims(ctx: click.Context, parameter: click.Parameter, value: str | None) -> tuple[int, ...]:
    words = _words(ctx, parameter, value)
    if not set(words) <= {"1", "2", "3"}:
        msg = f"must be some of 1, 2 and 3, separated by commas, got {value!r}."
        raise click.BadParameter(msg)
    return tuple(sorted(map(int, words)))


def _dtypes(ctx: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    words = _words(ctx, parameter, value)
    for word in words:
        if word not in _DTYPES:
            msg = f"{word!r} is none of {', '.join(_DTYPES)}."
            raise click.BadParameter(msg)
    return words


@click.command("verify")
@click.argument("target", required=False)
@click.option(
    "--profile",
    type=click.Choice(["quick", "ci", "thorough", "exhaustive"]),
    default="quick",
    show_default=True,
    help="How many cases per function; ci is the same at every run; exhaustive decides every "
    "small geometry of conv and conv_transpose.",
)
@click.option(
    "--only",
    callback=_only,
    metavar="NAMES",
    help="Only these, e.g. conv2d_weight,max_pool2d; a layer's name stands for its VJPs too.",
)
@click.option("--dims", callback=_dims, metavar="1,2,3", help="Only over these numbers of axes.")
@click.option(
    "--dtype",
    callback=_dtypes,
    metavar="NAMES",
    help="Of float32 (default), float64, float16, bfloat16, int64.",
)
@click.option(
    "--groups/--no-groups", default=True, show_default=True, help="Also ask grouped convolutions."
)
@lacks_option
@click.option(
    "--precision",
    type=click.Choice(["float32", "tf32", "bf16", "f16"]),
    help="What the target promises of its sums; the dtype's own by default.",
)
@click.option(
    "--arrays",
    type=click.Choice(KINDS),
    show_default="numpy; torch of a KernelBench file and of autograd:",
    help="The arrays that the target takes and returns.",
)
@click.option("--seed", type=click.IntRange(min=0), help="Ask the cases of an earlier run again.")
@click.option(
    "--examples", type=click.IntRange(min=1), help="Cases per function, instead of the profile's."
)
@click.option("--device", default="cpu", show_default=True, help="Where torch's tensors lie.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="How long a call may take, which compiles what it needs: one that is longer hangs.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    show_default="the processors, on a CPU and if there is enough to ask",
    help="Processes that ask; the outcomes are the same.",
)
@click.option(
    "--in-process",
    is_flag=True,
    help="Call the target in this process, which a crash of it then ends.",
)
@click.option(
    "--xfail",
    "xfail_path",
    type=click.Path(dir_okay=False),
    help="A TOML file of known failures; that one of them holds is a failure.",
)
@click.option("--junit", "junit_path", metavar="FILE", help="Write JUnit XML to FILE.")
@click.option("--markdown", "markdown_path", metavar="FILE", help="Write a summary to FILE.")
@json_option
def command(
    target: str | None,
    profile: str,
    only: tuple[str, ...],
    dims: tuple[int, ...],
    dtype: tuple[str, ...],
    groups: bool,
    lacks: frozenset[str],
    precision: str | None,
    arrays: Kind | None,
    seed: int | None,
    examples: int | None,
    device: str,
    timeout: float,
    workers: int | None,
    in_process: bool,
    xfail_path: str | None,
    junit_path: str | None,
    markdown_path: str | None,
    json_path: str | None,
) -> int:
    """Check TARGET against the symbolic derivation and the exact oracle.

    TARGET is an installed implementation (numpy, torch, ...), a module, module:object or
    path/file.py:object. An object is a function with conv2d's signature, or holds functions with
    torch.nn.functional's names: conv2d, conv2d_input, conv2d_weight, conv2d_bias, max_pool2d,
    max_pool2d_input, ... (convproof list). Without TARGET convproof's own implementations are
    verified. It runs in a process of its own, so that a crash or a hang is a failure of it.
    autograd:TARGET asks torch functions for their gradients too, as autograd gives them.

    A target is called f(x, w, bias, stride=..., padding=..., dilation=..., groups=...), its VJPs
    f_input(input_size, w, y_bar, ...), f_weight(x, weight_size, y_bar, ...) and f_bias(y_bar).
    It may declare supports = {"asymmetric", "circular", "integer", "named", "tensorflow_same"} to
    be asked more than torch's own geometries by their numbers, and lacks = {"groups", "dilation",
    ...} to be asked less, as --lacks does: the keywords of what it lacks are not passed to it, and
    a word that there is not is told with all that there are. One that knows one number for all axes
    lacks "anisotropic" (windows that differ between axes) or "rectangular" (inputs too): each
    option has one entry per axis all the same.
    """
    from convproof.cli.show import show_report
    from convproof.theorems import DisagreementError
    from convproof.verify import xfail
    from convproof.verify.junit import junit
    from convproof.verify.markdown import markdown
    from convproof.verify.record import evidence
    from convproof.verify.session import Asked, verify
    from convproof.verify.targets.find import check_device, usual_arrays

    if target is None and json_path is not None and _is_target(json_path):
        msg = f"write `convproof verify {json_path} --json`: {json_path} is taken for a target."
        raise click.UsageError(msg)
    asked = Asked(
        profile=profile,
        only=only,
        dims=dims,
        dtypes=dtype,
        lacks=lacks,
        groups=groups,
        precision=precision,
        arrays=arrays or ("numpy" if target is None else usual_arrays(target)),
        device=device,
        seed=_seed(profile) if seed is None else seed,
        examples=examples,
        timeout=timeout,
        in_process=in_process,
        workers=workers,
        keep=profile != "ci" and seed is None,
    )
    if not asked.functions:
        msg = f"--only {','.join(only)} and --dims {','.join(map(str, dims))} leave no function."
        raise click.UsageError(msg)
    check_device(asked.arrays, device)
    expected = [] if xfail_path is None else xfail.read(xfail_path)
    reports = []
    with ExitStack() as stack:
        output = stack.enter_context(Output(json_path))
        junit_place = stack.enter_context(Place(junit_path, "--junit"))
        markdown_place = stack.enter_context(Place(markdown_path, "--markdown"))
        try:
            for spec in [target] if target is not None else OWN:
                report = verify(spec, asked, alone=target is not None, expected=expected)
                reports.append(report)
                if not output.owns_stdout:
                    show_report(report)
        except DisagreementError as error:
            output.write_document(
                evidence(
                    reports,
                    profile=profile,
                    seed=asked.seed,
                    verdict="unknown",
                    reason=str(error),
                )
            )
            click.echo(f"Error: {error}", err=True)
            return 1
        seen = [(r.spec, r.target.versions, r.outcomes) for r in reports if r.target is not None]
        for line in xfail.idle(expected, seen):
            click.echo(f"Warning: {line}", err=True)
        failed = any(report.failed for report in reports)
        verdict = "failed" if failed else "passed"
        output.write_document(evidence(reports, profile=profile, seed=asked.seed, verdict=verdict))
        junit_place.write_text(junit(reports))
        markdown_place.write_text(markdown(reports))
        _write_summary(markdown(reports))
    return int(failed)


def _write_summary(text: str) -> None:
    """Add a run to the page that GitHub shows of a job, where there is one."""
    page = os.environ.get("GITHUB_STEP_SUMMARY")
    if not page:
        return
    try:
        with Path(page).open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:  # the verdict is what it is
        told = f"Warning: GITHUB_STEP_SUMMARY is {page!r}, which cannot be written: "
        click.echo(f"{told}{error.strerror}.", err=True)


def _is_target(word: str) -> bool:
    from convproof.implementation import implementation_names

    return word in implementation_names() or ":" in word or word.endswith(".py")


def _seed(profile: str) -> int:
    return 0 if profile == "ci" else secrets.randbelow(2**32)
