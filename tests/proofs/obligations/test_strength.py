"""Each demand is as strong as it reads: a fault falls by it, and by no weaker form of it."""

from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any

import pytest
from z3 import And

from model.spaces.dialect import CANONICAL, Dialect, dialect_named
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.obligation import Condition
from proofs.obligations.kernel import coherence, hardware, kernel_terms, world
from proofs.obligations.kernel.hardware import PRECISE
from proofs.obligations.kernel.simulation import SIMULATES
from proofs.obligations.machine import agreement
from proofs.obligations.source import Code
from proofs.obligations.tree import loops, steps
from proofs.obligations.tree.loops import AT_EXIT, KEEPS
from proofs.verdict import Verdict
from refinement.faults.tables_and_tags import KERNEL_FAULTS
from refinement.kernel.kernel import Kernel
from refinement.kernel.primitives import flush_step
from refinement.rewriting import replaced

satisfiable = Satisfiable()
TREE = dialect_named("tree")


def verdict(conditions: Iterable[Condition]) -> Verdict:
    return discharge_all(conditions, satisfiable, Settings(seconds=60, solvers=Solvers.Z3)).verdict


def kernel(method: str, old: str, new: str) -> Code:
    return Code(kernel=type("Kernel", (Kernel,), {method: replaced(getattr(Kernel, method), old, new)}))


def executed(name: str, code: Code, what: str, dialect: Dialect = CANONICAL) -> Verdict:
    return verdict(coherence.conditions(coherence.ExecutedMethod(name, dialect, code), what))


def of_entries_only(self: Any) -> None:
    now = self.world()
    said = world.database(now.tree)
    self.path.demand(world.ALLOWED, lambda: And(agreement.within(now.tables.entry, said)))


def of_buffers_only(self: Any) -> None:
    now = self.world()
    said = world.database(now.tree)
    self.path.demand(world.ALLOWED, lambda: And(world.cached_within(now.cached, said)))


def as_of_proofs(function: Callable[[Any], None]) -> Callable[[Any], None]:
    """The function as a module of proofs has it: code may be answered by no other."""

    def call(self: Any) -> None:
        return function(self)

    return FunctionType(call.__code__, vars(kernel_terms), "check", None, call.__closure__)


def without(part: str) -> Callable[[Any], dict[str, Any]]:
    whole = world.coherent.__wrapped__

    def fewer(of: Any) -> dict[str, Any]:
        return {name: formula for name, formula in whole(of).items() if name != part}

    return fewer


DEFERRED = Code(kernel=KERNEL_FAULTS["frame-freed-before-flush"].kernel)
CLEARED_IF_CACHED = kernel(
    "clear_entry",
    "self.tables.clear(slot)",
    "if self.tags.current(self.scope.space(slot)) is not None:\n        self.tables.clear(slot)",
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "weaker"), [(DEFERRED, of_entries_only), (CLEARED_IF_CACHED, of_buffers_only)], ids=["buffers", "entries"]
)
def test_what_cores_reach(code: Code, weaker: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Stale translations show in the buffers only; an entry of a space without a tag shows in the tables only."""
    assert executed("map", code, world.ALLOWED) == Verdict.UNPROVED
    monkeypatch.setattr(kernel_terms.SymbolicKernel, "check", as_of_proofs(weaker))
    coherence.walked.cache_clear()
    assert executed("map", code, world.ALLOWED) == Verdict.PROVED
    monkeypatch.undo()
    coherence.walked.cache_clear()


@pytest.mark.slow
def test_entries_show_all_that_the_database_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that writes no entry gives too little, and never too much."""
    code = kernel("write_entry", "self.tables.write(", "(")
    assert executed("map", code, world.ALLOWED) == Verdict.PROVED
    assert executed("map", code, coherence.COHERENT) == Verdict.UNPROVED
    monkeypatch.setattr(coherence, "coherent", without("entries show what the database says"))
    coherence.walked.cache_clear()
    assert executed("map", code, coherence.COHERENT) == Verdict.PROVED
    monkeypatch.undo()
    coherence.walked.cache_clear()


@pytest.mark.long
@pytest.mark.parametrize("what", [loops.AT_FIRST, loops.KEEPS, loops.DECREASES, loops.AT_EXIT])
def test_a_flush_that_starts_again_takes_too_many_steps(what: str) -> None:
    """It is right, it ends, and only the number of its steps says that it is quadratic."""
    code = Code({"flush_step": replaced(flush_step, "return parent", "return top")})
    assert verdict(loops.conditions("flush_below", what, code)) == Verdict.PROVED
    assert verdict(loops.conditions("flush_below", steps.STEPS, code)) == Verdict.UNPROVED


@pytest.mark.long
@pytest.mark.parametrize("what", [world.ALLOWED, KEEPS, AT_EXIT])
def test_invalidating_under_all_tags_costs_others(what: str) -> None:
    """It is right, and only that it forgets the translations of other spaces says that it is slow."""
    code = kernel("invalidate", "self.tables.address(slot), tag", "self.tables.address(slot)")
    assert executed("flush_below", code, what) == Verdict.PROVED
    assert executed("flush_below", code, PRECISE) == Verdict.UNPROVED


@pytest.mark.long
@pytest.mark.parametrize("what", [world.ALLOWED, hardware.FREES, loops.AT_FIRST, loops.DECREASES])
def test_a_table_that_is_not_given_back_breaks_the_invariant_only(what: str) -> None:
    code = Code(kernel=KERNEL_FAULTS["table-leak"].kernel)
    assert executed("flush_below", code, what) in (Verdict.PROVED, Verdict.ERROR)  # no table is given back at all
    assert executed("flush_below", code, KEEPS) == Verdict.UNPROVED


@pytest.mark.long
def test_a_table_reserved_twice_is_missed_by_the_accounts_only() -> None:
    code = kernel("replace", "self.release_tables(dst)", "pass")
    assert executed("map", code, SIMULATES, TREE) == Verdict.PROVED
    assert executed("map", code, coherence.COHERENT, TREE) == Verdict.UNPROVED
