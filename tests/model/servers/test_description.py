"""Descriptions with a mistake are refused in one line that says where and what."""

from types import MappingProxyType
from typing import Any

import pytest
from z3 import And, BoolSort, BoolVal, Const, ForAll, FuncDeclRef, Function, Implies, Not, Or, Solver, unsat

from model.messages.vocabulary import Call, Space, Word, i, p, t, w
from model.servers.description import (
    DescriptionError,
    Do,
    Subsystem,
    constant,
    ensures,
    ghost,
    guarantee,
    invariant,
    lines_of,
    machine_with,
    marked,
    relation,
    rule,
    when,
)
from model.servers.description import Role as Roles
from model.servers.theory import theory_of_subsystem
from model.signature import Formula, Term
from model.spaces.dialect import CANONICAL as _CANONICAL
from model.spaces.vocabulary import Slot, owner, sigma0, x


class Shop(Subsystem):
    """A word is sold once."""

    shop = constant(Space)
    sold = ghost(w, i)

    def members(self, space: Term) -> Formula:
        return space == self.shop

    @rule("send")
    def sell(self, c: Call) -> Do:
        return when(unsold=ForAll([i], Not(self.sold(c.word, i)))).then(sold=(c.word, self.ident(c.other)))

    @guarantee
    def once(self) -> Formula:
        """No word is sold to two."""
        return ForAll([w, i], Implies(self.sold(w, i), self.named(i)))


def test_the_parts_of_a_description_are_found() -> None:
    of = theory_of_subsystem(Shop)
    assert of.rules == ("sell",)
    assert of.actions["sell"] == "send"
    assert of.guarantees == ("once",)
    assert of.own == ("members_are_born", "once")
    assert of.theory.invariants["once"].sentence == "No word is sold to two"


def test_a_subclass_takes_a_method_away() -> None:
    class Closed(Shop):
        """Nothing is sold."""

        sell = None  # type: ignore[assignment]

    assert not marked(Closed, Roles.RULE)


def test_a_rule_without_one_of_its_conditions() -> None:
    do = when(one=w == w, two=i == i)
    assert list(do.without("one").conditions) == ["two"]
    with pytest.raises(DescriptionError, match="there is no condition 'three'; one of one, two"):
        do.without("three")


def test_a_predicate_is_noted_after_what_is_struck() -> None:
    class Recounted(Shop):
        """What was sold is what the actor's space knows, and nothing that it was before."""

        @rule("send")
        def sell(self, c: Call) -> Do:
            done = when().forgets(sold=lambda w, i: BoolVal(True))
            return done.then(sold=lambda w, i: And(self.has(self.space(c.actor), w), self.sold(w, i)))

    theory = theory_of_subsystem(Recounted).theory
    step, s = theory.actions["sell"](_CANONICAL), theory.before
    solver = Solver()
    solver.add(step.after.sold(w, i) != And(s.has(s.space(step.called.actor), w), s.sold(w, i)))
    assert solver.check() == unsat


def test_lines_that_say_something() -> None:
    assert len(list(lines_of(Shop))) == 11


class UnknownAction(Shop):
    """Wrong."""

    @rule("sendd")
    def sell(self, c: Call) -> Do:
        return when()


class UnknownGhost(Shop):
    """Wrong."""

    @rule("send")
    def sell(self, c: Call) -> Do:
        return when().then(solt=(c.word,))


class WrongTuple(Shop):
    """Wrong."""

    @rule("send")
    def sell(self, c: Call) -> Do:
        return when().then(sold=(c.word, c.other))


class NoPredicate(Shop):
    """Wrong."""

    @rule("send")
    def sell(self, c: Call) -> Do:
        return when().then(sold=lambda word, name: True)


class NoDo(Shop):
    """Wrong."""

    @rule("send")
    def sell(self, c: Call) -> Any:
        return self.sold(c.word, self.ident(c.other))


class NoFormula(Shop):
    """Wrong."""

    @rule("send")
    def sell(self, c: Call) -> Do:
        return when(always=True)


class Unmarked(Shop):
    """Wrong."""

    def sell(self, c: Call) -> Do:
        return when()


class NoSentence(Shop):
    """Wrong."""

    @guarantee
    def never(self) -> Formula:
        return ForAll([w, i], Not(self.sold(w, i)))


class SaysNothing(Shop):
    """Wrong."""

    @guarantee
    def once(self) -> Formula:
        """It is so, or it is not."""
        return ForAll([w, i], Implies(self.sold(w, i), self.sold(w, i)))


class KernelsName(Shop):
    """Wrong."""

    window = relation(p)


class CalledLikeAMethod(Shop):
    """Wrong."""

    state = constant(Space)


class CapturedConstant(Shop):
    """Wrong."""

    p = constant(Space)

    @guarantee
    def lonely(self) -> Formula:
        """It binds its own constant."""
        return ForAll([p], Implies(p == self.shop, self.born(self.p)))


class CapturedParameter(Shop):
    """Wrong."""

    @rule("send")
    def sell(self, c: Call) -> Do:
        return when(any_word=ForAll([Const("word", Word)], self.has(self.shop, c.word)))


class NamedAsAssumed(Shop):
    """Wrong."""

    def assume(self) -> dict[str, Formula]:
        return {"it": self.shop == self.shop}

    @guarantee
    def assumed_it(self) -> Formula:
        """It is called as the assumption is."""
        return ForAll([i], self.named(i))


class RuleCalledLikeAnAction(Shop):
    """Wrong."""

    @rule("send")
    def flush(self, c: Call) -> Do:
        return when()


class AssumesWhatChanges(Shop):
    """Wrong."""

    def assume(self) -> dict[str, Formula]:
        return {"never": ForAll([i], Not(self.named(i)))}


class AssumesNoDict(Shop):
    """Wrong."""

    def assume(self) -> Any:
        return [self.shop == self.shop]


class UnknownMove(Shop):
    """Wrong."""

    @ensures("buy")
    def after(self, after: Any, c: Call) -> Formula:
        """Something."""
        return And(c.actor == c.actor)


class WithoutMembers(Subsystem):
    """Wrong."""

    @rule("wait")
    def listen(self, c: Call) -> Do:
        return when()

    @guarantee
    def something(self) -> Formula:
        """Something."""
        return ForAll([i], self.named(i))


class WithoutRules(Subsystem):
    """Wrong."""

    @guarantee
    def something(self) -> Formula:
        """Something."""
        return ForAll([i], self.named(i))


class WithoutGuarantee(Subsystem):
    """Wrong."""

    @rule("wait")
    def listen(self, c: Call) -> Do:
        return when()

    @invariant
    def something(self) -> Formula:
        """Something."""
        return ForAll([i], self.named(i))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (UnknownAction, "sell: no action 'sendd'; one of create, end, wait, send"),
        (UnknownGhost, "sell: no ghost 'solt'; known are: sold"),
        (WrongTuple, "sell: sold is a relation on Word × Id; give it a tuple of these"),
        (NoPredicate, "sell sold is a bool, no formula; combine formulas by And, Or, Not"),
        (NoDo, r"sell returns a BoolRef; return when\(\.\.\.\)"),
        (NoFormula, "sell always is a bool, no formula; combine formulas by And, Or, Not"),
        (Unmarked, "sell replaces a rule and is none; write @rule above it"),
        (NoSentence, "never has no docstring; say in one line what holds"),
        (SaysNothing, "once holds of every state whatever; say what can fail"),
        (KernelsName, "window stands for something else already; choose another name"),
        (CalledLikeAMethod, "state stands for something else already; choose another name"),
        (CapturedConstant, "lonely binds p, which is a constant of this sort as well; bind another variable"),
        (CapturedParameter, "sell any_word binds word, which is a constant of this sort as well"),
        (NamedAsAssumed, "an assumption and an invariant are called assumed_it; choose another name for one"),
        (RuleCalledLikeAnAction, "a rule cannot be called flush, which the kernel has; choose another name"),
        (AssumesWhatChanges, "assume never speaks of what changes; make it an invariant"),
        (AssumesNoDict, "assume is a list; write a dict of formulas by name"),
        (UnknownMove, "after: no move 'buy'; a rule, or an action of the kernel, was expected"),
        (WithoutMembers, r"WithoutMembers has no members; write members\(self, space\)"),
        (WithoutRules, r"WithoutRules has no rule; write @rule\('wait'\)"),
        (WithoutGuarantee, "WithoutGuarantee guarantees nothing; write @guarantee"),
    ],
)
def test_mistakes_are_told_with_their_place(kind: type[Subsystem], said: str) -> None:
    with pytest.raises(DescriptionError, match=r"^test_description\.py:\d+: .*" + said):
        every_move(kind)


def every_move(kind: type[Subsystem]) -> None:
    """Make the theory and each of its moves."""
    for make in theory_of_subsystem(kind).theory.actions.values():
        make(_CANONICAL)


def test_what_a_state_lacks_is_named() -> None:
    of = theory_of_subsystem(Shop)
    with pytest.raises(AttributeError, match="nothing is called 'windw'"):
        _ = of.seen(of.theory.before).windw


def test_a_guarantee_is_not_assumed_at_first_whatever_it_is_called() -> None:
    class Empty(Shop):
        """Its guarantee has a name that an assumption might have."""

        @guarantee
        def assumed_empty(self) -> Formula:
            """Nobody is named."""
            return ForAll([i], Not(self.named(i)))

    of = theory_of_subsystem(Empty)
    assert of.assumptions == ()
    assert not [name for name in of.beginning(of.theory.before) if "assumed_empty" in name]


_LIVE = Function("live", Slot, BoolSort())


class ForeignSymbol(Shop):
    """Wrong: the symbol is that of the state before, whichever state is asked."""

    @guarantee
    def of_before(self) -> Formula:
        """Only σ₀ has pages."""
        return ForAll([x], Implies(_LIVE(x), owner(x) == sigma0))


class FreeVariable(Shop):
    """Wrong: it speaks of one thread."""

    def start(self) -> dict[str, Formula]:
        return {"here": self.space(t) == self.shop}


class StrikesFree(Shop):
    """Wrong: what is struck is bound by what is asked of the ghost later."""

    @rule("send")
    def sell(self, c: Call) -> Do:
        return when().forgets(sold=lambda word, name: word == w)


class NotesFreely(Shop):
    """Wrong: what is noted is bound by what is asked of the ghost later."""

    @rule("send")
    def sell(self, c: Call) -> Do:
        return when().then(sold=lambda word, name: word == w)


class NotesFree(Shop):
    """Wrong."""

    @rule("send")
    def sell(self, c: Call) -> Do:
        return when().then(sold=(w, self.ident(c.other)))


class MembersChange(Shop):
    """Wrong: whoever gets a page obeys from then on."""

    def members(self, space: Term) -> Formula:
        return Or(space == self.shop, self.born(space))


class TwoFaced(Shop):
    """Wrong: the state before is told apart."""

    @guarantee
    def once(self) -> Formula:
        """No word is sold to two."""
        weaker = ForAll([w, i], Implies(self.sold(w, i), self.has(self.shop, w)))
        return ForAll([i], self.named(i)) if isinstance(self.state.live, FuncDeclRef) else weaker


class ShadowsTheKernel(Shop):
    """Wrong: self.live is another relation."""

    def live(self, slot: Term) -> Formula:
        return owner(slot) == sigma0


class AnswersItself(Shop):
    """Wrong."""

    def __init__(self, state: Any, fixed: Any) -> None:
        super().__init__(state, fixed)
        self.live = lambda slot: owner(slot) == sigma0


class CalledLikeBorn(Shop):
    """Wrong."""

    @guarantee
    def members_are_born(self) -> Formula:
        """It replaces what says that members exist."""
        return ForAll([i], self.named(i))


class NoDialect(Shop):
    """Wrong."""

    messages = "v2"  # type: ignore[assignment]


class NoClause(Shop):
    """Wrong."""

    clause = "\x1b[31m"


class NoMachine(Shop):
    """Wrong."""

    machine = MappingProxyType({"Space": 3})


class TooLargeAMachine(Shop):
    """Wrong."""

    machine = machine_with(Space=10**9)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (ForeignSymbol, "of_before speaks of live, which is neither the state's nor bound; write self.live"),
        (
            FreeVariable,
            r"start speaks of t, which is neither the state's nor bound; bind it by ForAll\(\[t\], \.\.\.\)",
        ),
        (NotesFreely, "sell speaks of w, which is neither the state's nor bound"),
        (StrikesFree, "sell speaks of w, which is neither the state's nor bound"),
        (NotesFree, "sell speaks of w, which is neither the state's nor bound"),
        (MembersChange, "members speaks of what changes; say it by constants, and relations declared"),
        (TwoFaced, "once says something else when it is asked again; say one thing"),
        (ShadowsTheKernel, "live stands for something else already; choose another name"),
        (AnswersItself, "__init__ stands for something else already; choose another name"),
        (CalledLikeBorn, "members_are_born"),
        (NoDialect, "messages is a str; write MESSAGE_DIALECTS"),
        (NoClause, "clause .* names no clause; write one such as S8"),
        (NoMachine, r"machine does not say how many elements each sort has; write machine_with\(Space=5\)"),
        (TooLargeAMachine, "machine: Space=1000000000; write a sort and a number from 1 to 12"),
    ],
)
def test_what_would_prove_something_else_is_refused(kind: type[Subsystem], said: str) -> None:
    with pytest.raises(DescriptionError, match=r"^test_description\.py:\d+: .*" + said):
        every_move(kind)


@pytest.mark.parametrize("marker", [rule, ensures])
def test_a_mark_without_brackets_is_not_passed_over(marker: Any) -> None:
    """The method would be replaced by a function that nobody asks."""
    with pytest.raises(DescriptionError, match=f"@{marker.__name__} is given a function; write @{marker.__name__}"):

        class Bare(Shop):
            """Wrong."""

            @marker  # type: ignore[untyped-decorator]
            def sell(self, c: Call) -> Do:
                return when()
