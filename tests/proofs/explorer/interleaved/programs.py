"""Programs of a few steps that are written out: what each core does, access by access."""

from collections.abc import Callable
from typing import Any, TypeAlias

from model.scope import Scope
from proofs.explorer.interleaved.execution import Execution, Program
from refinement.cores.locking import Call, Locking
from refinement.cores.machine import SharedKernel
from refinement.cores.stepping import FENCE, INVALIDATE, Access, Column, Steps, acquire, release, try_acquire

Step: TypeAlias = tuple[Any, ...]
SCOPE = Scope(2, 1, 1)


def nothing(kernel: SharedKernel) -> str:
    """Nothing is wrong with what cores see."""
    return ""


def program(
    *cores: list[Step] | list[list[Step]],
    buffered: bool = False,
    timed: bool = False,
    look: Callable[[SharedKernel], str] = nothing,
) -> Program:
    """Each core has the steps of one call, or of several.

    A step is ``("read", place)``, ``("write", place, value)``, ``("lock" or "try" or "unlock", name)``, ``("fence",)``,
    ``("forget", core, slot)``, ``("spin", place)`` until something but 0 is there, ``("put", column, index, value)`` to
    the tree or the entries, or ``("break",)``. A call returns what it read and whether it got what it tried.
    """
    calls: list[tuple[Call, ...]] = []
    bodies: list[list[Step]] = []
    for core in cores:
        several: Any = core if not core or isinstance(core[0], list) else [core]
        calls.append(tuple(Call("any", len(bodies) + n) for n in range(len(several))))
        bodies += several

    def make() -> SharedKernel:
        kernel = SharedKernel(SCOPE, len(cores), buffered=buffered)
        kernel.plain = Column("plain", [0, 0, 0], kernel.shared)  # type: ignore[attr-defined]
        return kernel

    def any_of(kernel: SharedKernel, call: Call) -> Steps:
        return (yield from _done(kernel, bodies[call.src]))

    return Program(make, Locking("written out", "", any_of), tuple(calls), timed, look)


def _done(kernel: Any, steps: list[Step]) -> Steps:
    found: list[Any] = []
    for number, (kind, *of) in enumerate(steps):
        if kind == "read":
            found.append((yield from kernel.plain.reading(*of)))
        elif kind == "write":
            yield from kernel.plain.writing(*of)
        elif kind == "spin":
            while not (yield from kernel.plain.reading(*of)):
                pass
        elif kind == "put":
            name, index, value = of
            column = kernel.shared.entries if name == "entry" else getattr(kernel.tree, name)
            yield from column.writing(index, value)
        elif kind == "lock":
            yield from acquire(*of)
        elif kind == "try":
            found.append((yield from try_acquire(*of)))
        elif kind == "unlock":
            yield from release(*of)
        elif kind == "fence":
            yield Access(FENCE, ("of stores",))
        elif kind == "forget":
            core, slot = of
            yield Access(INVALIDATE, ("core", core, "slot", slot))
            kernel.shared.invalidate(core, slot)
        else:
            raise ValueError(f"step {number} breaks")
    return tuple(found)


def run(made: Program, *agents: int) -> Execution:
    """The execution in which these agents have made a step each, in turn."""
    execution = Execution(made)
    for agent in agents:
        assert agent in execution.enabled()
        execution.step(agent)
    return execution


def plain(execution: Execution) -> list[int]:
    """What memory holds of the plain column."""
    return list(execution.kernel.plain.values)  # type: ignore[attr-defined]
