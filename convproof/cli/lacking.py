"""``--lacks``: what a target has not, alike in every command that asks one."""

from difflib import get_close_matches

import click


def _lacks(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> frozenset[str]:
    words = [word.strip() for word in value.split(",")] if value else []
    if words:
        from convproof.verify.targets.words import LACKS

        for word in words:
            if word not in LACKS:
                near = get_close_matches(word, LACKS, 1)
                hint = f"; did you mean {near[0]}?" if near else "."
                msg = f"{word!r} is none of {', '.join(sorted(LACKS))}{hint}"
                raise click.BadParameter(msg)
    return frozenset(words)


lacks_option = click.option(
    "--lacks",
    callback=_lacks,
    metavar="NAMES",
    help="What TARGET has not, besides what it declares, e.g. dilation,groups,rejects: that is not "
    "asked, nor passed to it. anisotropic: windows that differ between axes; rectangular: inputs "
    "as well.",
)
