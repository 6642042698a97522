"""Experiments that tell the readings of a target apart: what each asks, and the operations that answer it."""

from dataclasses import dataclass

from model.scope import Scope
from model.spaces.operation import WORDS, Operation

SCOPE = Scope(3, 2, 2)


@dataclass(frozen=True, slots=True)
class Experiment:
    """A question, and the steps that answer it."""

    question: str
    operations: tuple[Operation, ...]

    @property
    def steps(self) -> str:
        """The steps as people write them."""
        return "; ".join(operation.text(SCOPE) for operation in self.operations)


def _operation(text: str) -> Operation:
    kind, src, *rest = text.split()
    dst = SCOPE.parse(rest.pop(0)) if WORDS[kind].names_destination else -1
    return Operation(kind, SCOPE.parse(src), dst, int(rest[0]) if rest else 7)


def _experiment(question: str, *steps: str) -> Experiment:
    return Experiment(question, tuple(_operation(step) for step in steps))


EXPERIMENTS = (
    _experiment("a destination that shows another frame", "map 0[0] 1[0]", "map 0[1] 1[0]"),
    _experiment("a destination mapped from the source already", "map 0[0] 1[0] 4", "map 0[0] 1[0] 2"),
    _experiment("the same frame by another path", "map 0[0] 1[0] 4", "map 0[0] 2[0] 7", "map 2[0] 1[0] 2"),
    _experiment("more than the parent has", "map 0[0] 1[0] 4", "map 1[0] 2[0]", "map 0[0] 2[0] 2"),
    _experiment("a page mapped onto itself", "map 0[0] 1[0]", "map 1[0] 1[0]"),
    _experiment("a page granted onto itself", "map 0[0] 1[0]", "grant 1[0] 1[0]"),
    _experiment("a page mapped onto its ancestor", "map 0[0] 1[0]", "map 1[0] 2[0]", "map 2[0] 1[0]"),
    _experiment("a page granted onto its ancestor", "map 0[0] 1[0]", "map 1[0] 2[0]", "grant 2[0] 1[0]"),
    _experiment("a page mapped onto a slot that holds a frame", "map 0[0] 1[0]", "map 1[0] 0[1]"),
    _experiment("a page mapped onto its frame's holder", "map 0[0] 1[0]", "map 1[0] 0[0]"),
    _experiment("a page granted to a nil slot", "map 0[0] 1[0]", "grant 1[0] 2[0]"),
    _experiment("a page granted onto one in use", "map 0[0] 1[0]", "map 0[0] 2[0]", "grant 1[0] 2[0]"),
    _experiment("what was mapped from a granted page", "map 0[0] 1[0]", "map 1[0] 2[0]", "grant 1[0] 1[1]"),
    _experiment("more rights asked for than there are", "map 0[0] 1[0] 4", "map 1[0] 2[0] 7"),
    _experiment("no right in common", "map 0[0] 1[0] 4", "map 1[0] 2[0] 2"),
    _experiment("a flush of one right", "map 0[0] 1[0]", "flush 0[0] 2"),
    _experiment("a flush of the only right", "map 0[0] 1[0] 4", "map 1[0] 2[0] 4", "flush 0[0] 4"),
    _experiment("the flusher's own page", "map 0[0] 1[0]", "map 1[0] 2[0]", "flush 1[0]"),
    _experiment("a nil page mapped onto one in use", "map 0[0] 1[0]", "map 2[0] 1[0]"),
    _experiment("a page that derives from itself, mapped on", "map 0[0] 1[0]", "map 1[0] 1[0]", "map 1[0] 2[0]"),
)
