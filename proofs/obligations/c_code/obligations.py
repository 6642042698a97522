"""Obligations of C code: for each function in the binding those of its role, each with its line of C."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from pathlib import Path as File

from z3 import And, Implies, IntVal, Not, is_implies

from model.running.z3_terms import conjuncts
from model.spaces.dialect import Dialect, Readings
from model.spaces.theory import Formula
from proofs.execution import coverage
from proofs.execution.contract import CALLS, Named
from proofs.execution.llvm.compiler import compiled
from proofs.execution.llvm.interpreter import OVERFLOW, UNINITIALISED, UNREACHABLE
from proofs.execution.llvm.program import WAYS, UnsupportedError
from proofs.execution.llvm.reader import read_program
from proofs.execution.path import Path, Point, conjunction
from proofs.execution.values import DISTINCT
from proofs.obligation import Condition
from proofs.obligations.c_code import numbering
from proofs.obligations.c_code.binding import COUNTED, FunctionBinding, read_binding
from proofs.obligations.c_code.binding_check import check_against, name_of
from proofs.obligations.c_code.domain import BOUNDS, IN_RANGE
from proofs.obligations.c_code.execution import ANSWERS, OPERATIONS, demanded, hypotheses, walked
from proofs.obligations.c_code.memory import FREED
from proofs.obligations.c_code.roles import ROLES
from proofs.obligations.c_code.shape import CCode, Loaded
from proofs.obligations.c_code.state import INVARIANTS
from proofs.obligations.c_code.trees import TreeExecution
from proofs.obligations.code import SOME_WAY, Split, conditions_of
from proofs.obligations.kernel.cost import cells
from proofs.obligations.kernel.simulation import ENDS, REFUSES, SIMULATES
from proofs.obligations.tree.loops import AT_EXIT, AT_FIRST, DECREASES, KEEPS
from proofs.obligations.tree.tree import INDEX
from refinement.kernel.operations import is_supported

WHOLE, CELLS = "executes__every_block", "touches__few_cells"

SENTENCES = {
    SIMULATES: ("C5", "{0} done is {1}, which is possible then"),
    REFUSES: ("C5", "{0} refused changes nothing, and the theory refuses it too, or its arguments are out of range"),
    ENDS: ("C5", "{0} ends done or refused, done only with arguments in range, and in no other way"),
    ANSWERS: ("A.P", "{0} answers what the database says of the slot, and writes nothing"),
    CALLS: ("C5", "{0} calls what is proved by itself only where this requires it"),
    AT_FIRST: ("C5", "the invariants of the loops of {0} hold where these begin"),
    KEEPS: ("C5", "each turn of a loop of {0} keeps its invariant"),
    DECREASES: ("C12", "each turn of a loop of {0} comes closer to the end"),
    AT_EXIT: ("C5", "{0} has done at its end what it is for: {1}"),
    INDEX: ("C5", "{0} uses no NULL where a node or a slot has to be"),
    FREED: ("C5", "{0} reads and writes no field of a freed node"),
    BOUNDS: ("C5", "{0} uses no index outside of an array"),
    IN_RANGE: ("C5", "{0} keeps no other bits as rights"),
    OVERFLOW: ("C5", "{0} overflows nowhere, shifts not too far and divides by no zero"),
    UNINITIALISED: ("C5", "{0} reads no local without a value"),
    UNREACHABLE: ("C5", "{0} does not come where it says that it never comes"),
    WHOLE: ("C5", "every block of {0} is executed, and every decision goes each way, on some path that is possible"),
    CELLS: ("C12", "{0} reads and writes at most {2} cells besides what its loops do"),
}
IDS = {
    INDEX: "accesses__nodes",
    CALLS: "calls__where_allowed",
    ANSWERS: "answers__what_the_database_says",
    REFUSES: "refuses__with_the_theory",
}
ALWAYS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(OPERATIONS, (SIMULATES, REFUSES, ENDS)),
    **dict.fromkeys(("flush_below", "restrict_below", "is_below"), (AT_FIRST, KEEPS, DECREASES, AT_EXIT)),
    "remove": (AT_EXIT, *(name for name in INVARIANTS if name != "page_table")),
    **dict.fromkeys(("lookup", "lookup_hw"), (ANSWERS,)),
}
"""What has to be demanded on some path of a function with a role: else it is not what the binding says."""

LINKS = frozenset(name for name, invariant in INVARIANTS.items() if invariant.structural)
DATA = frozenset({"fewer_rights", "some_right", "fewer_rights_below", "same_frame", "page_table", "room", "has_frame"})
"""Invariants of what nodes say; how they are linked does not depend on it."""

SPLIT = frozenset({KEEPS, DECREASES, SIMULATES, AT_EXIT})
"""What else is shown path by path and part by part."""

REMOVES = "remove"
"""What times after a function that always changes something are called."""

CARRIED = frozenset({"live_or_free", "slot_node"})
"""Invariants of which those of an earlier time are kept for what is shown later."""


@dataclass(frozen=True, slots=True)
class CObligation:
    """One thing to be proved of a function of C.

    :param place: the file and the line of the function.
    :param what: the name under which it is demanded on the function's paths; empty if it is about no single path.
    """

    id: str
    claim: str
    sentence: str
    build: Callable[[Dialect], Iterable[Condition]]
    place: tuple[str, int]
    function: str
    what: str = ""
    applies: Callable[[Readings], bool] = is_supported

    def conditions(self, dialect: Dialect, invariants: frozenset[str]) -> Iterable[Condition]:
        """The verification conditions; of the theory's invariants none is used."""
        return self.build(dialect)


def relevant(condition: Condition, what: str) -> Condition:
    """The condition without hypotheses that it need not have: less is assumed, so what is shown holds all the more.

    That some way leads here is shown for every block by itself: where a way is not possible nothing need hold.
    """
    names, times = needed((name for name in condition.hypotheses if name != SOME_WAY), what)
    return replace(
        condition,
        hypotheses={name: condition.hypotheses[name] for name in names},
        about={name: condition.about[name] for name in names},
        alike=alike(times),
    )


def needed(names: Iterable[str], what: str) -> tuple[list[str], list[str]]:
    """The hypotheses that what is to be shown may need, by their names; and the times later than the first.

    What held before the last loop head does not matter after it, but for how far the walk has come.
    """
    every = list(names)
    times = [time for time in dict.fromkeys(name.partition(", ")[2] for name in every) if _later(time)]
    begun = max((number for number, time in enumerate(times) if time.startswith("in loop")), default=0)

    def kept(name: str) -> bool:
        base, _, time = name.partition(", ")
        if base in INVARIANTS and base in DATA and (what in LINKS or what == DECREASES):
            return False
        if what == DECREASES and time in times and times.index(time) > begun:
            return base not in INVARIANTS  # how far it has come is said of the tree with which the turn began
        if times and name in INVARIANTS and what in LINKS:
            return name in CARRIED
        if what == WHOLE and base in INVARIANTS and base in DATA and time in times:
            return False
        if time not in times or time == (times[begun] if what in (KEEPS, DECREASES) else times[-1]):
            return True
        if what == KEEPS and times.index(time) > begun:
            return base not in INVARIANTS or base in ("live_above", "closure")
        if times.index(time) < begun:
            return base.startswith("the turn of")
        return base not in INVARIANTS or base in CARRIED or (time.startswith("in loop") and base in LINKS)

    return [name for name in every if kept(name)], times


def alike(times: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """For each time at which nothing need have changed since an earlier one, that one."""
    pairs, since = list[tuple[str, str]](), ""
    for time in times:
        if REMOVES in time:
            since = f" {time}"
        else:
            pairs.append((f" {time}", since))
    return tuple(pairs)


def _later(time: str) -> bool:
    """Whether a hypothesis that says so speaks of a time later than the first."""
    return time.startswith(("in loop", "after "))


def _demanded(loaded: Loaded, bound: FunctionBinding, what: str) -> Callable[[Dialect], Iterator[Condition]]:
    def build(dialect: Dialect) -> Iterator[Condition]:
        found = walked(TreeExecution, loaded, bound.name, dialect.name)
        split = Split.PATHS if what in LINKS or what in SPLIT else Split.NOT
        for condition in conditions_of(found, hypotheses(TreeExecution, loaded.code, bound), what, split):
            for goal in pieces(condition.goal) if split is Split.PATHS else (condition.goal,):
                yield relevant(replace(condition, goal=goal), what)

    return build


def pieces(goal: Formula) -> Iterator[Formula]:
    """A way and what holds there, as one implication for each part of it."""
    if is_implies(goal):
        way, then = goal.children()
        yield from (Implies(way, part) for part in conjuncts(then))
    else:
        yield goal


class _CoveringPath(coverage.CoveringPath):
    """A path of which only what may matter is to be possible together."""

    def way(self) -> Formula:
        names, _ = needed(self.path.assumed, WHOLE)
        assumed = [self.path.assumed[name] for name in names]
        return And(conjunction(self.given.values()), conjunction(self.path.facts), conjunction(assumed))


def _whole(loaded: Loaded, bound: FunctionBinding) -> Callable[[Dialect], Iterator[Condition]]:
    def build(dialect: Dialect) -> Iterator[Condition]:
        code = loaded.code
        callers = callers_of(code, bound)
        runs = [
            _CoveringPath(path, hypotheses(TreeExecution, code, caller))
            for caller in callers
            for path in walked(TreeExecution, loaded, caller.name, dialect.name)
        ]
        points = list(code.program.points(bound.name))
        blocks = {point.number: point for point in points}
        function = code.program.functions[bound.name]
        numbers = {block: number for number, block in enumerate(function.blocks)}

        def named(point: Point, texts: tuple[str, ...]) -> bool:
            """Return whether the binding names the place, or the block to which the way leads."""
            if point.way is None and point.number < WAYS:
                return point.text in texts
            target = code.program.target(point)
            into = target in numbers and named(blocks[numbers[target]], texts)
            return into or name_of(point) in texts

        some = [point for point in points if not named(point, (*bound.never, *bound.elsewhere))]
        alone = len(callers) == 1
        given = {**DISTINCT, **(hypotheses(TreeExecution, code, callers[0]) if alone else {})}
        runs = [_CoveringPath(run.path) for run in runs] if alone else runs
        for condition in coverage.of_points(some, runs, given):
            pairs = (pair for run in runs for pair in alike(needed(run.path.assumed, WHOLE)[1]))
            yield replace(condition, alike=tuple(dict.fromkeys(pairs)))
        for point in points:
            if named(point, bound.never):
                yield from _impossible(point, runs, given)

    return build


def callers_of(code: CCode, bound: FunctionBinding) -> tuple[FunctionBinding, ...]:
    """The functions whose proofs execute it."""
    if bound.role != "inlined":
        return (bound,)
    apart = frozenset(each.name for each in code.binding.functions.values() if ROLES[each.role].apart)
    proved = (each for each in code.binding.functions.values() if each.role not in ("inlined", "slot_number"))
    return tuple(each for each in proved if bound.name in code.program.reached_from(each.name, apart - {each.name}))


def _impossible(point: Point, runs: Sequence[coverage.CoveringPath], given: Named) -> Iterator[Condition]:
    """No path that comes there is possible: what is there for a case that never happens."""
    for run in runs:
        if point in run.path.reached:
            facts, assumed = run.path.reached[point]
            known = {**given, **run.given, **dict(islice(run.path.assumed.items(), assumed))}
            way = conjunction(run.path.facts[:facts])
            _, times = needed(known, WHOLE)
            yield Condition(known, dict.fromkeys(known, "invariant"), Not(way), alike(times))


def few_cells(
    bound: FunctionBinding, paths: Callable[[str], Iterable[Path]]
) -> Callable[[Dialect], Iterator[Condition]]:
    """Demand that each path of a function, in that dialect, touches no more cells than its binding allows."""

    def build(dialect: Dialect) -> Iterator[Condition]:
        yield Condition({}, {}, And(*(IntVal(cells(path)) <= bound.cells for path in paths(dialect.name))))

    return build


def _few(loaded: Loaded, bound: FunctionBinding) -> Callable[[Dialect], Iterator[Condition]]:
    return few_cells(bound, lambda dialect: walked(TreeExecution, loaded, bound.name, dialect))


def numberings(code: CCode, bound: FunctionBinding) -> Iterator[CObligation]:
    """The obligations of a function that numbers slots, whatever the shape of the data."""
    place = code.program.begin(bound.name)
    for name, sentence, build in (
        ("numbers__in_range", "is below the number of slots, and does not wrap around", numbering.in_range),
        ("numbers__one_to_one", "is no other slot's", numbering.one_to_one),
    ):
        text = f"the number that {bound.name} gives a slot {sentence}"
        made = _numbering(code, bound, build)
        yield CObligation(f"{bound.name}__{name}", "A.P", text, made, place, bound.name)


def of_function(loaded: Loaded, bound: FunctionBinding, dialect: str) -> Iterator[CObligation]:
    """The obligations of one function: what is demanded on its paths, and what has to be demanded on some."""
    code = loaded.code
    place = code.program.begin(bound.name)
    if bound.role == "slot_number":
        yield from numberings(code, bound)
        return
    if bound.role == "inlined":
        claim, sentence = SENTENCES[WHOLE]
        text = sentence.format(bound.name)
        yield CObligation(f"{bound.name}__{WHOLE}", claim, text, _whole(loaded, bound), place, bound.name)
        return
    every = demanded(TreeExecution, loaded, bound.name, dialect)
    for what in dict.fromkeys((*ALWAYS[bound.role], *every)):
        if what in INVARIANTS:
            claim, text = "C5", f"after {bound.name}: {INVARIANTS[what].sentence}"
            name = f"{bound.name}__preserves__{what}"
        else:
            claim, sentence = SENTENCES[what]
            text = sentence.format(bound.name, ROLES[bound.role].sentence, bound.cells)
            name = f"{bound.name}__{IDS.get(what, f'{what}__{bound.role}' if what == SIMULATES else what)}"
        yield CObligation(name, claim, text, _demanded(loaded, bound, what), place, bound.name, what)
    for what, make in ((WHOLE, _whole), *([(CELLS, _few)] if bound.role in COUNTED else [])):
        claim, sentence = SENTENCES[what]
        text = sentence.format(bound.name, ROLES[bound.role].sentence, bound.cells)
        yield CObligation(f"{bound.name}__{what}", claim, text, make(loaded, bound), place, bound.name)


def _numbering(
    code: CCode, bound: FunctionBinding, build: Callable[..., Iterator[Condition]]
) -> Callable[[Dialect], Iterator[Condition]]:
    return lambda dialect: build(code.program, code.binding, bound)


@cache
def loaded(file: str, binding: str, flags: tuple[str, ...]) -> Loaded:
    """The code in a file, bound as the binding file says; read once in a process.

    :raises CompileError: clang or LLVM does not take it.
    :raises BindingError: the binding does not fit.
    :raises UnsupportedError: some function has what is not executed on terms.
    """
    bound = read_binding(File(binding))
    program = read_program(compiled(File(file), [*bound.flags(), *flags]), File(file))
    check_against(bound, program)
    code = CCode(program, bound)
    apart = frozenset(each.name for each in bound.functions.values() if ROLES[each.role].apart)
    for each in bound.functions.values():
        for name in program.reached_from(each.name, apart - {each.name}):
            if program.leads_back(name):  # a promise that rests on itself would be kept by code that never ends
                where = program.place(name, program.functions[name].line)
                raise UnsupportedError(
                    f"{where}: unsupported: {name} is called inside of itself: recursion is not executed on terms"
                )
            for block in program.functions[name].blocks.values():
                for instruction in block.instructions:
                    if instruction.op == "unsupported":
                        where = program.place(name, instruction.line)
                        raise UnsupportedError(f"{where}: unsupported: {instruction.text} (in {name})")
    return Loaded(code)


def obligations(code: Loaded, dialect: str) -> Iterator[CObligation]:
    """All obligations of the code."""
    for bound in code.code.binding.functions.values():
        yield from of_function(code, bound, dialect)
