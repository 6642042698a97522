"""A kernel watched by the theory: every step of it, while it runs, is held against the formulas that are proved.

After each step the mapping tree is read as address spaces (its abstraction) and the invariants are evaluated on them.
A step that makes or moves a node is held against the obligations of the map or the grant that it is, one that removes
a leaf or takes rights against what it may change; and each whole operation against all obligations of its action.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import z3
from numpy.typing import NDArray

from model.running.evaluate import Structure, compile_term
from model.scope import ALL_RIGHTS, Scope
from model.spaces.abstraction import steps_structure
from model.spaces.dialect import Dialect
from model.spaces.invariants import INVARIANTS
from model.spaces.literal import DONE, NIL, Spaces
from model.spaces.operation import Kind, Operation
from model.spaces.theory import before, called, x
from proofs.engines.search.monitor import Monitor, after
from proofs.obligation import Obligation
from proofs.registry import registry
from proofs.terms import unchanged
from refinement.kernel.kernel import Kernel, observe
from refinement.kernel.mapping_tree import abstraction

Check = Callable[[Structure], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class Breach:
    """A formula that a step or an operation did not satisfy: when, and the obligation or invariant."""

    moment: str
    formula: str

    def __str__(self) -> str:
        """In words."""
        return f"after {self.moment}: {self.formula}"


@cache
def _monitors(dialect: Dialect, action: str) -> tuple[Monitor, ...]:
    """The obligations of an action that the dialect claims of every step."""
    return tuple(
        Monitor(obligation, dialect)
        for obligation in registry().values()
        if isinstance(obligation, Obligation)
        and obligation.action == action
        and not obligation.sometimes
        and obligation.applies(dialect.readings)
    )


@cache
def _invariants(names: frozenset[str]) -> dict[str, Check]:
    return {name: compile_term(INVARIANTS[name].formula(after)) for name in sorted(names)}


@cache
def _only_source_changes() -> Check:
    """Every slot but the one the step is about is as before; that one was a leaf if it is nil now."""
    others = z3.ForAll([x], z3.Implies(x != called.src, unchanged(before, after, x)))
    leaf = z3.Or(after.live(called.src), z3.Not(z3.Exists([x], before.derives(x, called.src))))
    return compile_term(z3.And(others, leaf))


@dataclass
class KernelMonitor:
    """Watches a kernel; ``violations`` says what the theory did not allow.

    Here a kernel that gives what was asked for, and not what its source has:

    >>> from machine import SV39, tlb
    >>> from refinement.faults import FAULTS
    >>> from refinement.kernel.lockstep import boot
    >>> broken = FAULTS["rights-not-intersected"].kernel
    >>> kernel = boot(Scope(3, 1, 1), format=SV39, buffer=tlb.riscv_asid, cores=1, kernel=broken)
    >>> monitor = KernelMonitor(kernel)
    >>> monitor.do(Operation("map", 0, 1, 4)), monitor.violations
    (0, [])
    >>> status = monitor.do(Operation("map", 1, 2, 6))
    >>> print(monitor.violations[0])
    after step create_leaf: rights_never_grow

    :param kernel: its steps are observed from now on.
    :param refuted: names of the invariants, and ids of the obligations, that do not hold in the kernel's dialect.
    """

    kernel: Kernel
    refuted: frozenset[str] = frozenset()
    violations: list[Breach] = field(default_factory=list)
    _seen: Spaces = field(init=False)

    def __post_init__(self) -> None:
        """Look at the initial state, and from then on at every step."""
        self._seen = abstraction(self.kernel.tree)
        observe(self.kernel, self._after_step)

    @property
    def scope(self) -> Scope:
        """The kernel's scope."""
        return self.kernel.scope

    def do(self, operation: Operation) -> int:
        """Let the kernel execute an operation; how it ended."""
        earlier = abstraction(self.kernel.tree)
        status = operation.on(self.kernel)
        later = abstraction(self.kernel.tree)
        moment = operation.text(self.scope)
        if status == DONE:
            self._hold(moment, earlier, operation, later, _monitors(self.kernel.dialect, operation.action))
        elif _changed(earlier, later):
            self.violations.append(Breach(moment, "a refused operation changes nothing"))
        return status

    def _after_step(self, name: str) -> None:
        earlier, later = self._seen, abstraction(self.kernel.tree)
        changed = _changed(earlier, later)
        if not changed:
            return
        self._seen = later
        moment = f"step {name}"
        structure = steps_structure([earlier], [Operation(Kind.FLUSH, changed[0])], [later], self.scope)
        for formula, holds in _invariants(frozenset(INVARIANTS) - self.refuted).items():
            if not holds(structure)[0]:
                self.violations.append(Breach(moment, formula))
        for operation in _meaning(earlier, later, changed):
            monitors = _monitors(self.kernel.dialect, operation.action)
            self._hold(moment, earlier, operation, later, monitors)
            return
        if len(changed) > 1 or not _only_source_changes()(structure)[0]:
            names = ", ".join(map(self.scope.name, changed))
            self.violations.append(Breach(moment, f"more than one leaf changes: {names}"))

    def _hold(
        self, moment: str, earlier: Spaces, operation: Operation, later: Spaces, monitors: tuple[Monitor, ...]
    ) -> None:
        structure = steps_structure([earlier], [operation], [later], self.scope)
        self.violations += (
            Breach(moment, monitor.obligation.id)
            for monitor in monitors
            if monitor.obligation.id not in self.refuted and not monitor.holds(structure)[0]
        )


def _changed(earlier: Spaces, later: Spaces) -> list[int]:
    """The slots that are not as before."""
    differs = np.logical_or.reduce([one != other for one, other in zip(earlier, later, strict=True)])
    return [int(slot) for slot in np.flatnonzero(differs)]


def _meaning(earlier: Spaces, later: Spaces, changed: list[int]) -> Iterator[Operation]:
    """The theory's action that a step is: a map if a leaf appears, a grant if a node moves; otherwise none."""
    appears = [slot for slot in changed if earlier.sigma[slot] == NIL != later.sigma[slot]]
    disappears = [slot for slot in changed if later.sigma[slot] == NIL != earlier.sigma[slot]]
    if len(appears) == 1 and len(disappears) == 1:
        yield Operation(Kind.GRANT, disappears[0], appears[0], ALL_RIGHTS)
    elif len(appears) == 1 and not disappears and later.sigma[appears[0]] >= 0:
        yield Operation(Kind.MAP, int(later.sigma[appears[0]]), appears[0], int(later.rights[appears[0]]))
