"""Objects that a command line names: of a file, of a module, and what is in them."""

import importlib
import importlib.util
import sys
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from convproof.errors import MissingExtraError, TargetError


class AbsentError(TargetError):
    """There is no module of that name, which is not to say that importing it failed."""


def from_file(path: Path, spec: str) -> Any:
    """Return the module that a file is.

    Args:
        path: of the file.
        spec: what the user wrote, for messages.

    Raises:
        TargetError: if there is none, or importing it fails.
    """
    if not path.is_file():
        within = "" if str(path) == spec else f" (in {spec!r})"
        msg = f"there is no file {str(path)!r}{within}."
        raise TargetError(msg)
    name = f"convproof_target_{path.stem}"
    found = importlib.util.spec_from_file_location(name, path)
    if found is None or found.loader is None:
        msg = f"{str(path)!r} is no Python file."
        raise TargetError(msg)
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module
    _search_first(path.resolve().parent)
    loader = found.loader
    _importing(lambda: loader.exec_module(module), spec)
    return module


def from_module(name: str, spec: str) -> Any:
    """Return a module by its name, found from here too.

    Raises:
        AbsentError: if there is none.
        TargetError: if importing it fails.
    """
    _search_first(Path.cwd())
    try:
        return _importing(lambda: importlib.import_module(name), spec)
    except TargetError as error:
        missing = error.__cause__
        absent = isinstance(missing, ModuleNotFoundError) and f"{name}.".startswith(
            f"{missing.name}."
        )
        if name and not absent:
            raise
        msg = f"no module {name!r} can be imported from here (in {spec!r})."
        raise AbsentError(msg) from None


def attribute(module: Any, path: str, place: str) -> Any:
    """Return what a dotted path names in a module.

    Args:
        module: where it is looked for.
        path: its name; "" is the module itself.
        place: what the module is called, for messages.

    Raises:
        TargetError: if there is nothing of that name.
    """
    found, held = module, place
    for name in path.split(".") if path else ():
        try:
            found, held = getattr(found, name), f"{held}{'.' if found is not module else ':'}{name}"
        except AttributeError:
            near = get_close_matches(name, [n for n in dir(found) if n[:1] != "_"], 3)
            hint = f": did you mean {' or '.join(near)}?" if near else "."
            msg = f"nothing is called {name!r} in {held!r}{hint}"
            raise TargetError(msg) from None
        except MissingExtraError:
            raise
        except Exception as error:  # of a property, or of a module's __getattr__
            msg = f"looking up {name!r} in {held!r} failed: {type(error).__name__}: {_line(error)}"
            raise TargetError(msg) from error
    return found


def _search_first(folder: Path) -> None:
    """Let a folder be where modules are looked for first, once however often it is asked."""
    if sys.path[:1] != [str(folder)]:
        sys.path.insert(0, str(folder))


def _importing(load: Callable[[], Any], spec: str) -> Any:
    try:
        return load()
    except MissingExtraError:
        raise
    except (Exception, SystemExit) as error:
        msg = f"importing {spec!r} failed: {type(error).__name__}: {_line(error)}"
        raise TargetError(msg) from error


def _line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or ["(no message)"])[0]
