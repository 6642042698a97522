"""The paths through the methods that change leaves, and what is to be proved of walks and buffers on all of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

from z3 import And, BoolVal, ForAll, Not, Or

from model.spaces.dialect import Dialect
from proofs.execution.contract import CALLS, Named
from proofs.execution.coverage import CoveringPath
from proofs.execution.path import Path, Raised, conjunction, paths
from proofs.obligation import Condition
from proofs.obligations.code import Build, CodeObligation, Split, conditions_of
from proofs.obligations.executed import executed_whole
from proofs.obligations.kernel.hardware import FREES, LEAKS
from proofs.obligations.kernel.units import EXECUTED_WHOLE
from proofs.obligations.sized_hardware.kernel import KernelOnMachine, SizedCase
from proofs.obligations.sized_hardware.machine import PRECISE
from proofs.obligations.sized_hardware.units import UNITS, BufferMethod
from proofs.obligations.sized_hardware.world import (
    ADDRESSES,
    World,
    before,
    buffers_follow,
    coherent,
    of_one_size,
    reaches_only,
    walks_end_once,
    x,
)
from proofs.obligations.sized_tables.arithmetic import numbers, orders
from proofs.obligations.sized_tables.contracts import Shown
from proofs.obligations.sized_tables.effects import shown
from proofs.obligations.sized_tables.execution import FORMAT_OF
from proofs.obligations.sized_tables.state import apart
from proofs.obligations.sized_tables.state import before as tables_before
from proofs.obligations.source import CODE, Code

COHERENT = "ends__coherent"
REACHES = "reaches__nothing_else"
ONE_SIZE = "translates__by_one_size"
GONE = "leaves__no_translation"


@dataclass(frozen=True, slots=True)
class CasePaths:
    """All paths through a method for one mapping, and what is known before."""

    known: Named
    paths: tuple[Path, ...]


def cases(unit: BufferMethod) -> Iterator[SizedCase]:
    """The mappings that a method is executed for: of every order, in a format of each number of levels."""
    for format in FORMAT_OF.values():
        for order in orders(format)[unit.least :]:
            for ascending in (True, False)[: 1 + unit.joins]:
                yield SizedCase(format, order, unit.least > 0, ascending)


@cache
def walked(name: str, case: SizedCase, code: Code = CODE) -> CasePaths:
    """All paths through a method for one mapping."""
    unit, start = UNITS[name], before(case.levels)
    known = {**ADDRESSES, **walks_end_once(start.tables), **unit.requires(start, case, code)}

    def run(path: Path) -> None:
        path.learn(known)
        on = KernelOnMachine(path, start, case, code, joins=unit.joins)
        if name == "invalidate":
            unit.call(on)
            _gone(on, start)
            return
        machine, leaves = on.machine, on.leaves
        machine.moment = partial(_moment, on, unit)
        try:
            unit.call(on)
        except Raised:
            short = machine.shortages[-1] if machine.shortages else BoolVal(False)
            path.demand(COHERENT, lambda: short, "it ends, unless the pool has too few frames")
            return
        on.end()
        now, then = machine.world(), unit.then(leaves)
        for part, formula in {**coherent(now, then), **standing(unit, case, code, start.tables, now.tables)}.items():
            path.demand(COHERENT, partial(conjunction, [formula]), part)
        machine.demand_no_leak()

    return CasePaths(known, tuple(path for path, _ in paths(run)))


def standing(unit: BufferMethod, case: SizedCase, code: Code, start: Shown, now: Shown) -> Named:
    """Leaves of the mapping stand as its nodes ask for, and those of others where they did."""
    has = case.leaves(code).has
    level = numbers(case.format, code).level(case.order - int(unit.name == "divide"))
    found = {}
    for k in range(start.levels):
        own = unit.stands if k == level else BoolVal(False)
        as_asked = now.held(k, x) == Or(And(has(x), own), And(Not(has(x)), start.held(k, x)))
        found[f"leaves of level {k} stand where nodes have such"] = ForAll([x], as_asked)
    return found


def _moment(on: KernelOnMachine, unit: BufferMethod) -> None:
    """Whenever leaves or buffers change."""
    now = on.machine.world()
    on.path.demand(REACHES, lambda: reaches_only(now, unit.allowed(on.leaves)))
    on.path.demand(ONE_SIZE, lambda: of_one_size(now))


def _gone(on: KernelOnMachine, start: World) -> None:
    """What is left of the mapping in buffers is what its walks find."""
    now = on.machine.world()
    on.path.demand(GONE, lambda: buffers_follow(now), "of the mapping there is only what walks find")
    unchanged = on.machine.tables is start.tables
    on.path.demand(GONE, lambda: BoolVal(unchanged), "page tables are as they were")


def conditions(name: str, what: str, code: Code = CODE) -> Iterator[Condition]:
    """The conditions that this holds of a method, for mappings of every order: those that are alike once."""
    met = set[tuple[int, ...]]()
    for case in cases(UNITS[name]):
        walk = walked(name, case, code)
        together: dict[tuple[int, ...], list[Condition]] = {}
        for condition in conditions_of(walk.paths, walk.known, what, Split.PATHS):
            way = condition.goal.arg(0)
            together.setdefault((way.get_id(), *_ids(condition)), []).append(condition)
        for some in together.values():
            condition = replace(some[0], goal=conjunction(each.goal for each in some))
            key = (condition.goal.get_id(), *_ids(condition))
            if key not in met:
                met.add(key)
                yield condition


def _ids(condition: Condition) -> tuple[int, ...]:
    return tuple(each.get_id() for each in condition.hypotheses.values())


def walks_of_tables() -> Iterator[Condition]:
    """What is known here of walks follows from the invariants of page tables."""
    for levels in FORMAT_OF:
        state = tables_before(levels)
        known = apart(state)
        for goal in walks_end_once(shown(state)).values():
            yield Condition(known, dict.fromkeys(known, "invariant"), goal)


ASKS: dict[str, str] = {
    COHERENT: "after {0} {1}, and buffers hold what walks find, by entries of the leaves' size",
    REACHES: "at every moment of {0} walks and buffers show what the database says and nothing else",
    ONE_SIZE: "at every moment of {0} no buffer translates a page by entries of two sizes",
    PRECISE: "{0} takes from buffers entries that translate a page of its mapping, and no others",
    CALLS: "{0} changes leaves only where the proof of page tables allows it, and loses nothing that was noted",
    LEAKS: "{0} gives every detached table back",
    FREES: "{0} gives a table back only when nothing is translated through it any more",
}

VERBS = {CALLS: "calls__where_allowed", FREES: "frees__unused_tables", LEAKS: "frees__every_table"}


def asked(name: str) -> tuple[str, ...]:
    """Return what obligations ask about a method."""
    if name == "invalidate":
        return (GONE, PRECISE)
    unit = UNITS[name]
    every = (COHERENT, REACHES, ONE_SIZE, CALLS, LEAKS)
    return (*every, *((FREES,) if unit.frees else ()), *((PRECISE,) if not name.startswith("show") else ()))


def sentence(name: str, what: str) -> str:
    """What an obligation says."""
    if what == GONE:
        return f"after {name} {UNITS[name].does}, by entries of whatever size"
    return ASKS[what].format(name, UNITS[name].does)


def _build(name: str, what: str) -> Build:
    def build(dialect: Dialect, code: Code) -> Iterator[Condition]:
        yield from conditions(name, what, code)
        if (name, what) == ("show", ONE_SIZE):
            yield from walks_of_tables()

    return build


def whole(name: str) -> str:
    """The obligation that says that a method's steps are executed whole."""
    return f"sized_buffers_{name}__{EXECUTED_WHOLE}"


def functions(name: str, code: Code = CODE) -> tuple[Callable[..., Any], ...]:
    """The steps that are covered."""
    return tuple(code.sized_method(each) for each in UNITS[name].steps)


def _smallest(name: str) -> SizedCase:
    """A mapping that one large leaf can show, in the format of the fewest levels."""
    format = FORMAT_OF[min(FORMAT_OF)]
    return SizedCase(format, format.index_bits, UNITS[name].least > 0)


def _runs(name: str, code: Code) -> Iterator[CoveringPath]:
    walk = walked(name, _smallest(name), code)
    return (CoveringPath(path, walk.known) for path in walk.paths)


def obligations() -> Iterator[CodeObligation]:
    """Methods × what is asked of each."""
    for name in UNITS:
        for what in asked(name):
            id = f"sized_buffers_{name}__{VERBS.get(what, what)}"
            yield CodeObligation(id, "C4", sentence(name, what), _build(name, what))
        yield executed_whole(
            whole(name),
            f"the steps of {name} on page tables and buffers",
            (partial(functions, name), partial(_runs, name)),
            rest=lambda code, name=name: [  # type: ignore[misc]
                (walk.paths, walk.known, frozenset(asked(name)))
                for walk in (walked(name, case, code) for case in cases(UNITS[name]))
            ],
        )
