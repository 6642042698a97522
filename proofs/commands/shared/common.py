"""Common parts of the commands: errors that teach, and files checked before the work."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from model.messages.readings import MessageDialect
from model.plain_json import values_in
from model.ranges.readings import RangeDialect
from model.spaces.dialect import Dialect
from proofs.input import naming
from proofs.verdict import EXIT_USAGE

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn


class UsageError(typer.Exit):
    """The command was called wrongly; what was wrong has been said."""

    def __init__(self, message: str) -> None:
        """Say in one line what was wrong and what to write instead."""
        typer.echo(f"musigma: {message}", err=True)
        super().__init__(EXIT_USAGE)


def refuse_given(context: typer.Context, why: str, *options: str) -> None:
    """Refuse options that the user wrote, though the rest of the call gives them no meaning.

    :param why: what takes the meaning from them.
    :param options: as help spells them; an argument in capitals.
    :raises UsageError: one is written.
    """
    written, found = _written(context), list[str]()
    for option in options:
        if option in written and not any(option in written[other] for other in found):
            found.append(option)
    if found:
        *first, last = found
        named = f"{', '.join(first)} and {last}" if first else last
        raise UsageError(f"{why}: leave {named} out")


def refuse_all_given_but(context: typer.Context, why: str, *options: str) -> None:
    """Refuse all that the user wrote but these options.

    :raises UsageError: something else is written.
    """
    shown = _written(context)
    spared = {name for option in options for name in shown.get(option, ())}
    refuse_given(context, why, *(option for option in shown if option not in spared))


def is_given(context: typer.Context, option: str) -> bool:
    """Return whether the user wrote the option."""
    return option in _written(context)


def _written(context: typer.Context) -> dict[str, list[str]]:
    """Each option that the user wrote, by each of its names, with all of them; arguments in capitals."""
    found: dict[str, list[str]] = {}
    for parameter in context.command.params:
        source = context.get_parameter_source(str(parameter.name))
        if source is not None and source.name == "COMMANDLINE":
            names = [*parameter.opts, *parameter.secondary_opts]
            names = [name if name.startswith("-") else name.upper() for name in names]
            found |= dict.fromkeys(names, names)
    return found


def parse_dialect(name: str, *, on_hardware: bool = False) -> Dialect:
    """The dialect of that name.

    :param on_hardware: it may say what hardware keeps of each set of rights.
    :raises UsageError: there is none.
    """
    try:
        return naming.parse_dialect(name, on_hardware=on_hardware)
    except naming.NoSuchNameError as error:
        raise UsageError(str(error)) from None


def parse_messages(name: str) -> MessageDialect:
    """The dialect of messages of that name.

    :raises UsageError: there is none.
    """
    try:
        return naming.parse_messages(name)
    except naming.NoSuchNameError as error:
        raise UsageError(str(error)) from None


def parse_ranges(name: str) -> RangeDialect:
    """The dialect of ranges of that name.

    :raises UsageError: there is none.
    """
    try:
        return naming.parse_ranges(name)
    except naming.NoSuchNameError as error:
        raise UsageError(str(error)) from None


def progress_bar(*columns: "ProgressColumn") -> "Progress":
    """A bar on standard error, gone when it is done; nothing at all where that is no terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def few(names: tuple[str, ...]) -> str:
    """The first of some names, and whether there are more.

    >>> few(("a", "b"))
    'a, b'
    """
    return ", ".join(names[:5]) + ("…" if len(names) > 5 else "")


def check_writable(path: Path | None) -> None:
    """Find out before the work whether a report can be written.

    :raises UsageError: it cannot.
    """
    if path is None:
        return
    try:
        existed = path.exists()
        with path.open("a", encoding="utf-8"):
            pass
        if not existed:
            path.unlink()
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}; name a file in a folder that exists") from None


def make_folder(path: Path | None) -> None:
    """Find out before the work whether files can be written into a folder, which is made if there is none.

    :raises UsageError: they cannot.
    """
    if path is None:
        return
    try:
        path.mkdir(exist_ok=True)
    except FileExistsError:
        raise UsageError(f"{path} is no folder; name one that a file for each picture can be written into") from None
    except OSError as error:
        raise UsageError(f"cannot make {path}: {error.strerror}; name a folder in one that exists") from None
    check_writable(path / ".musigma")


def read_json(path: Path) -> Any:
    """The values in a JSON file.

    :raises UsageError: it cannot be read, or holds something else.
    """
    try:
        return values_in(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: this is no text in UTF-8; name a file that --trace or --json wrote") from None
    except ValueError as error:
        raise UsageError(f"{path}: this is no JSON: {error}") from None


def write_json(path: Path | None, value: Any) -> None:
    """Write a report as JSON.

    :raises UsageError: the file cannot be written any more.
    """
    if path is not None:
        write_text(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a report.

    :raises UsageError: the file cannot be written any more.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
