"""A core that enters a space executes it under that space's own tag, from its own root table (B.thread, C4).

The proof about tags assumes it of every core (:mod:`proofs.obligations.machine.tags`); here the kernel's ``enter``
keeps it.
"""

from collections.abc import Iterator
from functools import cache, partial
from typing import Any

from z3 import And, BoolSort, BoolVal, Function, Implies

from model.spaces.dialect import CANONICAL
from model.spaces.theory import Formula, Space
from proofs.execution.path import Path, paths
from proofs.execution.values import Page, Tag, Value, lift
from proofs.obligation import Condition
from proofs.obligations.code import Build, CodeObligation, conditions_of
from proofs.obligations.kernel.kernel_terms import symbolic_kernel
from proofs.obligations.machine.tags_line import under
from proofs.obligations.machine.tags_state import core as entering
from proofs.obligations.machine.tags_state import distinct, executes, runs_in, space
from proofs.obligations.source import CODE, Code

ENTERS = "executes__the_space_under_its_tag"

root_of = Function("root_of", Space, Page)
given, has_given = Function("tag_given", Space, Tag), Function("has_tag_given", Space, BoolSort())
GIVEN = {
    "spaces have tags of their own": distinct(given, has_given),
    "the space that is entered has a tag": has_given(space),
}
"""What :obl:`tags_of__gives__the_spaces_tag` and its neighbours conclude."""


class EnteredCore:
    """A core that is told which space to execute."""

    def __init__(self) -> None:
        """It was told nothing."""
        self.told: list[tuple[object, object]] = []

    def switch(self, root: object, tag: object = 0) -> None:
        """Execute with that root table, under that tag."""
        self.told.append((root, tag))


class TagsGiven:
    """The tags, which the space that is asked for has one of."""

    def __init__(self, path: Path, core: EnteredCore) -> None:
        """For a core."""
        self._path, self._core = path, core

    def of(self, entered: Value, core: object) -> Value:
        """The space's tag, given for the core that enters it."""
        asked = lift(entered, Space)
        self._path.demand(ENTERS, lambda: And(BoolVal(core is self._core), asked == space))
        return Value(given(asked), self._path)


def _enter(code: Code, path: Path) -> None:
    kernel: Any = symbolic_kernel(path, CANONICAL.readings, code)
    core = EnteredCore()
    kernel.tags = TagsGiven(path, core)
    kernel.tables.root = lambda entered: Value(root_of(lift(entered, Space)), path)
    kernel.enter(core, Value(space, path))
    path.demand(ENTERS, lambda: _is_told(core))


def _is_told(core: EnteredCore) -> Formula:
    if len(core.told) != 1:
        return BoolVal(False)
    root, tag = core.told[0]
    if not isinstance(root, Value) or not isinstance(tag, Value):
        return BoolVal(False)
    told = And(runs_in(entering) == space, under(entering) == tag.term)
    return And(root.term == root_of(space), Implies(told, executes(given, has_given, entering)))


@cache
def walked(code: Code = CODE) -> tuple[Path, ...]:
    """All paths through the kernel's ``enter``."""
    return tuple(path for path, _ in paths(partial(_enter, code)))


def _conditions(code: Code) -> Iterator[Condition]:
    return conditions_of(walked(code), GIVEN, ENTERS)


def _build() -> Build:
    return lambda dialect, code: _conditions(code)


def obligations() -> Iterator[CodeObligation]:
    """The one about entering a space."""
    yield CodeObligation(
        f"kernel_enter__{ENTERS}",
        "B.thread",
        "a core that enters a space executes it from its root table, under the space's tag",
        _build(),
    )
