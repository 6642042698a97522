"""Ownership of pages of a class or a command, as the C functions that a library exports."""

from collections.abc import Callable, Collection
from typing import Any

from refinement.check.target.guarding import Guard, number_of
from refinement.check.target.message_targets import addresses_of
from refinement.check.target.ownership_calls import BY_DIALECT, EVERYBODY, OPTIONAL_OWNERSHIP, SIGNATURES, OwnershipCall
from refinement.check.target.target import AnswerError

GROUP = "ownership"
"""By this name in its ``has`` a command says that it has ownership of pages."""

ARGUMENTS: dict[OwnershipCall, tuple[str, ...]] = {
    **dict.fromkeys(OwnershipCall, ("by", "other", "page")),
    **dict.fromkeys((OwnershipCall.RETRIEVE, OwnershipCall.RELINQUISH), ("by", "page")),
    **dict.fromkeys((OwnershipCall.HAS, OwnershipCall.MAPPED), ("party", "page")),
    OwnershipCall.INIT_OWNERSHIP: ("parties", "pages"),
    OwnershipCall.CHECK_OWNERSHIP: (),
}

WANTED = {
    OwnershipCall.HAS: "a sum of 1 for owns, 2 for borrows, 4 for accesses",
    OwnershipCall.MAPPED: "1 or 0",
    OwnershipCall.CHECK_OWNERSHIP: "0 if all is well",
}
STATUS = "0 for done, 1 for refused, 2 if that is not told"


def asked(call: OwnershipCall, numbers: Collection[int]) -> dict[str, int | None]:
    """Say by name what a target is asked.

    >>> asked(OwnershipCall.RECLAIM, (0, EVERYBODY, 1))
    {'by': 0, 'other': None, 'page': 1}
    """
    named = zip(ARGUMENTS[call], numbers, strict=True)
    return {name: None if value == EVERYBODY else value for name, value in named}


def offered_by_name(has: Callable[[str], bool]) -> tuple[list[OwnershipCall], list[str]]:
    """The functions of ownership that there are, by their names; and those that every dialect needs and are not."""
    offered = [call for call in OwnershipCall if has(call.name.lower())]
    needed = [call for call in OwnershipCall if call not in (*OPTIONAL_OWNERSHIP, *BY_DIALECT)]
    return offered, [call.name.lower() for call in needed if call not in offered]


def as_functions_of_ownership(
    offered: Collection[OwnershipCall], ask: Callable[[OwnershipCall, dict[str, int | None]], int], guard: Guard
) -> tuple[list[Any], list[int]]:
    """Functions for what a class or a command offers, which have to be kept, and their addresses."""

    def function(call: OwnershipCall) -> Any:
        return SIGNATURES[call](guard.guarded(-1, lambda *numbers: ask(call, asked(call, numbers))))

    functions = [function(call) if call in offered else None for call in OwnershipCall]
    return functions, addresses_of(functions)


def owns_pages(factory: Any) -> bool:
    """Return whether a class keeps ownership of pages, and not mappings."""
    return callable(getattr(factory, "donate", None)) and not callable(getattr(factory, "map", None))


class OwningClass:
    """An object of a stranger's class that keeps who owns, borrows and accesses each page."""

    def __init__(self, factory: Callable[[int, int], Any]) -> None:
        """Nothing is constructed before it is begun."""
        self._factory = factory
        self._object: Any = None

    def ask(self, call: OwnershipCall, question: dict[str, int | None]) -> int:
        """The method's answer; a ValueError of the class itself says that it cannot be that large."""
        if call == OwnershipCall.INIT_OWNERSHIP:
            try:
                self._object = self._factory(*question.values())  # type: ignore[arg-type]
            except ValueError:
                return 1
            return 0
        name = call.name.lower()
        answer = getattr(self._object, name)(*question.values())
        if call == OwnershipCall.MAPPED and isinstance(answer, bool):
            return int(answer)
        return not_negative(name, number_of(name, answer, WANTED.get(call, STATUS)), WANTED.get(call, STATUS))


def not_negative(asked: str, number: int, wanted: str) -> int:
    """The number, which stands for what a target says.

    :raises AnswerError: it is negative.
    """
    if number < 0:
        raise AnswerError(f"{asked} returned {number}: return {wanted}")
    return number
