"""Which two steps are dependent, and which of these can race: every pair of a few steps."""

from itertools import product

import pytest

from proofs.explorer.interleaved.execution import can_race, dependent
from refinement.cores.stepping import Access

X, Y, L, M = ("plain", 0), ("plain", 1), ("a",), ("b",)
STEPS = {
    "read x": Access("read", X),
    "read y": Access("read", Y),
    "write x": Access("write", X, 1),
    "write y": Access("write", Y, 1),
    "drain x": Access("drain", X, 1),
    "drain y": Access("drain", Y, 1),
    "drain a": Access("drain", L),
    "lock a": Access("lock", L),
    "lock b": Access("lock", M),
    "try a": Access("try", L),
    "unlock a": Access("unlock", L),
    "fence": Access("fence", ("of stores",)),
    "call": Access("call", ("map", 0, 0)),
    "return": Access("return", ("map", 0, 0)),
    "forget 0 1": Access("invalidate", ("core", 0, "slot", 1)),
    "forget 1 1": Access("invalidate", ("core", 1, "slot", 1)),
    "forget 0 0": Access("invalidate", ("core", 0, "slot", 0)),
    "read e": Access("read", ("entry", 1)),
    "write e": Access("write", ("entry", 1), None),
    "drain e": Access("drain", ("entry", 1), None),
}
ALWAYS = {
    *("forget 0 1+forget 0 1", "forget 1 1+forget 1 1", "forget 0 0+forget 0 0"),
    *("forget 0 1+write e", "forget 1 1+write e", "drain e+forget 0 1", "drain e+forget 1 1"),
}
LOCKS = {"lock a+lock a", "lock b+lock b", "lock a+try a", "try a+try a"}
DRAINED = {
    *("drain x+drain x", "drain y+drain y", "drain a+drain a", "drain e+drain e"),
    *("drain x+read x", "drain y+read y", "drain e+read e", "drain a+lock a", "drain a+try a"),
}
WRITTEN = {
    *("read x+write x", "read y+write y", "read e+write e", "write x+write x", "write y+write y", "write e+write e"),
    *("drain x+write x", "drain y+write y", "drain e+write e"),
    *("lock a+unlock a", "try a+unlock a", "unlock a+unlock a", "drain a+unlock a"),
}
DRAINS = ("drain x", "drain y", "drain a", "drain e")
OWN = {
    *(f"{drain}+{each}" for drain in DRAINS for each in ("fence", "lock a", "lock b", "try a")),
    *("drain x+drain x", "drain y+drain y", "drain a+drain a", "drain e+drain e"),
    *("drain x+read x", "drain y+read y", "drain e+read e", "drain x+write x", "drain y+write y", "drain e+write e"),
    "drain a+unlock a",
}
EVERY = {"+".join(sorted(pair)) for pair in product(STEPS, repeat=2)}


def pairs(*, same_core: bool, buffered: bool, seen: bool = False) -> set[str]:
    """The pairs that are dependent, which is the same either way round."""
    found = [
        {
            "+".join(sorted((one, other)))
            for one, other in product(STEPS, repeat=2)
            if (one <= other) == first
            and dependent(STEPS[one], STEPS[other], same_core=same_core, buffered=buffered, seen=seen)
        }
        for first in (True, False)
    ]
    same = {f"{each}+{each}" for each in STEPS}
    assert found[0] - same == found[1]
    return found[0]


def test_of_two_cores_writes_and_locks_meet_in_one_place() -> None:
    assert pairs(same_core=False, buffered=False) == ALWAYS | LOCKS | DRAINED | WRITTEN | {"call+return"}


def test_with_store_buffers_writes_meet_others_when_they_drain() -> None:
    assert pairs(same_core=False, buffered=True) == ALWAYS | LOCKS | DRAINED | {"call+return"}


@pytest.mark.parametrize("buffered", [False, True])
def test_a_core_meets_what_drains_from_its_own_buffer(buffered: bool) -> None:
    assert pairs(same_core=True, buffered=buffered) == ALWAYS | OWN


def test_what_both_change_and_is_looked_at_is_always_dependent() -> None:
    assert pairs(same_core=False, buffered=False, seen=True) == EVERY


def test_which_dependent_steps_can_be_possible_at_one_time() -> None:
    def racing(*, same_core: bool) -> set[str]:
        found = {
            (one, other)
            for one, other in product(STEPS, repeat=2)
            if can_race(STEPS[one], STEPS[other], same_core=same_core)
        }
        assert found == {(other, one) for one, other in found}
        return {"+".join(sorted(pair)) for pair in found}

    forgetting = {pair for pair in EVERY if "forget" in pair}
    assert racing(same_core=True) == forgetting
    given_back = {pair for pair in EVERY if "unlock" in pair and "try" not in pair}
    landing = {pair for pair in EVERY if "drain" in pair and pair.split("+")[1].startswith("lock")}
    assert len(landing) == 8
    assert racing(same_core=False) == EVERY - (given_back | landing) | forgetting
