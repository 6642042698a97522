"""What the kernel does about a slot that may show an I/O port, executed: a bit in the place of an entry (B.io)."""

from collections.abc import Callable
from functools import cache, partial
from types import SimpleNamespace
from typing import NoReturn

from z3 import And, BoolVal, Const, Implies, Not

from model.spaces.theory import Formula, Slot
from proofs.execution.integers import Integer, integer, natural
from proofs.execution.monitor import bind
from proofs.execution.path import ExecutionError, Path, paths
from proofs.execution.values import no_node
from proofs.obligations.kernel.world import entry_requires
from proofs.obligations.source import CODE, Code
from proofs.obligations.tree.tree import fresh_state
from refinement.messages.io_maps import BOTH

SHOWS = "ports_kernel__shows__ports_by_bits"

SLOT, SPACE, NODE = object(), object(), object()
TREE, AT = fresh_state(" of ports"), Const("slot_of_the_entry", Slot)
frame, first_port, held, narrowed = (
    natural("frame", 20),
    natural("first_port", 20),
    natural("held", 3),
    natural("asked", 3),
)


class _Of:
    """A table that is asked for one thing, where there is one."""

    def __init__(self, path: Path, key: object, value: object, there: Formula) -> None:
        self.path, self.key, self.value, self.there = path, key, value, there

    def __getitem__(self, key: object) -> object:
        if key is not self.key:
            raise ExecutionError("another place is looked up than that of the slot")
        self.path.demand(SHOWS, lambda: self.there)
        return self.value


class _Kernel:
    """A kernel with ports, and what it did."""

    def __init__(self, path: Path, code: Code) -> None:
        self.path = path
        self.shown: list[tuple[object, Integer, Formula]] = []
        self.beneath: list[tuple[object, ...]] = []
        self.first_port = first_port
        is_node = Implies(And(*entry_requires(TREE, AT).values()), TREE.node_of(AT) != no_node)
        self.tree = SimpleNamespace(
            node_of=_Of(path, SLOT, NODE, BoolVal(True)),
            frame=_Of(path, NODE, frame, is_node),
            rights=_Of(path, NODE, held, is_node),
        )
        self.scope = SimpleNamespace(space=lambda slot: SPACE if slot is SLOT else self._wrong())
        self.io_maps = SimpleNamespace(permit=self._permit)
        for name in ("is_port", "_show_port"):
            setattr(self, name, partial(bind(code.port_method(name), path), self))

    def _wrong(self) -> NoReturn:
        raise ExecutionError("another slot or space is asked about than the one that is meant")

    def _permit(self, of: object, port: object, *, permitted: object) -> None:
        said = BoolVal(permitted) if isinstance(permitted, bool) else permitted
        self.shown.append((of, integer(port), said))

    def beneath_it(self, of: object, kernel: object) -> SimpleNamespace:
        """The kernel of memory's frames, which this one is made of: what ``super()`` is in its methods."""
        if kernel is not self:
            raise ExecutionError("super() of another object")
        names = ("write_entry", "narrow_entry", "clear_entry")
        return SimpleNamespace(**{name: partial(self._did, name) for name in names})

    def _did(self, *what: object) -> None:
        self.beneath.append(what)


def _entry(path: Path, code: Code, name: str, *arguments: object, rights: Integer) -> None:
    kernel = _Kernel(path, code)
    bind(code.port_method(name), path, {"super": kernel.beneath_it})(kernel, SLOT, *arguments)
    is_port, both = frame >= first_port, rights & BOTH == BOTH
    if kernel.shown:
        ((of, port, said),) = kernel.shown
        is_right = of is SPACE and not kernel.beneath
        path.demand(SHOWS, lambda: And(BoolVal(is_right), is_port, port == frame - first_port, said == both))
    else:
        handed_on = kernel.beneath == [(name, SLOT, *arguments)]
        path.demand(SHOWS, lambda: And(BoolVal(handed_on), Not(is_port)))


@cache
def in_kernel(code: Code = CODE) -> tuple[Path, ...]:
    """All paths through what the kernel does about a slot that may show a port."""
    runs: list[Callable[[Path], None]] = [
        lambda path: _entry(path, code, "write_entry", rights=held),
        lambda path: _entry(path, code, "narrow_entry", narrowed, rights=narrowed),
        lambda path: _entry(path, code, "clear_entry", rights=integer(0)),
    ]
    return tuple(path for run in runs for path, _ in paths(run))
