"""A choice among names whose refusal says which was meant."""

from difflib import get_close_matches
from typing import Any

import click


class Choice(click.Choice):  # type: ignore[type-arg]  # generic since click 8.2
    """``click.Choice`` whose refusal ends with the nearest of the names."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the name that was chosen."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            near = get_close_matches(str(value), self.choices, 3)
            if not near:
                raise
            msg = f"{error.message} Did you mean {' or '.join(near)}?"
            raise click.BadParameter(msg, ctx, param) from None
