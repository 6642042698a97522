"""The paths through the code of page tables with large leaves, and what is to be proved of all of them."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

from z3 import And, BoolVal, Const, ForAll, Or

from machine.formats import FORMATS, Format
from model.spaces.dialect import Dialect
from model.spaces.theory import Formula, Right, Slot, Space
from proofs.execution import coverage
from proofs.execution.contract import CALLS, Named
from proofs.execution.coverage import CoveringPath
from proofs.execution.path import Cut, Path, conjunction, paths
from proofs.execution.values import Page, Physical
from proofs.obligation import Condition
from proofs.obligations.code import Build, CodeObligation, Split, conditions_of
from proofs.obligations.page_tables.symbolic_tables import INDEX
from proofs.obligations.page_tables.table_state import Address, Index, Mark, Table, accounted, among
from proofs.obligations.sized_tables.contracts import Shown
from proofs.obligations.sized_tables.effects import SizedCall, f, holds, r, shown, some, x
from proofs.obligations.sized_tables.lacking import COUNTS_MISSING
from proofs.obligations.sized_tables.leaf_loops import LOOPS
from proofs.obligations.sized_tables.leaves import Leaves, filling, slot
from proofs.obligations.sized_tables.methods import ROOM, SizedMethod
from proofs.obligations.sized_tables.state import SizedState, apart, before, counted, nothing_below, numbers
from proofs.obligations.sized_tables.symbolic import LEAVES, LEMMA, MOMENT, OWED, SymbolicSized, last
from proofs.obligations.sized_tables.units import UNITS
from proofs.obligations.source import CODE, Code

DOES, STANDS, APART, COUNTS = "does", "stands", "apart", "counts"
LOST = "the table is not lost"

FORMAT_OF: dict[int, Format] = {}
"""For each number of levels the format with leaves on most of them."""
for _format in FORMATS:
    if _format.levels not in FORMAT_OF or FORMAT_OF[_format.levels].page_levels < _format.page_levels:
        FORMAT_OF[_format.levels] = _format


@dataclass(frozen=True, slots=True)
class UnitPaths:
    """All paths through a method for a mapping with leaves on one level, and what is known before."""

    known: Named
    paths: tuple[Path, ...]


def ways(unit: SizedMethod) -> list[tuple[int, int]]:
    """For which numbers of levels, and which level of the leaves, a method is executed."""
    return [(n, k) for n, format in sorted(FORMAT_OF.items()) for k in range(int(unit.above), format.page_levels)]


def hypotheses(start: SizedState) -> Named:
    """Return what holds before every call."""
    known = {**apart(start), **counted(start), **numbers(start)}
    for level in range(start.levels - 1):
        known |= nothing_below(start, level)
    return known


ON_THE_WAY = "on the way of some page"

SPARED = (LOST, "of nothing it is 0", "below a table", ON_THE_WAY, "each leaf of level")
"""What most demands do not use, by the beginnings of names: each of these says that there is something."""


def uses(what: str, part: str) -> Callable[[str], bool]:
    """Return which hypotheses a demand uses."""
    used: dict[str, str] = {}
    if what == LEMMA or part.startswith(ON_THE_WAY):
        used["each leaf of level"] = "each leaf"
    if part.startswith(ON_THE_WAY):
        used[ON_THE_WAY] = ON_THE_WAY
    if part in (*ROOM, COUNTS_MISSING):
        used["below a table"] = "below"
    if part == "no table is lost":
        used[LOST] = LOST

    def chosen(name: str) -> bool:
        kind = next((each for each in SPARED if name.startswith(each)), None)
        return kind is None or name.startswith(used.get(kind, "-"))

    return chosen


@cache
def walked(name: str, levels: int, level: int, code: Code = CODE) -> UnitPaths:
    """All paths through a method."""
    unit, format, start = UNITS[name], FORMAT_OF[levels], before(levels)
    leaves = unit.leaves(level, levels)
    laws = leaves.laws(format.index_bits)
    if unit.above:
        laws |= filling(level - 1, levels).laws(format.index_bits)
    known = {
        **hypotheses(start),
        LOST: accounted(start, some),
        **laws,
        "a mapping has a leaf, and none promises less than nothing": And(LEAVES >= 1, OWED >= 0),
        **(unit.contract.requires(shown(start), leaves) if unit.contract else {}),
        **unit.requires(start, leaves),
    }
    if unit.above:
        known["it is one leaf"] = LEAVES == 1

    def run(path: Path) -> None:
        path.learn(known)
        loops = {kind: partial(_of_leaves, rule, leaves) for kind, rule in unit.loops.items()}
        tables = SymbolicSized(path, start, format, code, level, loops, unit.callees, unit.told)
        tables.lemmas = partial(unit.lemmas, start, leaves)
        tables.now = unit.before(start, leaves)
        if unit.contract is not None:
            tables.moment = _moment(start, unit.contract.effect(shown(start), leaves, *unit.arguments(tables)))
        for part, formula in unit.first(start, leaves).items():
            _demand(path, LEMMA, {part: formula})
            path.note(formula)
        try:
            result = unit.call(tables)
        except IndexError:
            path.demand(INDEX, lambda: BoolVal(False), "the path goes down to the mapping's leaves")
            raise Cut from None
        call = SizedCall(tables, leaves, result)
        end = unit.after(call)
        if unit.writes and call.result is True:
            path.note(
                end.way(slot, [*(Const(f"end {k}", Table) for k in range(levels - 2 - level)), last])
                if level < levels - 1
                else end.on(level, slot, last)
            )
        _demand(path, DOES, unit.does(call))
        if unit.writes:
            _demand(path, STANDS, unit.stands(call))
            if unit.contract is not None and call.result is not False:
                _demand(path, STANDS, holds(end, unit.contract.effect(shown(start), leaves, *unit.arguments(tables))))
            _demand(path, APART, {**apart(end), "no table is lost": accounted(end, some)})
            _demand(path, COUNTS, counted(end))

    return UnitPaths(known, tuple(path for path, _ in paths(run)))


def _moment(start: SizedState, promised: Shown) -> Callable[[SizedState], Named]:
    """On each level each page sees what it saw before, or what is promised; on all but one that is the same."""

    def moment(now: SizedState) -> Named:
        def sees(of: SizedState | Shown, level: int) -> Formula:
            return ForAll([f, r], now.entry(level, x, f, r) == of.entry(level, x, f, r))

        return {f"on level {k}": ForAll([x], Or(sees(start, k), sees(promised, k))) for k in range(start.levels)}

    return moment


def _of_leaves(rule: Callable[[SymbolicSized, Leaves], Any], leaves: Leaves, tables: SymbolicSized) -> Any:
    return rule(tables, leaves)


def _demand(path: Path, what: str, formulas: Named) -> None:
    for name, formula in formulas.items():
        path.demand(what, partial(conjunction, [formula]), name)


ALONE = ("what is noted of its pages",)
"""What is demanded apart from the rest of its kind, by the beginnings of names: with it solvers take longer."""


def conditions(name: str, what: Collection[str], code: Code = CODE) -> Iterator[Condition]:
    """The conditions that this holds of a method on all its paths, whatever the number of levels and the leaves'.

    What is known before the call need not be shown. What is demanded on one path under one name, from the same
    hypotheses, is one condition; those with the most hypotheses come first, since a model of these is one of fewer.
    """
    for levels, level in ways(UNITS[name]):
        walk = walked(name, levels, level, code)
        before_it = {formula.get_id() for formula in walk.known.values()}
        together: dict[tuple[object, ...], list[Condition]] = {}
        demands = (demand for path in walk.paths for demand in path.demands if demand.what in what)
        for kind, part in dict.fromkeys((demand.what, demand.part) for demand in demands):
            chosen, alone = uses(kind, part), part.startswith(ALONE)
            known = {name: formula for name, formula in walk.known.items() if chosen(name)}
            for condition in conditions_of(walk.paths, known, kind, Split.PATHS, part=part):
                way, goal = condition.goal.children()
                if goal.get_id() not in before_it:
                    alike = (way.get_id(), kind, alone, *condition.hypotheses)
                    together.setdefault(alike, []).append(condition)
        for found in sorted(together.values(), key=lambda found: -len(found[0].hypotheses)):
            yield replace(found[0], goal=conjunction(each.goal for each in found))


def descends() -> Iterator[Condition]:
    """The invariants say of each level that below a table that hangs there some page is held."""
    for levels in FORMAT_OF:
        start = before(levels)
        known = {**apart(start), **counted(start), **numbers(start)}
        for level in range(levels - 1):
            goals = nothing_below(start, level)
            yield Condition(known, dict.fromkeys(known, "invariant"), conjunction(goals.values()))
            known |= goals


def functions(name: str, code: Code = CODE) -> tuple[Callable[..., Any], ...]:
    """The functions that a unit has to cover."""
    found: list[Any] = [getattr(code.sized_tables, each) for each in UNITS[name].covers]
    return tuple(getattr(each, "fget", each) for each in found)


FEW = ((Table, 4), (Index, 2), (Slot, 2), (Space, 1), (Address, 2), (Page, 2), (Physical, 2), (Right, 1), (Mark, 4))
"""How many elements of each sort a state has at most that is looked for where one is to be found at all."""


def few() -> Named:
    """There are no more than those: such a state is a state, and solvers find it soon."""
    each, found = "each_of_few", dict[str, Formula]()
    for sort, number in FEW:
        some = [Const(f"{sort.name()} {n} of few", sort) for n in range(number)]
        found[f"there are few: {sort.name()}"] = ForAll([Const(each, sort)], among(Const(each, sort), some))
    return found


def executed_whole(name: str, code: Code = CODE) -> Iterator[Condition]:
    """Every statement of the method, and both ways of every branch, is on a path that some small state takes."""
    levels, level = ways(UNITS[name])[0]
    walk = walked(name, levels, level, code)
    known = {each: formula for each, formula in walk.known.items() if each != LOST} | few()
    return coverage.conditions(functions(name, code), map(CoveringPath, walk.paths), known)


OBLIGATIONS = (
    ((DOES, LEMMA, LOOPS, CALLS), "does__{}", "{}"),
    ((APART, STANDS), "keeps__tables_apart",
     "after {} every table in use hangs in one place at most, none is lost, and leaves stand as is promised"),
    ((COUNTS,), "counts__what_stands", "after {} each table counts what stands in it, and enough frames are free"),
    ((INDEX,), "accesses__tables", "{} reads and writes entries of tables in use only, and takes only free frames"),
    ((MOMENT,), "shows__old_or_new", "whenever {} writes an entry, each page sees what it saw before, or will see"),
)  # fmt: skip


def _asks(unit: SizedMethod, what: Collection[str]) -> bool:
    if INDEX in what:
        return unit.accesses
    if MOMENT in what:
        return unit.contract is not None
    if APART in what:
        return unit.writes and unit.links
    return unit.writes or DOES in what


def _of(name: str, what: Collection[str]) -> Build:
    def build(dialect: Dialect, code: Code) -> Iterator[Condition]:
        yield from conditions(name, what, code)
        if name == "reserve" and DOES in what:
            yield from descends()

    return build


def obligations() -> Iterator[CodeObligation]:
    """Methods × what is demanded of each."""
    for unit in UNITS.values():
        for what, name, sentence in OBLIGATIONS:
            if _asks(unit, what):
                said = unit.sentence if DOES in what else sentence.format(unit.name)
                id = f"sized_tables_{unit.name}__{name.format(unit.name)}"
                yield CodeObligation(id, unit.claim, said, _of(unit.name, what))
        if unit.covers:
            yield CodeObligation(
                whole(unit.name),
                "A.P",
                f"every statement of {unit.name}, and both ways of every branch, is executed in some state",
                lambda dialect, code, name=unit.name: executed_whole(name, code),  # type: ignore[misc]
            )


def whole(name: str) -> str:
    """The obligation that says that a method is executed whole."""
    return f"sized_tables_{name}__is__executed_whole"
