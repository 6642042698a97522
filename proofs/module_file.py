"""Python files that users write: read as modules, their mistakes told in one line with the place."""

import importlib.util
import sys
import traceback
from pathlib import Path
from typing import Any


class ExtensionError(ValueError):
    """A file that extends the theory has a mistake; the message says in one line where and what."""


def module_of(path: Path) -> Any:
    """The file as a module; its folder is not searched for others.

    :raises ExtensionError: it cannot be read, or fails.
    """
    try:
        source = path.read_bytes()
    except OSError as error:
        raise ExtensionError(f"cannot read {path}: {error.strerror}") from None
    name = f"musigma_theory_{path.stem}"
    spec = importlib.util.spec_from_loader(name, loader=None, origin=str(path))
    if spec is None:
        raise ExtensionError(f"cannot read {path} as a module; its name should be a Python name")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        exec(compile(source, str(path), "exec"), module.__dict__)
    except SyntaxError as error:
        place = path.name if error.lineno is None else f"{path.name}:{error.lineno}"
        raise ExtensionError(f"{place}: {error.msg}") from None
    except (Exception, SystemExit) as error:
        raise at_line(path, error, "reading it") from None
    return module


def at_line(path: Path, error: Exception | SystemExit, doing: str) -> ExtensionError:
    """The error with the last line of the file that led to it."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    place = f"{path.name}:{lines[-1]}" if lines else path.name
    text = " ".join(str(error).split()) or "no message"
    return ExtensionError(f"{place}: {doing}: {type(error).__name__}: {text}")
