"""Formulas as LaTeX, to the letter; and goals in primed symbols say the same as what is proved."""

from dataclasses import replace
from typing import Any

import pytest
import z3

from model.spaces.dialect import CANONICAL, Dialect
from model.spaces.invariants import INVARIANTS
from model.spaces.theory import ACTIONS, a, before, called, parent, r, x, y
from proofs.obligation import Obligation, Step
from proofs.registry import registry
from proofs.report.formulas.latex import inline, latex, size
from proofs.report.formulas.state_after import goal, primed, substituted, updates
from tests.proofs.named import obligation_named

P, Q, R = z3.Bools("p q r")
I, J = z3.Ints("i j")


@pytest.mark.parametrize(
    ("term", "tex"),
    [
        (before.derives(x, y), r"x \prec y"),
        (z3.Not(before.derives(x, y)), r"x \nprec y"),
        (primed.derives(x, y), r"x \prec' y"),
        (z3.Or(x == y, before.derives(x, y)), r"x \preceq y"),
        (z3.Not(z3.Or(x == y, primed.derives(x, y))), r"x \npreceq' y"),
        (z3.Or(y == x, before.derives(x, y)), r"y = x \lor x \prec y"),
        (before.live(x), r"\sigma_{x} \neq \varphi"),
        (z3.Not(primed.live(x)), r"\sigma'_{x} = \varphi"),
        (before.holds(x, r), r"\sigma_{x} = r"),
        (z3.Not(before.phys(called.src, r)), r"P_{\mathit{src}} \neq r"),
        (primed.right(x, a), r"a \in \rho'_{x}"),
        (z3.Not(called.mask(a)), r"a \notin \mathit{mask}"),
        (before.phys(before.holder(r), r), r"P_{h(r)} = r"),
        (z3.And(P, z3.Or(Q, R)), r"p \land (q \lor r)"),
        (z3.Or(P, z3.And(Q, R)), r"p \lor (q \land r)"),
        (z3.And(P, z3.And(Q, R)), r"p \land q \land r"),
        (z3.Implies(P, z3.Implies(Q, R)), r"p \Rightarrow (q \Rightarrow r)"),
        (z3.Implies(z3.And(P, Q), R), r"p \land q \Rightarrow r"),
        (z3.Not(Q) == P, r"\lnot q \Leftrightarrow p"),
        (z3.Not(z3.And(P, Q)), r"\lnot (p \land q)"),
        (z3.If(P, I, J), r"(\text{if } p \text{ then } i \text{ else } j)"),
        (z3.And(I + 1 <= J, z3.Not(I == J)), r"i + 1 \leq j \land i \neq j"),
        (z3.And(P, z3.Not(z3.BoolVal(False))), "p"),
        (z3.Or(z3.BoolVal(False), P, Q), r"p \lor q"),
        (z3.And(P, z3.BoolVal(False)), r"\text{false}"),
        (z3.Implies(P, z3.BoolVal(True)), r"\text{true}"),
        (z3.ForAll([x, r], before.holds(x, r)), r"\forall x{:}\text{Slot},\, r{:}\text{Frame}.\; \sigma_{x} = r"),
        (
            z3.ForAll([x], z3.And(P, z3.Exists([x], before.live(x)))),
            r"\forall x{:}\text{Slot}.\; p \land (\exists x_{1}{:}\text{Slot}.\; \sigma_{x_{1}} \neq \varphi)",
        ),
        (z3.Const("in_use", z3.BoolSort()), r"\mathit{in\_use}"),
        (
            parent(before, x, y),
            r"x \prec y \land (\forall w{:}\text{Slot}.\; x \prec w \Rightarrow w = y \lor y \prec w)",
        ),
        (
            INVARIANTS["forest"].formula(before),
            r"\forall x, y, z{:}\text{Slot}.\; "
            r"x \prec y \land x \prec z \Rightarrow y = z \lor y \prec z \lor z \prec y",
        ),
    ],
)
def test_a_formula_in_one_line(term: Any, tex: str) -> None:
    assert inline(term) == tex


def test_what_is_too_wide_becomes_a_list() -> None:
    wide = z3.ForAll([x], z3.Implies(z3.And(before.live(x), P), z3.Or(Q, before.derives(x, x))))
    assert latex(wide, 12) == (
        r"\begin{array}[t]{l} \forall x{:}\text{Slot}.\; \\ \quad \begin{array}[t]{ll} "
        r"& \sigma_{x} \neq \varphi \land p \\ \Rightarrow & q \lor x \prec x \end{array} \end{array}"
    )
    assert latex(wide, 99) == inline(wide)
    assert latex(z3.If(P, Q, R), 3) == (
        r"\begin{array}[t]{ll} \text{if} & p \\ \text{then} & q \\ \text{else} & r \end{array}"
    )


def test_nothing_is_lost_in_a_list() -> None:
    term = z3.And(*(before.derives(z3.Const(f"s{n}", x.sort()), y) for n in range(20)))
    shown = latex(term)
    assert all(rf"\mathit{{s{n}}} \prec y" in shown for n in range(20))
    assert shown.count(r"\land &") == 20


@pytest.mark.parametrize(("tex", "signs"), [("x", 1), (r"\forall x{:}\text{Slot}", 7), (r"\mathit{dst} \nprec y", 5)])
def test_the_width_of_a_line(tex: str, signs: int) -> None:
    assert size(tex) == signs


def _of_steps(dialect: Dialect) -> list[Obligation]:
    return [o for o in registry().values() if isinstance(o, Obligation) and o.action and o.applies(dialect.readings)]


@pytest.mark.long
def test_every_goal_of_canonical_is_said_in_primed_symbols() -> None:
    for obligation in _of_steps(CANONICAL):
        step, _ = obligation.step(CANONICAL)
        short = goal(obligation, CANONICAL)
        assert z3.eq(substituted(short, step), obligation.goal(step)), obligation.id


def test_a_goal_that_would_say_something_else_is_given_in_full() -> None:
    def two_faced(step: Step) -> Any:
        return step.after.live(x) if step.after is primed else before.live(x)

    obligation = replace(obligation_named("map__preserves__irreflexive"), goal=two_faced)
    assert z3.eq(goal(obligation, CANONICAL), before.live(x))


def test_updates_are_those_of_the_action() -> None:
    found = updates(ACTIONS["flush"](CANONICAL))
    assert list(found) == ["derives", "live", "holds", "phys", "right", "holder"]
    atom, becomes = found["holds"]
    assert latex(atom) == r"\sigma'_{x} = r"
    assert z3.eq(becomes, ACTIONS["flush"](CANONICAL).after.holds(x, r))
    assert latex(found["holder"][1]) == "h(r)"
