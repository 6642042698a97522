"""What a step changes, of symbols with arguments and of those without."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import z3

from model.running.evaluate import Structure
from model.signature import Formula, Term, Vocabulary, constant, fresh, relation
from model.spaces.dialect import CANONICAL
from model.spaces.vocabulary import Parameters, Predicate, x
from proofs.engines.search.telling import Fact, changed
from proofs.obligation import Step


@dataclass(frozen=True, slots=True)
class Walk(Vocabulary):
    """A state with a relation, a truth and a place."""

    passed: Annotated[Predicate, relation(x)]
    done: Annotated[Formula, relation()]
    at: Annotated[Term, constant(x.sort())]


def test_truths_and_places_change_as_relations_do() -> None:
    before, to = fresh(Walk), z3.Const("to", x.sort())
    after = Walk(lambda slot: z3.Or(before.passed(slot), slot == before.at), z3.Not(before.done), to)
    step = Step(CANONICAL, before, after, fresh(Parameters))
    tables = {"passed": np.array([[False, False]]), "done": np.array([True]), "at": np.array([0]), "to": np.array([1])}
    every = {"passed": None, "done": None, "at": None}
    there, ended = Fact("passed", (("Slot", 0),), True), Fact("done", (), True)
    moved = Fact("at", (), ("Slot", 1))
    assert changed(Structure(1, {"Slot": 2}, tables), step, every) == ((ended,), (there, moved))
    begun = {**tables, "done": np.array([False])}
    assert changed(Structure(1, {"Slot": 2}, begun), step, every) == ((), (there, ended, moved))
