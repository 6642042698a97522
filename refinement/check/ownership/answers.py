"""Record what a target answers to programs of ownership, compared with nothing."""

from dataclasses import dataclass
from typing import Any

from model.ownership.literal import initial
from model.ownership.operation import NOBODY_ELSE, Kind
from model.ownership.readings import OwnershipReadings
from refinement.check.driver.bench import Bench
from refinement.check.ownership.graph import holdings
from refinement.check.ownership.lockstep import Asked, DiffersError
from refinement.check.ownership.works import Tried
from refinement.check.target.ownership_calls import NOT_TOLD


@dataclass(frozen=True, slots=True)
class OwnershipAnswers:
    """Programs one after the other, whatever the target answers.

    :param everybody: a reclaim names nobody, as where it ends all loans.
    """

    programs: tuple[Tried, ...]
    everybody: bool

    @staticmethod
    def warm_up() -> None:
        """Nothing is compiled."""

    def do(self, bench: Bench) -> dict[str, Any]:
        """``answers``: for each program, of each step the status and what everybody has then.

        ``offered``: the kinds of operations that the target has. A program that the target refuses the size of, or
        with an operation that it does not have, has no answer.
        """
        answers: list[list[tuple[int, list[int]]] | None] = []
        offered: set[Kind] = set()
        for scope, operations in self.programs:
            pages = Asked(bench, scope)
            offered = {kind for kind in Kind if pages.offers(kind)}
            if any(each.kind not in offered for each in operations):
                answers.append(None)
                continue
            try:
                pages.begin()
            except DiffersError:
                answers.append(None)
                continue
            steps = []
            for each in operations:
                named = each._replace(other=NOBODY_ELSE) if self.everybody and each.kind == Kind.RECLAIM else each
                steps.append((pages.ask(named), pages.shown()))
            answers.append(steps)
        return {"answers": answers, "offered": sorted(offered)}


def contradiction(program: Tried, answer: list[tuple[int, list[int]]], m: OwnershipReadings) -> int | None:
    """Return the number of the first step, from 0, that the readings do not explain; None if they explain all."""
    state = initial(program[0])
    for number, (operation, (status, shown)) in enumerate(zip(program[1], answer, strict=True)):
        expected = operation.apply(state, m)
        if status not in (expected, NOT_TOLD) or shown != holdings(state):
            return number
    return None
