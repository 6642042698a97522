"""Counterexamples to induction: a step of least size that the hypotheses allow and the goal forbids.

It is a state of the literal model, if any counterexample is, with an operation; and it is replayed there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import z3
from numpy.typing import NDArray

from model.messages.vocabulary import System
from model.running.evaluate import Structure, compile_term
from model.scope import ALL_RIGHTS, RIGHTS, Scope
from model.signature import Symbol, symbols_of
from model.spaces.abstraction import steps_structure
from model.spaces.dialect import Dialect
from model.spaces.invariants import INVARIANTS
from model.spaces.literal import DONE, NIL, Spaces, frame
from model.spaces.operation import WORDS, Argument, Kind, Operation, members
from model.spaces.theory import Formula, Parameters, State, before, called, r, x, y
from model.theory import APPENDIX_A
from proofs.engines.search.monitor import Monitor
from proofs.engines.smt.smallest import least_model
from proofs.engines.terms.smtlib import symbols
from proofs.obligation import Condition, Obligation
from proofs.terms import evaluates

# What every state of the literal model has, however it was reached, as long as no links lead round in a circle.
_LITERAL = ("irreflexive", "transitive", "forest", "holds_functional", "holder_derives_from_nothing", "phys_functional")

PARAMETERS = symbols_of(Parameters)
_OF_THREADS = symbols_of(System).keys() - symbols_of(State).keys()


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether operations lead from the initial state of a scope to a state: which ones, or None if that is not known.

    ``way`` is a shortest one of the scope, ``states`` how many were visited.
    """

    reachable: bool | None
    states: int
    way: tuple[Operation, ...] = ()


@dataclass(frozen=True, slots=True)
class InductionCounterexample:
    """A step that the hypotheses allow and the goal forbids.

    ``structure`` is the solver's finite model. If ``scope`` is given, ``state`` is the literal state that it stands
    for, ``operation`` what is done (none, if the obligation speaks of a single state) and ``later`` the state after.
    ``fault`` says what went wrong when it was replayed; it is empty if the replay shows the violation. ``reach`` says
    whether the state is reachable in its scope, if that was asked.
    """

    structure: Structure
    scope: Scope | None = None
    state: Spaces | None = None
    operation: Operation | None = None
    later: Spaces | None = None
    fault: str = ""
    reach: Reach | None = None


def is_literal(s: State, p: Parameters) -> list[Formula]:
    """The theory's state stands for a state of the literal model without a cycle, and the operation means the same.

    The literal model follows the links to see whether source and destination are accessible (A.eval), the theory
    looks at P (A.P): so these must agree there.
    """
    in_use = z3.Or(z3.Exists([r], s.holds(x, r)), z3.Exists([y], s.derives(x, y)))
    agrees = [z3.ForAll([r], s.phys(slot, r) == evaluates(s, slot, r)) for slot in (p.src, p.dst)]
    return [*(INVARIANTS[name].formula(s) for name in _LITERAL), z3.ForAll([x], s.live(x) == in_use), *agrees]


def least_counterexample(conditions: Sequence[Condition], seconds: float) -> tuple[Structure, bool] | None:
    """A least model of the hypotheses and the negated goal, of the first condition that has one.

    :returns: the model, and whether it stands for a literal state; those come first. None if no finite one is found.
    """
    for condition in conditions:
        formulas = [*condition.hypotheses.values(), z3.Not(condition.goal)]
        if _speaks_of_spaces(formulas):
            structure = least_model([*formulas, *is_literal(before, called)], seconds, {"Right": len(RIGHTS)})
            if structure is not None and not evaluates_to(structure, condition):
                return _only(structure, formulas), True
        structure = least_model(formulas, seconds)
        if structure is not None and not evaluates_to(structure, condition):
            return structure, False
    return None


def _only(structure: Structure, formulas: Sequence[z3.BoolRef]) -> Structure:
    """The structure without the symbols that only the search for a literal state brought in."""
    names = {declaration.name() for declaration in symbols(formulas)[1]}
    kept = {name: table for name, table in structure.symbols.items() if name in names or name != "dst"}
    return Structure(structure.batch, structure.sizes, kept)


def evaluates_to(structure: Structure, condition: Condition) -> bool:
    """Whether a structure satisfies the condition; a counterexample does not. Our evaluator says so, not the solver."""
    hypotheses = all(bool(compile_term(formula)(structure)[0]) for formula in condition.hypotheses.values())
    return not hypotheses or bool(compile_term(condition.goal)(structure)[0])


def _speaks_of_spaces(formulas: Sequence[z3.BoolRef]) -> bool:
    """Whether the symbols are those of Appendix A's state, so that a model may stand for a literal state."""
    _, declarations = symbols(formulas)
    return before.derives in declarations and _OF_THREADS.isdisjoint(each.name() for each in declarations)


def literal_step(
    structure: Structure, action: str, parameters: Mapping[str, Symbol] = PARAMETERS
) -> tuple[Scope, Spaces, Operation | None]:
    """The literal state and operation that a structure stands for: nil slots fill the spaces up.

    The slots that hold frames come first, then the others by their distance from these.
    """
    tables, slots, frames = structure.symbols, structure.sizes.get("Slot", 1), structure.sizes.get("Frame", 1)
    derives = tables["derives"][0] if "derives" in tables else np.zeros((slots, slots), bool)
    holds = tables["holds"][0] if "holds" in tables else np.zeros((slots, frames), bool)
    phys = tables["phys"][0] if "phys" in tables else np.zeros((slots, frames), bool)
    rights = _rights(tables, slots)
    order = sorted(range(slots), key=lambda slot: (not holds[slot].any(), derives[slot].sum(), slot))
    place, scope = _places(structure, order, frames)
    sigma, table, allowed = (np.full(scope.slots, fill, np.int64) for fill in (NIL, NIL, 0))
    for slot in range(slots):
        at = place[slot]
        above = np.nonzero(derives[slot])[0]
        if holds[slot].any():
            sigma[at] = frame(int(holds[slot].argmax()))
        elif above.size:
            sigma[at] = place[int(max(above, key=lambda y: derives[y].sum()))]
        table[at] = int(phys[slot].argmax()) if phys[slot].any() else NIL
        allowed[at] = rights[slot]
    state = Spaces(sigma, table, allowed)
    if not action:
        return scope, state, None
    if action not in WORDS:
        return scope, state, Operation.call(action, _arguments(structure, parameters, place, scope))
    src, dst = (place[int(tables[name][0])] if name in tables else 0 for name in ("src", "dst"))
    mask = _mask(tables["mask"][0]) if "mask" in tables else ALL_RIGHTS
    return scope, state, Operation(action, src, dst if WORDS[action].names_destination else -1, mask)


def _arguments(
    structure: Structure, parameters: Mapping[str, Symbol], place: list[int], scope: Scope
) -> Iterator[Argument]:
    """What an action of the user's own is called with, as far as the structure says."""
    owner = structure.symbols["owner"][0] if "owner" in structure.symbols else []
    spaces = {int(space): scope.space(place[slot]) for slot, space in enumerate(owner)}
    for name, symbol in parameters.items():
        is_set = symbol.is_relation and len(symbol.arguments) == 1
        if name not in structure.symbols or not (is_set or not symbol.arguments):
            continue
        sort = (symbol.sorts[0] if is_set else symbol.result).name()
        table = structure.symbols[name][0]
        if sort == "Right" and is_set:
            yield Argument(name, sort, members(_mask(table)))
            continue
        numbers = np.nonzero(table)[0].tolist() if is_set else [int(table)]
        named = {"Slot": dict(enumerate(place)), "Space": spaces}.get(sort)
        elements = frozenset(numbers if named is None else (named[each] for each in numbers if each in named))
        if is_set:
            yield Argument(name, sort, elements)
        else:
            yield from (Argument(name, sort, each) for each in elements)


def _places(structure: Structure, order: list[int], frames: int) -> tuple[list[int], Scope]:
    """Where each slot of a structure stands in a scope, and the scope: each space gets as many pages as the largest."""
    tables = structure.symbols
    if "owner" not in tables:
        place = [order.index(slot) * frames for slot in range(len(order))]  # one space a slot, a page a frame
        return place, Scope(len(order), frames, frames)
    owner = tables["owner"][0]
    first = int(tables["sigma0"][0]) if "sigma0" in tables else int(owner[order[0]])
    spaces = list(dict.fromkeys([first, *(int(owner[slot]) for slot in order)]))
    pages = max(frames, *(int((owner == space).sum()) for space in spaces))
    used = dict.fromkeys(spaces, 0)
    place = [0] * len(order)
    for slot in order:
        space = int(owner[slot])
        place[slot] = spaces.index(space) * pages + used[space]
        used[space] += 1
    return place, Scope(len(spaces), pages, frames)


def _rights(tables: dict[str, NDArray[np.bool_]], slots: int) -> list[int]:
    if "right" not in tables:
        return [ALL_RIGHTS] * slots
    return [_mask(tables["right"][0][slot]) for slot in range(slots)]


def _mask(members: NDArray[np.bool_]) -> int:
    """The set of rights; those that the structure has too few of are like its last."""
    return sum(bit for i, bit in enumerate(RIGHTS.values()) if members[min(i, len(members) - 1)])


def replay(
    structure: Structure, obligation: Obligation, dialect: Dialect, invariants: frozenset[str]
) -> InductionCounterexample:
    """Replay a counterexample that stands for a literal state on the literal model.

    One of a theory whose state has more symbols than the literal model knows stays as it is.
    """
    if obligation.theory.state.keys() != APPENDIX_A.state.keys():
        return InductionCounterexample(structure)
    made, _ = obligation.step(dialect)
    scope, state, operation = literal_step(structure, obligation.action, symbols_of(type(made.called)))
    later = Spaces(*(column.copy() for column in state))
    found = InductionCounterexample(structure, scope, state, operation, later)
    if operation is not None and obligation.action not in WORDS:
        return replace(found, later=None)  # an action of the user's own; the literal model does not know it
    if operation is not None and operation.apply(later, dialect.readings) != DONE:
        return replace(found, fault="the literal model refuses the operation")
    steps = steps_structure([state], [operation or Operation(Kind.FLUSH, 0)], [later], scope)
    broken = [
        name
        for name in obligation.invariants
        if name in invariants and not compile_term(obligation.theory.invariants[name].formula(before))(steps)[0]
    ]
    if broken:
        return replace(found, fault=f"the literal state lacks what was assumed: {', '.join(broken)}")
    if Monitor(obligation, dialect).holds(steps)[0]:
        return replace(found, fault="on the literal model the step is as the obligation says")
    return found
