"""Functions of a class or a command made into C functions: what they raise becomes a number and a message."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from refinement.check.target.target import AnswerError


def number_of(name: str, answer: Any, wanted: str) -> int:
    """The whole number that a method returned.

    :raises AnswerError: it is none.
    """
    if isinstance(answer, bool) or not isinstance(answer, int):
        raise AnswerError(f"{name} returned {answer!r}: return {wanted}", f"{name} returns no number")
    return int(answer)


def one_line(error: BaseException) -> str:
    """What an exception says, on one line."""
    return " ".join(str(error).split())[:300]


class Guard:
    """It remembers what the last error said, and what the answer lacked."""

    def __init__(self) -> None:
        """Nothing was said."""
        self._said = self._lacks = ""

    def message(self) -> str:
        """What the last error said."""
        return self._said

    def lacks(self) -> str:
        """What the last wrong answer lacked, in words that are the same for every answer that lacks this."""
        return self._lacks

    def guarded(self, error: int, function: Callable[..., int]) -> Callable[..., int]:
        """The function, which returns a number in place of an exception, or of an answer that is out of range."""

        def call(*arguments: Any) -> int:
            try:
                result = function(*arguments)
            except BaseException as exception:
                if isinstance(exception, AnswerError):
                    self._said, self._lacks = str(exception), exception.lacks
                else:
                    kind = type(exception).__name__
                    self._said, self._lacks = f"{kind}: {one_line(exception)}{_where(exception)}", f"it raises {kind}"
                return error
            if not -(1 << 31) <= result < 1 << 31:
                self._said, self._lacks = f"the answer {result} is out of range", "a number out of range"
                return error
            return result

        return call


def _where(error: BaseException) -> str:
    """The stranger's own line that raised, if any."""
    own, trace, place = Path(__file__).parent, error.__traceback__, ""
    while trace is not None:
        file = Path(trace.tb_frame.f_code.co_filename)
        if file.parent != own:
            place = f" (line {trace.tb_lineno} of {file.name})"
        trace = trace.tb_next
    return place
