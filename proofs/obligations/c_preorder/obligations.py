"""Obligations of C code that keeps lists in pre-order: for each function those of its role."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path as File

from z3 import And, Const, ForAll, Function, Implies, Or
from z3 import BoolSort as Truths

from model.spaces.dialect import Dialect
from model.spaces.theory import Formula
from proofs.execution import coverage
from proofs.execution.values import DISTINCT, Node, no_node
from proofs.obligation import Condition
from proofs.obligations.c_code.binding import COUNTED, FunctionBinding
from proofs.obligations.c_code.execution import ANSWERS, OPERATIONS, WRAPS, demanded, hypotheses, walked
from proofs.obligations.c_code.obligations import (
    CELLS,
    IDS,
    SENTENCES,
    WHOLE,
    CObligation,
    callers_of,
    few_cells,
    numberings,
    pieces,
)
from proofs.obligations.c_code.roles import ROLES
from proofs.obligations.c_code.shape import CCode, Loaded
from proofs.obligations.c_preorder.execution import ListExecution, depth_width, start_of
from proofs.obligations.c_preorder.state import INVARIANTS, Lists, derived_rules, formula_of, k, m, n
from proofs.obligations.code import Split, conditions_of
from proofs.obligations.kernel.simulation import ENDS, REFUSES, SIMULATES
from proofs.obligations.tree.loops import AT_EXIT, AT_FIRST, DECREASES, KEEPS

OWN = {
    REFUSES: (
        "C5",
        "{0} refused changes nothing, and the theory refuses it too, or its arguments are out of range, or the source "
        "is as deep as {2} bits can say",
    ),
    WRAPS: (
        "C5",
        "{0} makes no mapping whose depth wraps around: in {2} bits a chain of {3} mappings would, each made from the "
        "one before",
    ),
}
"""Sentences that differ from those for trees."""

ALWAYS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(OPERATIONS, (SIMULATES, REFUSES, ENDS)),
    "restrict_below": (AT_FIRST, KEEPS, DECREASES, AT_EXIT, *INVARIANTS),
    "is_below": (AT_FIRST, KEEPS, DECREASES, AT_EXIT),
    "remove": (AT_EXIT, *INVARIANTS),
    "create": (AT_EXIT, *INVARIANTS),
    "lookup": (ANSWERS,),
}
"""What has to be demanded on some path of a function with a role: else it is not what the binding says."""

LISTS = "lists"
"""What obligations are called that speak of no function."""


def _demanded(loaded: Loaded, bound: FunctionBinding, what: str) -> Callable[[Dialect], Iterator[Condition]]:
    def build(dialect: Dialect) -> Iterator[Condition]:
        found = walked(ListExecution, loaded, bound.name, dialect.name)
        for condition in conditions_of(found, hypotheses(ListExecution, loaded.code, bound), what, Split.PATHS):
            same = alike(loaded.code, condition.hypotheses)
            for goal in pieces(condition.goal):
                yield replace(condition, goal=goal, alike=same)

    return build


def alike(code: CCode, names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """For each time at which nothing need have changed since an earlier one, that one; times end hypotheses' names."""
    changing = [each.name for each in code.binding.functions.values() if each.role in ("create", "remove")]
    pairs, since = list[tuple[str, str]](), ""
    for time in dict.fromkeys(name.partition(", ")[2] for name in names):
        if time.startswith("after ") and time.split()[1] in changing:
            since = f" {time}"
        elif time.startswith(("after ", "in loop ")):
            pairs.append((f" {time}", since))
    return tuple(pairs)


def _whole(loaded: Loaded, bound: FunctionBinding) -> Callable[[Dialect], Iterator[Condition]]:
    def build(dialect: Dialect) -> Iterator[Condition]:
        code = loaded.code
        runs = [
            coverage.CoveringPath(path, hypotheses(ListExecution, code, caller))
            for caller in callers_of(code, bound)
            for path in walked(ListExecution, loaded, caller.name, dialect.name)
        ]
        same = tuple(dict.fromkeys(pair for run in runs for pair in alike(code, run.path.assumed)))
        for condition in coverage.of_points(list(code.program.points(bound.name)), runs, DISTINCT):
            yield replace(condition, alike=same)

    return build


def _few(loaded: Loaded, bound: FunctionBinding) -> Callable[[Dialect], Iterator[Condition]]:
    return few_cells(bound, lambda dialect: walked(ListExecution, loaded, bound.name, dialect))


def of_function(loaded: Loaded, bound: FunctionBinding, dialect: str) -> Iterator[CObligation]:
    """The obligations of one function: what is demanded on its paths, and what has to be demanded on some."""
    code = loaded.code
    place = code.program.begin(bound.name)

    def made(
        name: str, claim: str, text: str, build: Callable[[Dialect], Iterable[Condition]], what: str = ""
    ) -> CObligation:
        return CObligation(f"{bound.name}__{name}", claim, text, build, place, bound.name, what)

    if bound.role == "slot_number":
        yield from numberings(code, bound)
        return
    width = depth_width(code)
    if bound.role != "inlined":
        every = demanded(ListExecution, loaded, bound.name, dialect)
        for what in dict.fromkeys((*ALWAYS[bound.role], *every)):
            build = _demanded(loaded, bound, what)
            if what in INVARIANTS:
                yield made(f"preserves__{what}", "C5", f"after {bound.name}: {INVARIANTS[what].sentence}", build, what)
                continue
            claim, sentence = OWN.get(what) or SENTENCES[what]
            more = (width, 2**width + 1) if what in OWN else (bound.cells,)
            text = sentence.format(bound.name, ROLES[bound.role].sentence, *more)
            yield made(IDS.get(what, f"{what}__{bound.role}" if what == SIMULATES else what), claim, text, build, what)
    for what, make in ((WHOLE, _whole), *([(CELLS, _few)] if bound.role in COUNTED else [])):
        claim, sentence = SENTENCES[what]
        text = sentence.format(bound.name, ROLES[bound.role].sentence, bound.cells)
        yield made(what, claim, text, make(loaded, bound))


def as_defined(c: Lists, lower: Formula, upper: Formula) -> Formula:
    """The one stands behind the other, and every node between, itself included, is deeper than that one."""
    between = Const("between", Node)
    inside = And(c.before(upper, between), Or(between == lower, c.before(between, lower)))
    return And(c.named(lower), c.before(upper, lower), ForAll([between], Implies(inside, c.deeper(between, upper))))


def _definition(code: Loaded, pinned: bool) -> Callable[[Dialect], Iterator[Condition]]:
    """Demand that the rules from neighbour to neighbour hold of what is defined; that nothing else fits is one step."""

    def build(dialect: Dialect) -> Iterator[Condition]:
        c = start_of(code.code)
        given = {**DISTINCT, **{name: formula_of(name, c) for name in ("in_one_list", "order", "next")}}
        if not pinned:
            about = dict.fromkeys(given, "invariant")
            for rule in derived_rules(lambda one, other: as_defined(c, one, other), c).values():
                yield Condition(given, about, rule)
            return
        other = Function("another relation", Node, Node, Truths())
        rules = {f"of another relation: {name}": rule for name, rule in derived_rules(other, c).items()}
        last, behind, above = n, m, k
        given |= {"derived": formula_of("derived", c), **rules}
        step = And(c.named(last), c.next(last, behind), behind != no_node)
        alike = Or(last == above, c.below(last, above) == other(last, above))
        goal = ForAll([last, behind, above], Implies(And(step, alike), c.below(behind, above) == other(behind, above)))
        yield Condition(given, dict.fromkeys(given, "invariant"), goal)

    return build


def _of_lists(code: Loaded) -> Iterator[CObligation]:
    place = (str(File(code.code.binding.file).resolve()), 1)
    for name, text, pinned in (
        (
            "define__below",
            "what stands behind a node, deeper than it as is all between, is below it by the rules of the ghost",
            False,
        ),
        (
            "pin__below",
            "two relations that follow the rules of the ghost and agree on a node agree on the next",
            True,
        ),
    ):
        yield CObligation(f"{LISTS}__{name}", "C5", text, _definition(code, pinned), place, LISTS)


def obligations(code: Loaded, dialect: str) -> Iterator[CObligation]:
    """All obligations of the code."""
    yield from _of_lists(code)
    for bound in code.code.binding.functions.values():
        yield from of_function(code, bound, dialect)
