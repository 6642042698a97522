"""Suggested invariants: what a bare description lacks is found, all of it is inductive, and a wrong one gets none."""

import pytest
import z3

from model.servers.description import Role, marked
from model.servers.systems.catalogue import SYSTEMS, VARIANTS
from model.servers.systems.coloured_pager import ColouredPager, SecondPager
from model.servers.systems.driver import DeviceDriver
from model.servers.systems.unix_server import UnixServer
from model.servers.templates import candidates
from model.servers.theory import theory_of_subsystem
from model.spaces.dialect import CANONICAL
from model.spaces.vocabulary import x, y
from proofs.report.writers.suggestion_report import suggestion_lines
from proofs.servers import suggestion
from proofs.servers.suggestion import Suggestion, suggest


class BarePager(ColouredPager):
    """Without what it is proved from."""

    consent = None  # type: ignore[assignment]


class BareDriver(DeviceDriver):
    """Without what it is proved from."""

    served = None  # type: ignore[assignment]


class BareSecond(SecondPager):
    """Wrong, and without its invariant."""

    consent = None  # type: ignore[assignment]


@pytest.fixture(scope="module")
def bare() -> Suggestion:
    return suggest(theory_of_subsystem(BarePager))


def test_what_is_lacking_is_found(bare: Suggestion) -> None:
    assert bare.complete
    assert bare.lacking == ("coloured",)
    assert bare.still == ()
    assert [each.body for each in bare.needed] == ["self.facing(self.client, self.allocator)"]


def test_its_code_is_what_was_shown(bare: Suggestion) -> None:
    """Pasted into the class, it has the formula that was inductive."""
    of = theory_of_subsystem(BarePager)
    formula = bare.needed[0].formula(of.seen(of.theory.before))
    assert formula.eq(theory_of_subsystem(ColouredPager).theory.invariants["consent"].formula(of.theory.before))
    assert bare.needed[0].code.splitlines() == [
        "    @invariant",
        "    def facing_client_allocator(self):",
        '        """Windows of all client are open to allocator only."""',
        "        return self.facing(self.client, self.allocator)",
    ]


def test_all_that_is_suggested_is_inductive(bare: Suggestion) -> None:
    """Asked anew, each by itself: of the state after every move it holds, where all hold of the state before."""
    of = theory_of_subsystem(BarePager)
    before = of.theory.before
    said = [each.formula(of.seen(before)) for each in (*bare.needed, *bare.further)]
    known = [each.formula(before) for each in of.theory.invariants.values() if not each.names_some_frame]
    for move, make in of.theory.actions.items():
        made = make(CANONICAL)
        for each in (*bare.needed, *bare.further):
            solver = z3.Solver()
            solver.set("timeout", 20_000)
            solver.add(*known, *said, *made.guard.values(), z3.Not(each.formula(of.seen(made.after))))
            assert solver.check() == z3.unsat, (move, each.name)


@pytest.mark.slow
def test_who_serves_is_found() -> None:
    found = suggest(theory_of_subsystem(BareDriver))
    assert found.lacking == ("own_interrupts",)
    assert [each.name for each in found.needed] == ["line_is_served_in_driver"]


@pytest.mark.slow
def test_a_wrong_description_gets_none_that_would_prove_it() -> None:
    found = suggest(theory_of_subsystem(BareSecond))
    assert found.lacking == found.still == ("coloured",)
    assert found.needed == ()


@pytest.mark.slow
def test_a_proved_description_lacks_nothing() -> None:
    found = suggest(theory_of_subsystem(UnixServer))
    assert found.lacking == ()
    assert "nothing is lacking: each invariant is kept by every move as the description stands" in suggestion_lines(
        found
    )


NOT_FOUND = {"PageFaults.current": ("backed",), "StoredPages.frames": ("as_left",)}
"""Of what no template has the form, and what then cannot be proved."""
ENSURING = {"SharedBuffers.rooted"}  # only what steps ensure is proved from it
CALLED = {"PageFaults.placed"}  # the start says it as well
AUXILIARY = sorted({f"{kind.__name__}.{name}" for kind in VARIANTS for name in marked(kind, Role.INVARIANT)} - CALLED)


def without(auxiliary: str) -> Suggestion:
    """What is suggested for a system without an invariant."""
    system, name = auxiliary.split(".")
    kind = SYSTEMS[system]
    bare = type(f"Without{name}", (kind,), {name: None, "__module__": kind.__module__})
    return suggest(theory_of_subsystem(bare), seconds=240)


@pytest.mark.slow
@pytest.mark.parametrize("auxiliary", AUXILIARY)
def test_an_invariant_that_is_taken_away_is_found_again(auxiliary: str) -> None:
    found = without(auxiliary)
    assert found.complete
    assert bool(found.lacking) == (auxiliary not in ENSURING)
    assert found.still == NOT_FOUND.get(auxiliary, ())


@pytest.mark.long
def test_who_keeps_a_secret_is_told_what_may_stand_in_memory() -> None:
    found = without("KeyServer.unwritten")
    assert found.lacking == ("secret",)
    assert found.still == ()
    assert {each.template for each in found.needed} == {"word in memory"}


def test_without_time_nothing_is_suggested() -> None:
    found = suggest(theory_of_subsystem(BarePager), seconds=0)
    assert not found.complete
    assert found.needed == found.further == ()


def test_elements_of_nested_quantifiers_differ() -> None:
    """Were the inner one the outer, a formula that fails of two elements would be said to hold."""
    live = theory_of_subsystem(BarePager).theory.before.live
    formula = z3.ForAll([x], z3.And(live(x), z3.ForAll([y], z3.Or(z3.Not(live(x)), x == y))))
    solver = z3.Solver()
    solver.add(suggestion._broken(formula), z3.ForAll([x], live(x)))
    assert solver.check() == z3.sat


@pytest.mark.parametrize("kind", [ColouredPager, DeviceDriver, UnixServer])
def test_candidates_are_formulas_about_the_state_they_are_given(kind: type[ColouredPager]) -> None:
    of = theory_of_subsystem(kind)
    made = candidates(kind)
    assert len({each.name for each in made}) == len(made)
    for each in made:
        assert isinstance(each.formula(of.seen(of.theory.before)), z3.BoolRef)
