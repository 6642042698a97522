"""Theories of one's own: the same machinery, and mistakes explained in one line with their place."""

from pathlib import Path

import pytest

from model.spaces.dialect import CANONICAL
from model.spaces.invariants import INVARIANTS
from proofs.engines.pool import workers
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.input.extension import theory_of
from proofs.input.theory_file import ExtensionError
from proofs.prove import prove
from proofs.registry import registry
from proofs.report.writers.describe import failure_lines
from proofs.result import Run
from proofs.verdict import Verdict
from tests import EXAMPLES

EXAMPLE = EXAMPLES / "unmap_own.py"


def proved(path: Path, pattern: str) -> Run:
    theory = theory_of(str(path))
    chosen = [obligation for name, obligation in theory.registry.items() if pattern in name]
    with workers(2, Settings(Solvers.Z3, theory=str(path))) as pool:
        return prove(CANONICAL, chosen, pool, induction=True)


def test_the_theory_as_it_is() -> None:
    assert theory_of().registry is registry()


@pytest.mark.long
def test_the_example_is_proved() -> None:
    theory = theory_of(str(EXAMPLE))
    assert set(theory.registry) - set(registry()) == {
        *(f"unmap_own__preserves__{name}" for name in INVARIANTS),
        "unmap_own__takes__the_page",
        "unmap_own__changes__nothing_else",
    }
    run = proved(EXAMPLE, "unmap_own")
    assert {result.verdict for result in run.results} == {Verdict.PROVED}
    assert len(run.results) == len(INVARIANTS) + 2
    assert run.invariants == frozenset(INVARIANTS)


@pytest.mark.long
def test_without_its_guard_it_is_refuted(tmp_path: Path) -> None:
    lines = EXAMPLE.read_text("utf-8").splitlines(keepends=True)
    path = tmp_path / "careless.py"
    path.write_text("".join(line for line in lines if '"the page holds no frame":' not in line), "utf-8")
    run = proved(path, "no_frame_lost")
    by_id = {result.obligation.id: result for result in run.results}
    lost = by_id["unmap_own__preserves__no_frame_lost"]
    assert lost.verdict == Verdict.REFUTED
    assert failure_lines(lost)[0] == "reached by unmap_own σ0[0]"
    assert failure_lines(lost)[1:] == [
        "a counterexample to induction of least size (1 space × 1 page × 1 frame):",
        "  σ0[0] = frame 0, P = 0, rwx",
        "then unmap_own σ0[0]",
        "it begins in the initial state",
    ]
    assert "no_frame_lost" not in run.invariants  # so nothing else may assume it
    assert by_id["map__preserves__no_frame_lost"].verdict == Verdict.PROVED


INVARIANT = """
from z3 import ForAll, Implies, Not
from model.spaces.invariants import Invariant
from model.spaces.theory import x, y, r
INVARIANTS = [
    Invariant("only_holders_hold", "B.own", "{sentence}", lambda s: {formula}),
]
"""


@pytest.mark.long
def test_an_invariant_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    formula = "ForAll([x, r], Implies(s.holds(x, r), s.live(x)))"
    path.write_text(INVARIANT.format(sentence="what holds a frame is in use", formula=formula), "utf-8")
    run = proved(path, "only_holders_hold")
    assert [result.obligation.id for result in run.results] == [
        f"{before}only_holders_hold"
        for before in ("initial__has__", "map__preserves__", "grant__preserves__", "flush__preserves__")
    ]
    assert {result.verdict for result in run.results} == {Verdict.PROVED}
    assert "only_holders_hold" in run.invariants


@pytest.mark.long
def test_a_wrong_invariant_is_refuted_by_the_theory_executed(tmp_path: Path) -> None:
    path = tmp_path / "wrong.py"
    path.write_text(
        INVARIANT.format(sentence="nothing derives", formula="ForAll([x, y], Not(s.derives(x, y)))"), "utf-8"
    )
    run = proved(path, "only_holders_hold")
    by_id = {result.obligation.id: result for result in run.results}
    assert by_id["initial__has__only_holders_hold"].verdict == Verdict.PROVED
    refuted = by_id["map__preserves__only_holders_hold"]
    assert refuted.verdict == Verdict.REFUTED
    assert refuted.reason == "reached by map σ0[0] → σ1[0]"


@pytest.mark.long
def test_an_invariant_is_not_assumed_of_the_initial_state(tmp_path: Path) -> None:
    path = tmp_path / "one_space.py"
    path.write_text(
        "import z3\nfrom model.spaces.invariants import Invariant\nfrom model.spaces.theory import owner, sigma0, x\n"
        "one = Invariant('one_space', 'B.own', 'all is σ0', lambda s: z3.ForAll([x], owner(x) == sigma0))\n"
        "INVARIANTS = [one]\n",
        "utf-8",
    )
    run = proved(path, "one_space")
    by_id = {result.obligation.id: result for result in run.results}
    assert by_id["initial__has__one_space"].verdict in (Verdict.REFUTED, Verdict.UNPROVED)
    assert "one_space" not in run.invariants


@pytest.mark.long
def test_a_format_of_ones_own_and_a_careless_one(tmp_path: Path) -> None:
    example = EXAMPLE.with_name("sv32.py")
    run = proved(example, "sv32__")
    of = {f: {n.removeprefix(f"{f}__") for n in registry() if n.startswith(f"{f}__")} for f in ("sv39", "x86_32")}
    like = of["sv39"] & of["x86_32"]  # what is asked of every format
    assert {result.obligation.id.removeprefix("sv32__") for result in run.results} == like
    assert {result.verdict for result in run.results} == {Verdict.PROVED}

    text, right = example.read_text("utf-8"), " * nonzero(riscv.granted(rights), 3)"
    assert right in text
    path = tmp_path / "careless.py"
    path.write_text(text.replace(right, ""), "utf-8")
    fell = {result.obligation.id for result in proved(path, "sv32__").results if result.verdict != Verdict.PROVED}
    absent = {"no_rights__make__no_entry", "leaf__is__absent_without_rights", "large_leaf__says__what_was_encoded"}
    assert fell == {f"sv32__{name}" for name in absent}


ACTION = """
import z3
from model.spaces.theory import Action, State, before, called
def mine(dialect, s=before, p=called):
    {body}
ACTIONS = {{"mine": mine}}
"""


SAID = """
import z3
from musigma.theory import Invariant, Obligation, before, called, x, y
INVARIANTS = [Invariant("alone", "B.alone", "nobody derives from anybody", lambda s: {formula})]
"""

OTHER = """
from dataclasses import replace
from musigma.theory import APPENDIX_A, INVARIANTS, extended
THEORY = replace(extended(APPENDIX_A, "mine"), {but})
del INVARIANTS
"""


@pytest.mark.long
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = (", "mine.py:1: '(' was never closed"),
        ("import z3\nz3.And(1, undefined)", "mine.py:2: reading it: NameError: name 'undefined' is not defined"),
        ("import no_such_module", "mine.py:1: reading it: ModuleNotFoundError: No module named 'no_such_module'"),
        ("x = 1", "mine.py defines none of ACTIONS, INVARIANTS, OBLIGATIONS, FORMATS, THEORY; to add an action write"),
        ("ACTIONS = []", "mine.py: ACTIONS is a list; write a dict from names to functions"),
        ("ACTIONS = {'Not A Name': print}", "mine.py: 'Not A Name' cannot name an action; write small letters"),
        ("ACTIONS = {'map': print}", "mine.py: an action is called map already; choose another name"),
        ("ACTIONS = {'mine': 3}", "mine.py: ACTIONS['mine'] is no function"),
        (ACTION.format(body="return None"), "mine.py: action mine: TypeError: it returns a NoneType; return an Action"),
        (
            ACTION.format(body="return s.derives(p.src, 3, p.src)"),
            "mine.py:5: action mine: derives takes (Slot, Slot), and is given (Slot, int, Slot)",
        ),
        (
            ACTION.format(body="return s.derives(p.src, p.mask(p.src))"),
            "mine.py:5: action mine: mask takes (Right), and is given (Slot)",
        ),
        (
            ACTION.format(body="return s.derivs"),
            "mine.py:5: action mine: AttributeError: 'State' object has no attribute",
        ),
        (
            ACTION.format(body="return Action('mine', {'g': 1}, s, p)"),
            "mine.py: action mine: TypeError: guard 'g' is a int",
        ),
        (
            ACTION.format(body="return Action('mine', {}, p, p)"),
            "mine.py: action mine: TypeError: after is a Parameters",
        ),
        (
            ACTION.format(body="return Action('mine', {}, State(*[lambda *a: p.src] * 6), p)"),
            "mine.py: action mine: TypeError: after.derives(x, y) is a ExprRef, no formula",
        ),
        ("FORMATS = [3]", "mine.py: FORMATS[0] is a int; write Format(...)"),
        (
            "from machine import SV39\nFORMATS = [SV39]",
            "mine.py: there is a format whose obligations are called sv39__decode__inverts__encode already: "
            "give it another name",
        ),
        (
            "from dataclasses import replace\nfrom machine import SV39\n"
            "FORMATS = [replace(SV39, name='mine', table=lambda e: e.ppn)]",
            "mine.py: format mine: <lambda> uses the attribute ppn of a word",
        ),
        (
            "from dataclasses import replace\nfrom machine import SV39\ndef table(e):\n    return e.ppn\n"
            "FORMATS = [replace(SV39, name='mine', table=table)]",
            "mine.py: format mine: table uses the attribute ppn of a word",
        ),
        (
            "from model.spaces.theory import *",
            "mine.py has what model.spaces.theory has already, perhaps from import *",
        ),
        ("import sys\nsys.exit()", "mine.py:2: reading it: SystemExit: no message"),
        ("INVARIANTS = {}", "mine.py: INVARIANTS is a dict; write a list of Invariant"),
        ("INVARIANTS = [1]", "mine.py: INVARIANTS[0] is a int; write Invariant(...)"),
        (
            "from model.spaces.invariants import Invariant\n"
            "INVARIANTS = [Invariant('mine', 'no clause', '', lambda s: s)]",
            "mine.py: invariant mine: 'no clause' names no clause; write one such as A.flush, C2 or B.own",
        ),
        (
            "from model.spaces.invariants import Invariant\n"
            "INVARIANTS = [Invariant('mine', 'B.own', '', lambda s: s.x)]",
            "mine.py:2: invariant mine: AttributeError: 'State' object has no attribute 'x'",
        ),
        (
            "from proofs.obligation import Obligation\n"
            "OBLIGATIONS = [Obligation('mine', 'B.own', '', 'mapp', lambda step: True)]",
            "mine.py: obligation mine: no action 'mapp'; one of map, grant, flush",
        ),
        (
            SAID.format(formula="z3.ForAll([x, y], z3.Not(before.derives(x, y)))"),
            "mine.py: invariant alone: TypeError: it speaks of derives, which is neither bound nor of the state",
        ),
        (
            SAID.format(formula="z3.Not(s.live(called.src))"),
            "mine.py: invariant alone: TypeError: it speaks of src, which is neither bound nor of the state",
        ),
        (
            SAID.format(formula="z3.ForAll([x], z3.Not(s.live(x))) if s is before else z3.BoolVal(True)"),
            "mine.py: invariant alone: TypeError: it says of one state what it does not say of another",
        ),
        (
            SAID.format(formula="z3.ForAll([x, y], z3.Not(s.derives(x, y)))")
            + "OBLIGATIONS = [Obligation('shown', 'B.own', '', 'map', lambda t: z3.BoolVal(True), invariant='alone')]",
            "mine.py: obligation shown: what keeps alone is asked of every action already",
        ),
        (
            OTHER.format(but="actions={**APPENDIX_A.actions, 'map': APPENDIX_A.actions['flush']}"),
            "mine.py: theory: TypeError: map is another than that of Appendix A, its base",
        ),
        (
            OTHER.format(
                but="invariants={**INVARIANTS, 'irreflexive': replace(INVARIANTS['irreflexive'], formula=bool)}"
            ),
            "mine.py: theory: TypeError: irreflexive is another than that of Appendix A, its base",
        ),
        (
            SAID.format(formula="z3.ForAll([x], z3.Or(s.live(x), z3.Not(s.live(x))))"),
            "mine.py: invariant alone: TypeError: it holds of every state whatever; say what can fail",
        ),
        (
            SAID.format(formula="z3.ForAll([x, y], z3.Not(s.derives(x, y)))")
            + "OBLIGATIONS = [Obligation('shown', 'B.own', '', 'map', lambda t: z3.Or(x != y, x == y))]",
            "mine.py: obligation shown: TypeError: its goal holds of every step whatever; say what can fail",
        ),
        (
            OTHER.format(but="initial=lambda s, invariant: {}"),
            "mine.py: theory: TypeError: initial is another than that of Appendix A, its base",
        ),
    ],
)
def test_mistakes_are_explained(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(text, "utf-8")
    with pytest.raises(ExtensionError) as error:
        theory_of(str(path))
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ExtensionError, match=r"cannot read .*nothing\.py: No such file or directory"):
        theory_of(str(tmp_path / "nothing.py"))
