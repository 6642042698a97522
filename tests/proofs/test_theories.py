"""A throw-away theory: one relation more, declared in one line, goes through every engine and writer by itself."""

from pathlib import Path

import pytest

from model.scope import Scope
from model.spaces.dialect import CANONICAL
from model.spaces.operation import Operation
from model.theory import APPENDIX_A
from proofs.engines.pool import workers
from proofs.engines.search.theory_search import replay_theory
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.input.extension import Specification, theory_of
from proofs.obligation import Obligation
from proofs.prove import prove
from proofs.report.formulas.latex import latex
from proofs.report.formulas.state_after import goal, updates
from proofs.report.writers.describe import failure_lines
from proofs.result import Result, Run
from proofs.verdict import Verdict

SOURCE = r"""
from dataclasses import dataclass, replace
from typing import Annotated
from z3 import ForAll, Implies, Not, Or
from model.signature import Vocabulary, constant, fresh, relation
from model.spaces.invariants import Invariant
from model.spaces.theory import Action, Predicate, Slot, State, Term, called, x
from model.theory import APPENDIX_A, extended
from proofs.obligation import Obligation
from proofs.terms import everything_unchanged

@dataclass(frozen=True, slots=True)
class Pinned(State):
    pinned: Annotated[Predicate, relation(x, tex=r"{0} \in \mathit{{Pins}}{p}", meaning="the page is to stay")]

now = fresh(Pinned)

def pin(dialect, s=now, p=called):
    after = replace(s, pinned=lambda slot: Or(s.pinned(slot), slot == p.src))
    return Action("pin", {"the page is in use": s.live(p.src)}, after, p)

def used(s):
    return ForAll([x], Implies(s.pinned(x), s.live(x)))

THEORY = extended(
    APPENDIX_A, "pins", state=Pinned, actions={"pin": pin},
    invariants=[Invariant("pinned_is_used", "B.own", "only a page in use is pinned", used)],
    initial=lambda s: {"nothing is pinned": ForAll([x], Not(s.pinned(x)))},
)
OBLIGATIONS = [
    Obligation(
        "flush__leaves__pins", "B.own", "a flush leaves pins alone", "flush",
        lambda step: ForAll([x], step.after.pinned(x) == step.before.pinned(x)),
    ),
    Obligation("pin__changes__nothing", "B.own", "a pin changes nothing", "pin", everything_unchanged),
]
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("theory") / "pins.py"
    made.write_text(SOURCE, "utf-8")
    return made


@pytest.fixture(scope="module")
def specification(path: Path) -> Specification:
    return theory_of(str(path))


@pytest.fixture(scope="module")
def run(path: Path, specification: Specification) -> Run:
    asked = [each for name, each in specification.registry.items() if "pin" in name]
    with workers(2, Settings(Solvers.BOTH, theory=str(path))) as pool:
        return prove(CANONICAL, asked, pool, induction=True)


def result(run: Run, name: str) -> Result:
    return next(each for each in run.results if each.obligation.id == name)


@pytest.mark.long
def test_what_it_adds_is_proved(run: Run) -> None:
    proved = {each.obligation.id for each in run.results if each.verdict == Verdict.PROVED}
    assert proved >= {"initial__has__pinned_is_used", "pin__preserves__pinned_is_used", "pin__preserves__forest"}
    assert "flush__leaves__pins" in proved
    assert run.invariants == frozenset(APPENDIX_A.invariants)  # the new one is not inductive, see below


@pytest.mark.long
def test_what_it_gets_wrong_is_refuted_by_its_formulas_executed(run: Run) -> None:
    wrong = result(run, "grant__preserves__pinned_is_used")
    assert wrong.verdict == Verdict.REFUTED
    assert wrong.reason == "reached by pin σ0[0]; grant σ0[0] → σ1[0]"


@pytest.mark.long
def test_a_counterexample_to_induction_shows_the_relation(run: Run) -> None:
    lines = failure_lines(result(run, "grant__preserves__pinned_is_used"))
    assert "a counterexample to induction, which is no state of the literal model:" in lines
    assert any(line.strip().startswith("pinned: ") for line in lines)


@pytest.mark.long
def test_an_unchanged_slot_has_the_same_pin(run: Run) -> None:
    """What the project says of all that there is to a slot speaks of the new relation, too."""
    assert result(run, "pin__changes__nothing").verdict == Verdict.REFUTED


def test_it_is_evaluated_in_literal_states(specification: Specification) -> None:
    steps = [Operation("pin", 0), Operation("map", 0, 1), Operation("flush", 0)]
    tables = [each for _, each in replay_theory(CANONICAL, specification.theory, Scope(2, 1, 1), steps)]
    assert [table.symbols["pinned"][0].tolist() for table in tables] == [[False, False], [True, False], [True, False]]
    assert all(table.symbols["pinned'"][0].tolist() == [True, False] for table in tables)


def test_it_is_typeset(specification: Specification) -> None:
    theory, obligation = specification.theory, specification.registry["flush__leaves__pins"]
    assert isinstance(obligation, Obligation)
    shown = latex(goal(obligation, CANONICAL), 99, theory)
    assert shown == (r"\forall x{:}\text{Slot}.\; x \in \mathit{Pins}' \Leftrightarrow x \in \mathit{Pins}")
    atom, becomes = updates(theory.actions["pin"](CANONICAL))["pinned"]
    assert latex(becomes, 99, theory) == r"x \in \mathit{Pins} \lor x = \mathit{src}"
    assert latex(atom, 99, theory) == r"x \in \mathit{Pins}'"
    assert theory.symbols["pinned"].meaning == "the page is to stay"


def test_what_is_proved_of_the_base_is_asked_of_it_as_well(specification: Specification) -> None:
    assert set(specification.registry) > set(theory_of().registry)
    assert all(
        each.theory is specification.theory for each in specification.registry.values() if isinstance(each, Obligation)
    )


OTHER = r"""
from dataclasses import dataclass, replace
from typing import Annotated
import z3
from z3 import ForAll, Implies
from model.signature import Vocabulary, constant, fresh, function, relation
from model.spaces.invariants import Invariant
from model.spaces.theory import Action
from model.theory import Theory

Thread, Word = z3.DeclareSort("Thread"), z3.DeclareSort("Word")
t, w = z3.Const("t", Thread), z3.Const("w", Word)

@dataclass(frozen=True, slots=True)
class Said(Vocabulary):
    sent: Annotated[object, relation(t, w, meaning="t sent w")]
    got: Annotated[object, relation(t, w, meaning="t got w")]
    last: Annotated[object, function(t, result=Word, meaning="what t got last")]

@dataclass(frozen=True, slots=True)
class Send(Vocabulary):
    actor: Annotated[z3.ExprRef, constant(Thread)]
    partner: Annotated[z3.ExprRef, constant(Thread)]
    word: Annotated[z3.ExprRef, constant(Word)]

now, call = fresh(Said), fresh(Send)

def send(dialect, s=now, p=call):
    after = replace(
        s,
        sent=lambda t, w: z3.Or(s.sent(t, w), z3.And(t == p.actor, w == p.word)),
        got=lambda t, w: z3.Or(s.got(t, w), z3.And(t == p.partner, w == p.word)),
        last=lambda t: z3.If(t == p.partner, p.word, s.last(t)),
    )
    return Action("send", {"not to itself": p.actor != p.partner}, after, p)

u = z3.Const("u", Thread)

def authentic(s):
    return ForAll([t, w], Implies(s.got(t, w), z3.Exists([u], s.sent(u, w))))

def last_is_got(s):
    return ForAll([t], s.got(t, s.last(t)))

THEORY = Theory(
    "talk", now, Vocabulary(), {"send": send},
    {"authentic": Invariant("authentic", "B.own", "what was got was sent", authentic),
     "last_is_got": Invariant("last_is_got", "B.own", "what was got last was got", last_is_got)},
    lambda s, invariant: {"nothing was got": ForAll([t, w], z3.Not(s.got(t, w)))},
)
"""


def test_a_theory_of_its_own_with_its_own_sorts(tmp_path: Path) -> None:
    path = tmp_path / "talk.py"
    path.write_text(OTHER, "utf-8")
    specification = theory_of(str(path))
    assert list(specification.registry) == [
        "initial__has__authentic",
        "initial__has__last_is_got",
        "send__preserves__authentic",
        "send__preserves__last_is_got",
    ]
    with workers(1, Settings(Solvers.Z3, theory=str(path))) as pool:
        run = prove(CANONICAL, specification.registry.values(), pool)
    verdicts = {each.obligation.id: each.verdict for each in run.results}
    assert verdicts["initial__has__authentic"] == verdicts["send__preserves__last_is_got"] == Verdict.PROVED
    assert verdicts["initial__has__last_is_got"] == Verdict.UNPROVED  # nothing to search: it has no first state
    assert run.invariants == frozenset({"authentic"})
