"""Units of the code proofs: what is executed as one, and which functions each executes whole."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from model.spaces.dialect import CANONICAL, Dialect, dialect_named
from proofs.execution import coverage
from proofs.execution.contract import Named
from proofs.execution.path import Path
from proofs.execution.values import DISTINCT
from proofs.obligation import Condition
from proofs.obligations.code import Build, CodeObligation, left_over
from proofs.obligations.kernel import coherence, empty_tree, entering, frames, simulation, start
from proofs.obligations.source import CODE, Code
from proofs.obligations.tree import loops, primitives
from proofs.obligations.tree.contracts import CONTRACTS, PRIMITIVES

SUPPORTED = (CANONICAL, dialect_named("tree"))
"""The dialects that the mapping tree implements: what only one of them does is executed in that one."""

EXECUTED_WHOLE = "is__executed_whole"


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """Functions executed together.

    :param id: how the ids of its obligations begin.
    :param walk: all paths, in a dialect, of some code.
    :param hypotheses: what holds at first.
    :param home: of these functions it covers every statement and branch: of the tree by name, of the kernel by
        ``Kernel.`` and the name of the method.
    :param asked: what obligations of its own ask about it; what else is demanded on its paths is proved with the
        execution, so that no demand is left out.
    """

    id: str
    walk: Callable[[Dialect, Code], tuple[Path, ...]]
    hypotheses: Callable[[], Named]
    home: tuple[str, ...]
    asked: Callable[[], frozenset[str]]

    def functions(self, code: Code = CODE) -> list[Callable[..., Any]]:
        """The functions of which it is the home, as some code has them."""
        return [function_named(name, code) for name in self.home]

    def conditions(self, code: Code = CODE) -> Iterator[Condition]:
        """That all of its functions is executed, and that what no other obligation asks about holds."""
        walked = [path for dialect in SUPPORTED for path in self.walk(dialect, code)]
        hypotheses = self.hypotheses()
        runs = map(coverage.CoveringPath, walked)
        yield from coverage.conditions(self.functions(code), runs, {**DISTINCT, **hypotheses})
        yield from left_over(walked, hypotheses, self.asked())


def function_named(name: str, code: Code) -> Callable[..., Any]:
    """The function that a unit means by a name."""
    owner, _, method = name.rpartition(".")
    if not owner:
        return code.function(name)
    found: Callable[..., Any] = getattr(code.kernel, method)
    return found


def _primitive(name: str) -> Unit:
    contract = CONTRACTS[name]
    return Unit(
        name,
        lambda dialect, code: primitives.walked(name, code),
        lambda: {**primitives.hypotheses(primitives.invariants_of(contract)), **primitives.requires(name)},
        (name,),
        lambda: primitives.asked(name),
    )


def _loop(name: str, *home: str) -> Unit:
    return Unit(
        name,
        lambda dialect, code: loops.walked(name, code),
        lambda: {**primitives.hypotheses(), **loops.requires(name)},
        (name, *home),
        lambda: loops.asked(name),
    )


def _on_the_tree(action: str, *home: str) -> Unit:
    return Unit(
        f"tree_{action}",
        lambda dialect, code: simulation.walked(simulation.ExecutedOperation(action, dialect, code)),
        lambda: {**primitives.hypotheses(), **simulation.REQUIRES},
        home,
        lambda: simulation.asked(action),
    )


def _kernel(name: str, *home: str) -> Unit:
    return Unit(
        f"kernel_{name}",
        lambda dialect, code: coherence.walked(coherence.ExecutedMethod(name, dialect, code)),
        lambda: {**primitives.hypotheses(), **coherence.ExecutedMethod(name, CANONICAL).requires},
        tuple(f"Kernel.{method}" for method in (name, *home)),
        lambda: coherence.asked(name),
    )


_STEPS_OF_MAP = (
    "passed_on", "admit", "replace", "withdraw", "create_leaf", "remove_leaf", "reserve", "write_entry", "clear_entry",
    "release_tables", "free_tables", "invalidate",
)  # fmt: skip

UNITS: tuple[Unit, ...] = (
    Unit(
        "empty",
        lambda dialect, code: (*empty_tree.made(code), *empty_tree.refused(code)),
        lambda: {**empty_tree.NUMBERING, **empty_tree.NUMBERS},
        ("empty", "filled", "require_room"),
        lambda: empty_tree.ASKED,
    ),
    Unit(
        "initial",
        lambda dialect, code: start.started(code),
        lambda: frames.FRAMES,
        ("initial",),
        lambda: start.INITIAL_ASKED,
    ),
    Unit(
        "kernel_start",
        lambda dialect, code: start.begun(code),
        start.starting_requires,
        ("Kernel._show_sigma0",),
        lambda: start.START_ASKED,
    ),
    Unit(
        "kernel_enter",
        lambda dialect, code: entering.walked(code),
        lambda: entering.GIVEN,
        ("Kernel.enter",),
        lambda: frozenset({entering.ENTERS}),
    ),
    *(_primitive(name) for name in PRIMITIVES),
    _loop("flush_below", "flush_step"),
    _loop("restrict_below", "restrict_step", "tour_step"),
    _loop("is_below"),
    _on_the_tree("map", "map_", "is_refused", "is_emptied"),
    _on_the_tree("grant", "grant"),
    _on_the_tree("flush", "flush"),
    _kernel("map", *_STEPS_OF_MAP),
    _kernel("grant", "move_node", "restrict_rights"),
    _kernel("flush"),
    _kernel("flush_below", "flush_step"),
    _kernel("restrict_below", "restrict_step", "narrow", "narrow_entry"),
    _kernel("lookup"),
)
"""All of them."""


def _build(unit: Unit) -> Build:
    return lambda dialect, code: unit.conditions(code)


def obligations() -> Iterator[CodeObligation]:
    """Of each unit that it executes all of what it is the home of."""
    for unit in UNITS:
        yield CodeObligation(
            f"{unit.id}__{EXECUTED_WHOLE}",
            "C5",
            f"{unit.id} executes every statement and both ways of every branch of {', '.join(unit.home)}",
            _build(unit),
        )
