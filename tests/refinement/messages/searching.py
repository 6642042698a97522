"""Every step of a scope on the kernel and on the model: what the tests of the lockstep and of broken kernels share."""

from collections.abc import Iterator
from typing import Any

from machine import SV39, tlb
from model.messages.operation import Kind, Operation
from model.messages.scope import MessageScope
from model.messages.steps import State, Steps, operations_of
from model.scope import ALL_RIGHTS
from model.spaces.dialect import CANONICAL, Dialect
from model.spaces.literal import DONE
from refinement.kernel.lockstep import Difference
from refinement.messages.kernel import MessageKernel
from refinement.messages.lockstep import MessageLockstep, boot


def calls(scope: MessageScope, rights: tuple[int, ...] = (ALL_RIGHTS,), **only: Any) -> tuple[Operation, ...]:
    """Every operation that a program can ask the kernel for: it waits for one, for anybody or for nobody, at a slot."""
    everybody = (1 << scope.ids) - 1
    willing = dict.fromkeys((0, everybody, *(1 << i for i in range(scope.ids))))
    return tuple(
        operations_of(
            scope, rights=rights, **{"willing": willing, "opens": (0, *(1 << x for x in range(scope.slots))), **only}
        )
    )


def lockstep(scope: MessageScope, kernel: type[MessageKernel] = MessageKernel, **machine: Any) -> MessageLockstep:
    """A kernel and the model in the first state."""
    return MessageLockstep(boot(scope, kernel=kernel, **{"format": SV39, "buffer": tlb.riscv_asid, **machine}))


def every_difference(
    scope: MessageScope,
    operations: tuple[Operation, ...],
    dialect: Dialect = CANONICAL,
    most: int | None = None,
    **machine: Any,
) -> Iterator[tuple[list[Operation], Difference]]:
    """All that differs in any state of the scope, breadth first, by any operation; with what led there.

    A state is made once, and again after each operation that changed it. What was refused has changed no thread; that
    all of it together has changed no page, is looked at in the end.
    """
    steps = Steps(scope, spaces=dialect, operations=operations, history=False)
    histories: dict[State, list[Operation]] = {steps.first: []}
    pending, at = [steps.first], 0
    while at < len(pending) and (most is None or at < most):
        history = histories[pending[at]]
        at += 1
        both = _at(scope, history, dialect=dialect, **machine)
        for operation in operations:
            found = both.do(operation, pages=False)
            changed = both.status == DONE or both.expected == DONE
            found += list(both.compare()) if changed else []
            yield from (([*history, operation], difference) for difference in found)
            if changed or found:
                row = both.row.copy()
                row[-(scope.threads**2) :] = 0
                if row.tobytes() not in histories:
                    histories[row.tobytes()] = [*history, operation]
                    pending.append(row.tobytes())
                both = _at(scope, history, dialect=dialect, **machine)
        yield from ((history, difference) for difference in both.compare())


def _at(scope: MessageScope, history: list[Operation], **machine: Any) -> MessageLockstep:
    both = lockstep(scope, **machine)
    for operation in history:
        both.skip(operation)
    return both


__all__ = ["Kind", "calls", "every_difference", "lockstep"]
