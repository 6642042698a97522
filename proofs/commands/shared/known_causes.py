"""The file of ``musigma check --known``: causes of differences, a line each."""

import re
from pathlib import Path

from proofs.commands.shared.common import UsageError

_NUMBER = re.compile(r"^\d+\.\s+")


def causes_in(path: Path) -> tuple[str, ...]:
    """The causes in a file: a line each; empty lines and those that begin with # are none.

    A number before a cause, as the report has it, is no part of it.

    :raises UsageError: it cannot be read.
    """
    try:
        lines = [_NUMBER.sub("", line.strip()) for line in path.read_text("utf-8").splitlines()]
    except OSError as error:
        raise UsageError(f"--known {path}: {error.strerror}; an empty file is one in which nothing is known") from None
    except UnicodeDecodeError:
        raise UsageError(f"--known {path}: this is no text in UTF-8; write causes into it, a line each") from None
    for number, line in enumerate(lines, 1):
        if line and not line.startswith("#") and ": " not in line:
            raise UsageError(
                f"--known {path}: line {number} is no cause; write it as check prints it, OPERATION: EFFECT"
            )
    return tuple(line for line in lines if line and not line.startswith("#"))
