"""The inventory of kernel and machine: each function is executed in a proof, or modelled there, in one class.

The functions are found in the sources, so that none can be forgotten. A function is *executed whole* if a unit of the
code proofs is its home, *executed on words* if it is straight-line and obligations call it with bit-vectors. For every
other one ``modelled.toml`` says what stands for it in the proofs, or why no proof speaks of it. A function that the
proofs of its callers know by its contract is executed whole where this contract is proved, or else it is modelled.
"""

import ast
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from cProfile import Profile
from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from itertools import chain
from pathlib import Path
from types import CodeType
from typing import Any

import machine
import refinement
from model.spaces.dialect import CANONICAL
from proofs.execution.path import EXECUTED
from proofs.obligation import Condition
from proofs.obligations.kernel import handing_on
from proofs.obligations.kernel.kernel_terms import KERNEL_LOOPS
from proofs.obligations.kernel.units import EXECUTED_WHOLE, UNITS, function_named
from proofs.obligations.locks import taking, trying
from proofs.obligations.machine import bits, bytes_moved, core, options, pieces, rows, tags, tlb, walk
from proofs.obligations.page_tables import page_tables, places, table_walks, tables
from proofs.obligations.page_tables.table_contracts import CLEAR, GIVE_BACK, RELEASE, RESERVE, WRITE
from proofs.obligations.sized import handing_on as sized_handing_on
from proofs.obligations.sized import inventory as sized
from proofs.obligations.sized_hardware import inventory as sized_hardware
from proofs.obligations.sized_tables import inventory as sized_tables
from proofs.obligations.source import CODE
from proofs.obligations.threads import ports
from proofs.obligations.threads import simulation as threads
from proofs.obligations.threads import start as threads_start
from proofs.obligations.threads.operations import OPERATIONS
from proofs.obligations.tree.contracts import CONTRACTS
from refinement.kernel.kernel import Kernel

PACKAGES = (refinement, machine)
LEFT_OUT = (
    "refinement.check",
    "refinement.faults",
    "refinement.monitor",
    *(f"refinement.cores.{name}" for name in ("broken", "locking", "machine", "stepping", "wrong_locks")),
)
"""Without kernel code: checks of anybody's database and log, broken kernels, the bench for several cores."""

BRANCHES = (
    ast.If, ast.IfExp, ast.BoolOp, ast.While, ast.For, ast.Try, ast.With, ast.Match, ast.comprehension,
)  # fmt: skip

Executed = tuple[str, Callable[..., Any]]
"""The id of an obligation, and a function of which it says that all of it is executed."""


class InventoryError(Exception):
    """The classes are no classes: something is in none, or in two, or an entry has no function."""


class How(Enum):
    """The ways in which a function comes into the proofs."""

    WHOLE = "executed whole"
    WORDS = "executed on words"
    MODELLED = "modelled"
    OUTSIDE = "in no proof"


@dataclass(frozen=True, slots=True)
class FunctionEntry:
    """A function and its class.

    :param name: module and qualified name.
    :param by: the obligation that executes it; empty if none does.
    :param contract: whether the proofs of its callers know it by its contract.
    :param reason: why it is not executed.
    """

    name: str
    how: How
    by: str = ""
    contract: bool = False
    reason: str = ""


# What there is.


Defined = tuple[str, str, ast.FunctionDef]
"""A function's name, its module, its definition."""

Place = tuple[str, int]
"""A module and the line on which a function begins there."""


def functions(packages: Iterable[Any] = PACKAGES) -> Iterator[Defined]:
    """Every function and method of the packages, also those inside functions.

    >>> [name for name, _, _ in functions() if name.startswith("machine.walker.")][:2]
    ['machine.walker.build_walk', 'machine.walker.build_walk.walk']
    """
    for package in packages:
        folder = Path(package.__file__).parent
        for path in sorted(folder.rglob("*.py")):
            module = ".".join((package.__name__, *path.relative_to(folder).with_suffix("").parts))
            module = module.removesuffix(".__init__")
            if not any(module == left or module.startswith(f"{left}.") for left in LEFT_OUT):
                yield from _inside(module, module, ast.parse(path.read_text("utf-8")))


@cache
def _every_function() -> tuple[Defined, ...]:
    return tuple(functions())


def _inside(prefix: str, module: str, node: ast.AST) -> Iterator[Defined]:
    for child in ast.iter_child_nodes(node):
        here = f"{prefix}.{child.name}" if isinstance(child, ast.FunctionDef | ast.ClassDef) else prefix
        if isinstance(child, ast.FunctionDef):
            yield here, module, child
        yield from _inside(here, module, child)


def is_straight(definition: ast.FunctionDef) -> bool:
    """Return whether a function has no branch, so that who calls it executes all of it.

    >>> [is_straight(ast.parse(f"def f(x): return {text}").body[0]) for text in ("x + 1", "x or 1")]
    [True, False]
    """
    return not any(isinstance(node, BRANCHES) for node in ast.walk(definition))


def name_of(function: Callable[..., Any]) -> str:
    """The name of a function here."""
    return f"{function.__module__}.{function.__qualname__}".replace(".<locals>", "")


def lines_of(definition: ast.FunctionDef) -> frozenset[int]:
    """The lines on which Python may say that a function begins: with its name, or with its decorators."""
    return frozenset((definition.lineno, *(each.lineno for each in definition.decorator_list)))


# What is executed.


def of_units() -> Iterator[Executed]:
    """Return the functions that the units of the code proofs are the home of."""
    for unit in UNITS:
        yield from ((f"{unit.id}__{EXECUTED_WHOLE}", function) for function in unit.functions())


def of_page_tables() -> Iterator[Executed]:
    """Return the functions that the units of the proof about page tables cover."""
    for name in page_tables.UNITS:
        yield from ((f"page_tables_{name}__{EXECUTED_WHOLE}", function) for function in table_walks.covered(name))


def of_machine() -> Iterator[Executed]:
    """Return the functions that the proofs of walker, core, buffers and tags cover."""
    for name, modules in (
        (walk.WHOLE, (walk,)),
        (core.WHOLE, (core, pieces, bytes_moved)),
        (tlb.WHOLE, (tlb,)),
        (handing_on.WHOLE, (handing_on,)),
        (tags.WHOLE, (tags,)),
    ):
        yield from ((name, function) for module in modules for function in module.executed())


def of_threads() -> Iterator[Executed]:
    """Return the functions that the proofs of threads and messages cover."""
    yield from ((threads_start.WHOLE, function) for function in threads_start.executed())
    for name in OPERATIONS:
        yield from ((threads.whole(name), function) for function in threads.executed(name))
    yield from ((ports.WHOLE, function) for function in ports.executed())


def of_locks() -> Iterator[Executed]:
    """Return the functions that the proofs of locks cover."""
    for locks, name in taking.NAMES.items():
        yield from ((f"{name}__{EXECUTED_WHOLE}", function) for function in taking.functions(locks)(CODE))
    yield from ((f"slot_locks__{EXECUTED_WHOLE}", function) for function in trying.functions(CODE))


def of_sized() -> Iterator[Executed]:
    """What the proofs of the tree with sizes cover; methods for single pages are at home in that kernel's proofs."""
    yield from ((sized.whole(name), function) for name in sized.EXECUTED for function in sized.executed(name)(CODE))
    yield from ((sized_handing_on.WHOLE, function) for function in sized_handing_on.executed())
    for name in sized.METHODS:
        own = (each for each in sized.executed_in(name)(CODE) if each.__module__ != Kernel.__module__)
        yield from ((sized.whole(name), each) for each in own)


SOURCES: tuple[Callable[[], Iterable[Executed]], ...] = (
    of_units, of_page_tables, of_machine, of_threads, of_locks, of_sized, sized_tables.executed,
    sized_hardware.executed,
)  # fmt: skip
"""Collectors that say which functions are executed whole; a proof that has units of its own adds itself here."""


@cache
def executed_whole() -> Mapping[str, str]:
    """Functions that an obligation executes whole, with its id.

    :raises InventoryError: two obligations say so of one function: one of them is no home.
    """
    listed = [(name_of(function), function.__code__, by) for source in SOURCES for by, function in source()]
    twice = [name for (name, _), times in Counter((name, code) for name, code, _ in listed).items() if times > 1]
    if twice:
        raise InventoryError(f"executed whole by two obligations: {', '.join(twice)}")
    return {name: by for name, _, by in listed}


@cache
def _begins() -> frozenset[Place]:
    """Where those functions begin."""
    every = (function for source in SOURCES for _, function in source())
    return frozenset((each.__module__, each.__code__.co_firstlineno) for each in every)


def _overlooked(some: Iterable[tuple[str, ast.FunctionDef]]) -> Iterator[int]:
    """The lines of definitions of a name, as of a getter and a setter, that nothing executes whole."""
    for module, definition in some:
        if not any((module, line) in _begins() for line in lines_of(definition)):
            yield definition.lineno


def _about_words() -> Iterator[tuple[str, Iterator[Condition]]]:
    for obligation in chain(
        bits.obligations(),
        rows.obligations(),
        options.obligations(),
        places.obligations(),
        tables.obligations(),
    ):
        yield obligation.id, iter(obligation.conditions(CANONICAL, frozenset()))


@cache
def called_on_words() -> Mapping[Place, str]:
    """Where functions begin that are called while conditions about bits are built, and the first that calls each."""
    found: dict[Place, str] = {}
    files = {getattr(module, "__file__", None): name for name, module in [*sys.modules.items()]}
    about, before, ended = _about_words(), sys.getprofile(), False
    try:
        while not ended:
            calls = Profile(subcalls=False, builtins=False)  # it is in C: of millions of calls nearly all are z3's
            calls.enable()
            by, conditions = next(about, ("", iter(())))
            for _ in conditions:
                pass
            calls.disable()
            for code in (entry.code for entry in calls.getstats()):
                if isinstance(code, CodeType):
                    place = code.co_filename.removeprefix(EXECUTED)  # what was compiled anew names a file or a module
                    found.setdefault((files.get(place, place), code.co_firstlineno), by)
            ended = not by
    finally:
        sys.setprofile(before)
    return found


@cache
def under_contract() -> frozenset[str]:
    """Functions that callers' proofs know by what their contracts promise."""
    loops = [name_of(CODE.function(each.name)) for each in CONTRACTS.values() if each.promise is not None]
    methods = [name_of(function_named(f"Kernel.{name}", CODE)) for name in KERNEL_LOOPS]
    contracts = (RESERVE, WRITE, CLEAR, RELEASE, GIVE_BACK)
    of_tables = [f"refinement.kernel.page_table.PageTables.{each.name}" for each in contracts]
    return frozenset((*loops, *methods, *of_tables, name_of(CODE.function("empty"))))


Reasons = Mapping[str, tuple[How, str]]
"""For a name, or a pattern of names, the class and the reason."""


@cache
def written_down() -> Reasons:
    """Return what ``modelled.toml`` says.

    :raises InventoryError: it has a name twice, an entry without a reason, or anything else in it.
    """
    text = resources.files("proofs.obligations").joinpath("modelled.toml").read_text("utf-8")
    return read(tomllib.loads(text))


def read(tables: Mapping[str, Any]) -> Reasons:
    """The entries of such a file.

    >>> read({"outside": [{"functions": ["machine.batch.*"], "reason": "compiled"}]})
    {'machine.batch.*': (<How.OUTSIDE: 'in no proof'>, 'compiled')}

    :raises InventoryError: a name is there twice, an entry without a reason, or anything else.
    """
    kinds = {"modelled": How.MODELLED, "outside": How.OUTSIDE}
    found: dict[str, tuple[How, str]] = {}
    for kind, entries in tables.items():
        for entry in entries:
            reason = entry.get("reason", "").strip()
            if kind not in kinds or entry.keys() != {"functions", "reason"} or not reason:
                raise InventoryError(f"[[{kind}]] {entry}: write functions and a reason, below modelled or outside")
            for pattern in entry["functions"]:
                if pattern in found:
                    raise InventoryError(f"{pattern} is written down twice")
                found[pattern] = kinds[kind], reason
    return found


# The classes.


def classified(reasons: Reasons | None = None) -> tuple[FunctionEntry, ...]:
    """Every function in its class.

    :param reasons: instead of those of ``modelled.toml``.
    :raises InventoryError: a function is in no class or in two, or an entry has no function; names all that is wrong.
    """
    reasons = written_down() if reasons is None else reasons
    definitions: dict[str, list[tuple[str, ast.FunctionDef]]] = {}
    for name, module, definition in _every_function():
        definitions.setdefault(name, []).append((module, definition))
    entries: list[FunctionEntry] = []
    wrong = [f"{name} is executed, but is no function" for name in executed_whole().keys() - definitions.keys()]
    wrong += [
        f"modelled.toml speaks of {pattern}, which is no function"
        for pattern in reasons
        if not any(fnmatchcase(name, pattern) for name in definitions)
    ]
    for name, some in definitions.items():
        found = list(_classes(name, _on_words(some), reasons))
        entries += found
        if not found:
            wrong.append(f"{name} is in no class: execute it in a proof, or say in modelled.toml what stands for it")
        elif len(some) > 1 and found[0].how == How.WHOLE:
            lines = ", ".join(map(str, _overlooked(some)))
            wrong += [f"{name} has another definition in line {lines}, which is not executed"] if lines else []
        if len(found) > 1:
            wrong.append(f"{name} is in more than one class: {', '.join(each.by or each.reason for each in found)}")
    if wrong:
        raise InventoryError("; ".join(sorted(wrong)))
    return tuple(entries)


def _on_words(some: Iterable[tuple[str, ast.FunctionDef]]) -> str:
    """The obligation that calls with words all definitions of a name, which are straight-line; empty if none does."""
    by = ""
    for module, definition in some:
        found = [caller for line in lines_of(definition) if (caller := called_on_words().get((module, line)))]
        if not found or not is_straight(definition):
            return ""
        by = found[0]
    return by


def _classes(name: str, on_words: str, reasons: Reasons) -> Iterator[FunctionEntry]:
    contract = name in under_contract()
    if name in executed_whole():
        yield FunctionEntry(name, How.WHOLE, executed_whole()[name], contract)
    elif on_words:
        yield FunctionEntry(name, How.WORDS, on_words, contract)
    for pattern, (how, reason) in reasons.items():
        if fnmatchcase(name, pattern):
            yield FunctionEntry(name, how, "", contract, reason)


def executed_by(obligations: Iterable[str]) -> tuple[str, ...]:
    """The functions that these obligations execute whole, by their ids; other ids are passed over.

    >>> executed_by(["kernel_lookup__is__executed_whole", "map__preserves__forest"])
    ('refinement.kernel.kernel.Kernel.lookup',)
    """
    ids = frozenset(obligations)
    return tuple(name for name, by in executed_whole().items() if by in ids)
