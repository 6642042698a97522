"""Descriptions of which a proof would say nothing: no state has what is assumed, or what is guaranteed cannot fail.

Each question is asked of a solver for a short time. Where it does not answer nothing is refused: the proof asks again
whether its hypotheses can be.
"""

from collections.abc import Iterator, Sequence

from z3 import (
    And,
    BoolVal,
    Exists,
    ForAll,
    FreshConst,
    Not,
    Solver,
    is_and,
    is_implies,
    is_quantifier,
    substitute_vars,
    unsat,
)

from model.messages.vocabulary import Call, machine, p, t
from model.running.solving import answer_of
from model.servers.description import Role, ghosts_of, marked, mistake
from model.servers.theory import SubsystemTheory, says_nothing
from model.signature import Formula, fresh
from model.spaces.dialect import CANONICAL

MOST_SECONDS = 5  # for one question, which takes some hundredths


def check_vacuity(of: SubsystemTheory) -> None:
    """Something begins, outsiders are there, each rule can be followed, each guarantee can fail; of the others too.

    :raises DescriptionError: it is not so.
    """
    for each in (*of.others, of):
        _check_beginning(each)
        _check_rules(each)
        _check_ghosts(each)
        _check_guarantees(each)
        _check_ensured(each)


def _check_beginning(of: SubsystemTheory) -> None:
    kind, state = of.kind, of.theory.before
    if _never(_assumed(of)):
        raise mistake(kind, kind.assume, "assume contradicts itself: nothing has all that it asks for")
    relied = [each.formula(state) for each in of.relied.values()]
    first = [*_kept_by_kernel(of), *relied, *of.beginning(state).values()]
    if _never(first):
        raise mistake(kind, kind.start, "start can never be: no state has all that it asks for, and what is assumed")
    if _never([*first, Exists([t], And(state.runs(t), Not(machine.hardware(t))))]):
        raise mistake(kind, kind.start, "start leaves no thread that runs, so that nothing happens; ask for less")
    if _never([*first, Exists([p], Not(of.seen(state).members(p)))]):
        raise mistake(kind, kind.members, "members are all spaces, so that nobody is an outsider; leave some out")


def _check_rules(of: SubsystemTheory) -> None:
    for name in of.rules:
        if of.theory.offers(name)(CANONICAL.readings) and _never([*_known(of), *_guard(of, name)]):
            method = marked(of.kind, Role.RULE)[name][1]
            raise mistake(of.kind, method, f"{name} can never be followed: no state has all that it asks for")


def _check_ghosts(of: SubsystemTheory) -> None:
    """No ghosts stay empty together: where all of them are, some rule may note something in one of them."""
    state, known = of.theory.before, _known(of)
    left = {name: list(ghost.arguments) for name, ghost in ghosts_of(of.kind).items()}
    steps = [of.theory.actions[rule](CANONICAL) for rule in of.rules]
    fallen = [""]
    while fallen:
        empty = [ForAll(each, Not(getattr(state, name)(*each))) for name, each in left.items()]
        fallen = [
            name
            for name, each in left.items()
            if not all(
                getattr(step.after, name) is getattr(state, name)
                or _never([*known, *empty, *step.guard.values(), Exists(each, getattr(step.after, name)(*each))])
                for step in steps
            )
        ]
        left = {name: each for name, each in left.items() if name not in fallen}
    if left:
        said = f"nothing is ever noted in {', '.join(left)}, so that what is said of it says nothing"
        raise mistake(of.kind, of.kind, f"{said}; note it in a rule by .then({next(iter(left))}=...), or leave it out")


def _check_guarantees(of: SubsystemTheory) -> None:
    for name in of.guarantees:
        formula = of.theory.invariants[name].formula(of.theory.before)
        where = marked(of.kind, Role.GUARANTEE)[name][1]
        if _never([*_kept_by_kernel(of), *_assumed(of), Not(formula)]):
            said = "follows from the kernel and what is assumed, whatever members do"
            raise mistake(of.kind, where, f"{name} {said}; say what their rules keep")
        if all(_never([*_known(of, but=name), case]) for case in _cases(formula)):
            raise mistake(of.kind, where, f"{name} speaks of a case that no state has; say what can be")


def _check_ensured(of: SubsystemTheory) -> None:
    state = of.theory.before
    after, call = fresh(type(state), "'"), fresh(Call)
    for name, (_, method) in marked(of.kind, Role.ENSURES).items():
        ensured = of.ensured[name]
        goal = ensured.goal(state, after, call)
        if says_nothing(goal):
            raise mistake(of.kind, method, f"{name} holds of every step whatever; say what can fail")
        known = _known(of)
        for move in ensured.moves:
            action = of.theory.actions[move](CANONICAL)
            cases = _cases(ensured.goal(state, action.after, action.called))
            if not all(_never([*known, *action.guard.values(), case]) for case in cases):
                break
        else:
            raise mistake(of.kind, method, f"{name} speaks of a step that is never made; say what can be")


def _cases(formula: Formula) -> Iterator[Formula]:
    """Of each part of a formula when it says something: what it implies something of, of some elements."""
    if is_and(formula):
        for each in formula.children():
            yield from _cases(each)
    elif is_quantifier(formula) and formula.is_forall():
        bound = [FreshConst(formula.var_sort(n)) for n in range(formula.num_vars())]
        yield from _cases(substitute_vars(formula.body(), *reversed(bound)))
    elif is_implies(formula):
        yield from (And(formula.arg(0), case) for case in _cases(formula.arg(1)))
    else:
        yield BoolVal(True)


def _assumed(of: SubsystemTheory) -> list[Formula]:
    return [of.theory.invariants[name].formula(of.theory.before) for name in of.assumptions]


def _kept_by_kernel(of: SubsystemTheory) -> list[Formula]:
    return [each.formula(of.theory.before) for each in of.kernel.invariants.values() if not each.names_some_frame]


def _known(of: SubsystemTheory, but: str = "") -> list[Formula]:
    """What is said of every state; all but one."""
    every = of.theory.invariants.items()
    return [each.formula(of.theory.before) for name, each in every if name != but and not each.names_some_frame]


def _guard(of: SubsystemTheory, move: str) -> list[Formula]:
    return list(of.theory.actions[move](CANONICAL).guard.values())


def _never(formulas: Sequence[Formula]) -> bool:
    """Whether no state has all of it; a longer search for one is left to the proof."""
    solver = Solver()
    solver.set("timeout", MOST_SECONDS * 1000)
    solver.add(*formulas)
    return bool(answer_of(solver) == unsat)
