"""From a long program to a shortest one, on databases in this process whose fault is known."""

import time
from dataclasses import replace

import numpy as np
import pytest

from model.scope import Scope
from model.spaces.dialect import CANONICAL
from refinement.check.finding.finding import Conformance, Failure, Finding
from refinement.check.process.zygote import Limits
from refinement.check.search import shrink as module
from refinement.check.search.shrink import Trial, shrink
from refinement.check.target.target import Target
from tests.refinement.check.plain import Database, Here, ending

TARGET = Target("library", "nowhere.so")
LIMITS = Limits(hang=5.0)
INIT = (0, 2, 1, 1, 0, 0)
MAP, BACK, GRANT, FLUSH = (1, 0, 0, 1, 0, 7), (1, 1, 0, 0, 0, 7), (2, 0, 0, 1, 0, 7), (3, 0, 0, 0, 0, 7)


def rows(*steps):
    return np.array(steps, np.uint32).reshape(-1, 6)


def steps(program):
    return [tuple(row) for row in program.tolist()]


def finding(*program, **told):
    return Finding(Failure(Conformance.DIVERGES, "it differs"), rows(*program), "canonical", "random", **told)


def faulty(wrong):
    """Databases that answer 9 to what ``wrong(log)`` says of the operations since the last init."""

    def make():
        database = Database()

        def answers(name, *given):
            if name.startswith(("lookup", "check")):
                return None
            since = database.operations()
            while any(call[0] == "init" for call in since[1:]):
                since = since[1:]
            return 9 if wrong([call[0] for call in since]) else None

        database.answers = answers
        return database

    return make


def trial(make=Database):
    here = Here(make)
    return Trial(TARGET, CANONICAL.readings, LIMITS, here.perform), here


AFTER_MAP = faulty(lambda names: names[-1] == "flush" and "map" in names)


def test_the_first_program_that_fails():
    one, here = trial(AFTER_MAP)
    good, bad = rows(INIT, FLUSH), rows(INIT, MAP, FLUSH, MAP)
    number, program, failure = one.programs([good, bad, bad])
    assert (number, steps(program), failure.verdict) == (1, [INIT, MAP, FLUSH], Conformance.DIVERGES)
    assert failure.sentence == "flush failed: what it said"
    assert [len(order.work.programs) for order in here.orders] == [3, 1]
    assert one.programs([good, good]) is None
    assert one.programs([]) is None
    assert one.programs([bad])[0] == 0
    assert len(here.orders[-1].work.programs) == 1


def test_programs_come_in_batches(monkeypatch):
    monkeypatch.setattr(module, "BATCH", 2)
    one, here = trial(AFTER_MAP)
    good, bad = rows(INIT, FLUSH), rows(INIT, MAP, FLUSH)
    assert one.programs([good, good, good, bad, good])[0] == 3
    assert [len(order.work.programs) for order in here.orders] == [2, 2, 1]
    assert here.orders[0].work.every == 1
    assert here.orders[0].limits is LIMITS
    assert here.orders[0].target is TARGET


def test_a_program_that_fails_only_after_others():
    """What ran before has a part: each gets a process of its own."""
    inits = faulty(lambda names: False)

    def make():
        database = inits()
        database.answers = lambda name, *given: (
            9 if name == "flush" and sum(call[0] == "init" for call in database.log) > 1 else None
        )
        return database

    one, here = trial(make)
    assert one.programs([rows(INIT, MAP), rows(INIT, FLUSH)]) is None
    assert [len(order.work.programs) for order in here.orders] == [2, 1, 1, 1]


def test_all_slots_are_compared_seldom_in_large_scopes(monkeypatch):
    monkeypatch.setattr(module, "LOOKUPS", 10)
    one, here = trial()
    one.programs([rows(INIT, FLUSH), rows(INIT, *[FLUSH] * 20)])
    assert here.orders[0].work.every == 1 + 2 * 21 // 10


@pytest.mark.parametrize("how", ["hung", "signal"])
def test_a_program_that_does_not_end(how):
    one = Trial(TARGET, CANONICAL.readings, LIMITS, lambda order: ending(how, number=11, program=1, step=2, value={}))
    bad = rows(INIT, MAP, FLUSH, MAP)
    number, program, failure = one._together([bad, bad]) or (None, None, None)
    assert (number, steps(program)) == (1, [INIT, MAP, FLUSH])
    assert failure.verdict in (Conformance.HUNG, Conformance.CRASHED)


def test_a_shortest_trace():
    one, here = trial(AFTER_MAP)
    found = shrink(one, finding(INIT, GRANT, FLUSH, MAP, GRANT, GRANT, FLUSH, MAP), 60.0)
    assert found.length == 2
    assert found.failure.sentence == "flush failed: what it said"
    assert found.shortest == "no shorter trace in 2 spaces × 1 page × 1 frame"
    assert found.history is None
    assert found.reproducible
    assert steps(found.program) == [INIT, MAP, FLUSH]
    assert all(order.limits.hang == 2.0 for order in here.orders)
    one = replace(one, limits=Limits(hang=1.0))
    shrink(one, finding(INIT, MAP, FLUSH), 60.0)
    assert here.orders[-1].limits.hang == 1.0


def test_the_smallest_scope_and_rights():
    one, _ = trial(AFTER_MAP)
    wide = (0, 4, 3, 2, 0, 0)
    found = shrink(one, finding(wide, (1, 0, 1, 3, 2, 5), (3, 2, 1, 0, 0, 1)), 60.0)
    assert found.scope.spaces == 1
    assert found.scope.slots <= 2
    assert all(row[5] == 7 for row in steps(found.program)[1:])
    assert found.length == 2


def test_what_does_not_fail_again():
    one, _ = trial()
    found = shrink(one, finding(INIT, MAP), 60.0)
    assert (found.reproducible, found.shortest) == (False, "it did not fail again in a fresh process")
    assert steps(found.program) == [INIT, MAP]


def test_what_needs_its_history():
    def make():
        database = Database()
        database.answers = lambda name, *given: (
            9 if name == "flush" and sum(call[0] == "init" for call in database.log) > 1 else None
        )
        return database

    one, _ = trial(make)
    history = rows(INIT, MAP, GRANT)
    found = shrink(one, finding(INIT, MAP, FLUSH, history=history), 60.0)
    assert found.shortest == "it needs what was done before the last init"
    assert steps(found.program) == [INIT, INIT, FLUSH]
    assert found.history is None
    assert found.reproducible
    found = shrink(trial()[0], finding(INIT, MAP, history=history), 60.0)
    assert not found.reproducible


def test_a_long_program_is_left_as_it_is(monkeypatch):
    monkeypatch.setattr(module, "LONG", 3)
    one, here = trial(AFTER_MAP)
    found = shrink(one, finding(INIT, MAP, FLUSH, MAP), 60.0)
    assert found.shortest == "it is the smallest size that fails; others were not tried"
    assert not here.orders
    shrink(one, finding(INIT, MAP, FLUSH), 60.0)
    assert here.orders


def test_time_is_a_limit(monkeypatch):
    one, here = trial(AFTER_MAP)
    found = shrink(one, finding(INIT, GRANT, MAP, FLUSH), 0.0)
    assert len(here.orders) == 1
    assert found.length == 3
    assert found.shortest.startswith("no step can be left out; of those in 2 spaces × 1 page × 1 frame, all of up to 0")


@pytest.mark.parametrize("steps_", [1, 2, 3, 4, 5, 8])
def test_stretches(steps_):
    program = rows(INIT, *((1, n, 0, 0, 0, 7) for n in range(steps_)))
    batches = [[[row[1] for row in steps(each)[1:]] for each in batch] for batch in module._without_stretches(program)]
    expected, length = [], steps_ // 2
    while length:
        cuts = [
            [n for n in range(steps_) if not max(0, first) <= n < first + length]
            for first in range(steps_ - length, -length, -length)
        ]
        expected.append(cuts)
        length //= 2
    assert batches == expected


def test_a_program_of_several_inits_begins_with_any_of_them():
    program = rows(INIT, MAP, INIT, FLUSH, INIT)
    *_, last = module._without_stretches(program)
    assert [steps(each) for each in last] == [[INIT], [INIT, FLUSH, INIT]]
    assert all(each[0, 0] == 0 for batch in module._without_stretches(program) for each in batch)


def test_simpler_rights():
    program = rows(INIT, (1, 0, 0, 1, 0, 5), (1, 0, 0, 1, 0, 7), (3, 0, 0, 0, 0, 0))
    (batch,) = module._simpler(program)
    changed = [[(n, row[5]) for n, row in enumerate(steps(each)) if list(row) != program[n].tolist()] for each in batch]
    assert changed == [[(1, 7)], [(3, 7)], [(3, 4)], [(3, 2)], [(3, 1)]]
    assert list(module._simpler(rows(INIT, MAP))) == []


def test_a_smaller_scope():
    wide = (0, 5, 4, 3, 0, 0)
    small = module._renumbered(rows(wide, (1, 0, 1, 3, 2, 7), (3, 3, 2, 9, 9, 7)))
    assert steps(small) == [(0, 2, 3, 3, 0, 0), (1, 0, 1, 1, 2, 7), (3, 1, 2, 9, 9, 7)]
    small = module._renumbered(rows(wide, (2, 0, 3, 3, 0, 7)))
    assert steps(small) == [(0, 2, 2, 1, 0, 0), (2, 0, 1, 1, 0, 7)]
    assert module._renumbered(rows(INIT, MAP)) is None
    assert module._renumbered(rows(wide, (1, 5, 0, 0, 0, 7))) is None
    assert module._renumbered(rows(wide, (1, 0, 0, 0, 4, 7))) is None
    assert module._renumbered(rows(wide, MAP, wide)) is None
    assert module._used_slots(rows(wide, MAP, (3, 2, 2, 4, 4, 7))) == {(0, 0), (1, 0), (2, 2)}


def test_shorter_traces_are_searched_where_they_can_be(monkeypatch):
    monkeypatch.setattr(module, "MOST_SLOTS", 2)
    one, here = trial(AFTER_MAP)
    end = time.monotonic() + 60
    for program in (
        rows(INIT, MAP, INIT, FLUSH),
        rows((0, 3, 1, 1, 0, 0), MAP, FLUSH),
        rows(INIT, (1, 0, 0, 1, 0, 8), FLUSH),
        rows(INIT, (1, 2, 0, 1, 0, 7), FLUSH),
        rows(INIT, (1, 0, 1, 1, 0, 7), FLUSH),
    ):
        found = module._shortest(one, replace(finding(INIT), program=program), end)
        assert found.shortest == "no step can be left out; other short traces were not searched"
    assert not here.orders
    found = module._shortest(one, finding(INIT, MAP), end)
    assert found.shortest == "no shorter trace in 2 spaces × 1 page × 1 frame"


def test_of_all_shortest_traces_the_first():
    one, here = trial(AFTER_MAP)
    end = time.monotonic() + 60
    found = module._shortest(one, finding(INIT, GRANT, (1, 1, 0, 0, 0, 5), FLUSH), end)
    assert (steps(found.program), found.shortest) == (
        [INIT, MAP, FLUSH],
        "no shorter trace in 2 spaces × 1 page × 1 frame",
    )
    lengths = [order.work.length for order in here.orders if hasattr(order.work, "length")]
    assert lengths[:2] == [1, 2]
    assert here.orders[0].work.rights == (7, 5)


def test_too_many_sequences_are_not_tried(monkeypatch):
    monkeypatch.setattr(module, "MOST_SEQUENCES", 10)
    one, _ = trial(faulty(lambda names: names[-3:] == ["map", "grant", "flush"]))
    found = module._shortest(one, finding(INIT, MAP, GRANT, FLUSH), time.monotonic() + 60)
    assert found.shortest == (
        "no step can be left out; of those in 2 spaces × 1 page × 1 frame, "
        "all of up to 1 operations agree, longer ones were not all tried"
    )


def test_sequences_that_fail_only_together_are_none():
    def make():
        database = Database()
        database.answers = lambda name, *given: (
            9 if name == "flush" and sum(call[0] == "init" for call in database.log) > 3 else None
        )
        return database

    one, _ = trial(make)
    work = module.Sequences(CANONICAL.readings, Scope(2, 1, 1), (7,), 1, 60.0)
    assert one.sequences(work) == (False, None)
    assert trial()[0].sequences(work) == (True, None)
    complete, better = trial(AFTER_MAP)[0].sequences(replace(work, length=2))
    assert (complete, steps(better[0])) == (False, [INIT, MAP, FLUSH])
    late = Trial(TARGET, CANONICAL.readings, LIMITS, lambda order: ending("overdue"))
    assert late.sequences(work) == (False, None)
