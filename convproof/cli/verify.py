"""``convproof verify``: every theorem, asked of a target."""

import secrets

import click

from convproof.cli.output import Output, json_option

_DTYPES = ("float32", "float64", "float16", "bfloat16", "int64")


def _words(ctx: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    del ctx, parameter
    return tuple(word.strip() for word in value.split(",")) if value else ()


def _only(ctx: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    words = _words(ctx, parameter, value)
    if words:
        from convproof.functions import Function

        known = [function.name for function in Function.all()]
        for word in words:
            if word not in known:
                msg = f"{word!r} is none of {', '.join(known)}."
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
    type=click.Choice(["quick", "ci", "thorough"]),
    default="quick",
    show_default=True,
    help="How many cases per theorem; ci is the same at every run.",
)
@click.option(
    "--only", callback=_only, metavar="NAMES", help="Only these, e.g. conv2d,conv2d_weight."
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
@click.option(
    "--precision",
    type=click.Choice(["float32", "tf32", "bf16", "f16"]),
    help="What the target promises of its sums; the dtype's own by default.",
)
@click.option(
    "--arrays",
    type=click.Choice(["numpy", "torch"]),
    default="numpy",
    show_default=True,
    help="The arrays that the target takes and returns.",
)
@click.option("--seed", type=click.IntRange(min=0), help="Ask the cases of an earlier run again.")
@click.option(
    "--examples", type=click.IntRange(min=1), help="Cases per theorem, instead of the profile's."
)
@json_option
def command(
    target: str | None,
    profile: str,
    only: tuple[str, ...],
    dims: tuple[int, ...],
    dtype: tuple[str, ...],
    groups: bool,
    precision: str | None,
    arrays: str,
    seed: int | None,
    examples: int | None,
    json_path: str | None,
) -> int:
    """Check TARGET against the symbolic derivation and the exact oracle.

    TARGET is an installed implementation (numpy, torch, ...), a module, module:object or
    path/file.py:object. An object is a function with conv2d's signature, or holds functions
    called conv1d ... conv3d, conv2d_input, conv2d_weight, conv2d_bias. Without TARGET everything
    that is installed is verified.

    A target is called f(x, w, bias, stride=..., padding=..., dilation=..., groups=...), its VJPs
    f_input(input_size, w, y_bar, ...), f_weight(x, weight_size, y_bar, ...) and f_bias(y_bar).
    It may declare supports = {"asymmetric", "circular", "integer"} to be asked more than torch's
    own geometries.
    """
    from convproof.cli.show import show_report
    from convproof.implementation import implementation_names
    from convproof.theorems import DisagreementError
    from convproof.verify.session import Asked, verify

    if target is None and json_path is not None and _is_target(json_path):
        msg = f"write `convproof verify {json_path} --json`: {json_path} is taken for a target."
        raise click.UsageError(msg)
    asked = Asked(
        profile=profile,
        only=only,
        dims=dims,
        dtypes=dtype,
        lacks=frozenset() if groups else frozenset({"groups"}),
        precision=precision,
        arrays="torch" if arrays == "torch" else "numpy",
        seed=_seed(profile) if seed is None else seed,
        examples=examples,
    )
    if not asked.functions:
        msg = f"--only {','.join(only)} and --dims {','.join(map(str, dims))} leave no function."
        raise click.UsageError(msg)
    reports = []
    with Output(json_path) as output:
        try:
            for spec in [target] if target is not None else implementation_names():
                reports.append(verify(spec, asked, alone=target is not None))
                if not output.owns_stdout:
                    show_report(reports[-1])
        except DisagreementError as error:
            output.write("verify", "unknown", profile=profile, seed=asked.seed, reason=str(error))
            click.echo(f"Error: {error}", err=True)
            return 1
        failed = any(report.failed for report in reports)
        output.write(
            "verify",
            "failed" if failed else "passed",
            profile=profile,
            seed=asked.seed,
            targets=[report.as_record() for report in reports],
        )
    return int(failed)


def _is_target(word: str) -> bool:
    from convproof.implementation import implementation_names

    return word in implementation_names() or ":" in word or word.endswith(".py")


def _seed(profile: str) -> int:
    return 0 if profile == "ci" else secrets.randbelow(2**32)
