"""What a condition about bits shows of itself, and that showing it assumes nothing."""

from z3 import ExprRef, is_const, is_eq
from z3.z3consts import Z3_OP_UNINTERPRETED

from proofs.obligation import Condition

SUFFIX = " is shown"


def constants(formula: ExprRef) -> set[str]:
    found, seen, pending = set[str](), set[int](), [formula]
    while pending:
        each = pending.pop()
        if each.get_id() not in seen:
            seen.add(each.get_id())
            pending.extend(each.children())
            if is_const(each) and each.decl().kind() == Z3_OP_UNINTERPRETED:
                found.add(each.decl().name())
    return found


def shown(condition: Condition) -> set[str]:
    """The names that a counterexample says the values of; each is new, so that it assumes nothing of the others."""
    names = {name.removesuffix(SUFFIX) for name in condition.hypotheses if name.endswith(SUFFIX)}
    rest = constants(condition.goal)
    for name, formula in condition.hypotheses.items():
        if name.endswith(SUFFIX):
            # The solver's library may have turned the equation round.
            sides = [constants(side) for side in formula.children()]
            values = [side for side in sides if side != {name.removesuffix(SUFFIX)}]
            assert (is_eq(formula), len(values)) == (True, 1), name
            rest |= values[0]
        else:
            rest |= constants(formula)
    known = sorted(names & rest)
    assert known == []
    return names


def says_what_is_wrong(condition: Condition) -> bool:
    """Does it say what was got where something else is to be?"""
    return any(name.startswith("got_") for name in shown(condition))
