"""What is remembered of an experiment is what the literal model does, under any readings."""

import random
from typing import Any, cast

import numpy as np
import pytest

from model.choice import choices_of
from model.scope import Scope
from model.spaces import literal as spaces
from model.spaces.dialect import CANONICAL, DIALECTS, OwnPage, Readings
from model.spaces.literal import CYCLE_MET, DONE
from model.spaces.operation import Operation
from refinement.check.search.experiments import EXPERIMENTS, SCOPE, Experiment
from refinement.check.search.predicting import Predictor, Question, predictor


def any_readings(generator: random.Random) -> Readings:
    chosen: list[Any] = [generator.choice(list(choice)) for choice in choices_of(Readings()).values()]
    return Readings(*chosen)


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda experiment: experiment.question)
def test_an_outcome_is_that_of_the_literal_model(experiment: Experiment) -> None:
    generator = random.Random(experiment.question)
    known = Predictor(SCOPE, experiment.operations)
    for readings in [
        *(dialect.readings for dialect in DIALECTS.values()),
        *(any_readings(generator) for _ in range(60)),
    ]:
        state, statuses = spaces.initial(SCOPE), list[int]()
        for operation in experiment.operations:
            statuses.append(operation.apply(state, readings))
            if statuses[-1] == CYCLE_MET:
                break
        for _ in range(2):  # learnt or known, it is the same
            outcome = known.outcome(readings)
            assert outcome.statuses == tuple(statuses)
            assert all(np.array_equal(ours, theirs) for ours, theirs in zip(outcome.state, state, strict=True))


def test_what_was_asked_and_answered_the_same_is_not_done_again() -> None:
    operation = Counted()
    known = Predictor(SCOPE, cast("tuple[Operation, ...]", (operation,)))
    first = known.outcome(CANONICAL.readings)
    assert known.outcome(DIALECTS["tree"].readings) is first  # it is asked for the own page alone
    assert operation.done == 1
    included = CANONICAL.readings._replace(own_page=OwnPage.INCLUDED)
    assert known.outcome(included) is not first
    assert operation.done == 2


class Counted:
    """An operation that asks for one reading and counts how often it is done."""

    done = 0

    def apply(self, _: spaces.Spaces, readings: Readings) -> int:
        self.done += 1
        return DONE if readings.own_page >= 0 else CYCLE_MET


class Fickle:
    """An operation that asks for another reading each time."""

    def __init__(self) -> None:
        self.names = iter(("own_page", "regrant"))

    def apply(self, _: spaces.Spaces, readings: Readings) -> int:
        getattr(readings, next(self.names))
        return DONE


def test_a_model_that_asks_otherwise_after_the_same_answers_is_refused() -> None:
    known = Predictor(Scope(1, 1, 1), cast("tuple[Operation, ...]", (Fickle(),)))
    known.outcome(CANONICAL.readings)
    other = CANONICAL.readings._replace(own_page=OwnPage.INCLUDED)
    with pytest.raises(RuntimeError, match=r"^after the same answers regrant is asked now, and was not before$"):
        known.outcome(other)


def test_an_experiment_has_one_predictor() -> None:
    assert predictor(SCOPE, EXPERIMENTS[0].operations) is predictor(SCOPE, EXPERIMENTS[0].operations)
    predictor(SCOPE, EXPERIMENTS[0].operations).outcome(CANONICAL.readings)
    assert isinstance(predictor(SCOPE, EXPERIMENTS[0].operations)._root, Question)
