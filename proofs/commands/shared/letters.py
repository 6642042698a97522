"""Output where the encoding lacks the project's letters: others in their place, one for one, so that tables stay."""

import codecs
import sys
from io import TextIOWrapper
from typing import TextIO

LETTERS = dict(zip("σΣφµ→←−×≠·…«»–—’′₀∧∨¬∀∃", "sS-u><xx#|~\"\"--''0&|!AE", strict=True))


def replace_letters(error: UnicodeError) -> tuple[str, int]:
    """What stands for letters that cannot be written.

    >>> "map σ0[0] → σ1[0]".encode("ascii", "musigma")
    b'map s0[0] > s1[0]'
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(LETTERS.get(letter, "?") for letter in error.object[error.start : error.end]), error.end


codecs.register_error("musigma", replace_letters)


def make_printable(*streams: TextIO) -> None:
    """Let the streams, by default the standard ones, replace what their encoding lacks instead of failing."""
    for stream in streams or (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="musigma")
