"""A case to explore, and its traces: found by compiled code, reported only after they were replayed uncompiled."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from model.scope import Scope
from model.spaces import literal as spaces
from model.spaces.dialect import Dialect, Readings
from model.spaces.operation import Operation
from model.trace import Trace
from proofs.explorer.counting import forests, orbits, unlabelled_forests
from proofs.explorer.result import Flaw, Violation
from proofs.explorer.searches.breadth_first import kernel_of
from proofs.explorer.states.forest import is_forest_dialect
from proofs.explorer.states.goal import Goal, reached
from proofs.explorer.states.layout import operation_of
from proofs.explorer.states.mapping import mapping_system
from proofs.explorer.states.properties import Property, property_named
from proofs.explorer.states.symmetry import concrete_operations
from proofs.explorer.states.wrong_operations import WrongOperation, executed, misread, perform
from proofs.explorer.system import System


class UnconfirmedError(AssertionError):
    """A trace does not show on the literal model what the explorer says it shows: the explorer is wrong."""


@dataclass(frozen=True, slots=True)
class Case:
    """A scope of the literal model under a dialect, with rights, and with faults."""

    scope: Scope
    dialect: Dialect
    rights: str = "none"
    faults: tuple[WrongOperation, ...] = ()

    @property
    def readings(self) -> Readings:
        """The dialect's readings, as the faults misread them."""
        return misread(self.dialect, self.faults).readings

    def known_to_masks(self, wanted: Iterable[Property]) -> bool:
        """Return whether successors can be found by masks and these properties checked with them."""
        plain = self.rights == "none" and not executed(self.faults) and is_forest_dialect(self.readings)
        return plain and not any(p.of_step for p in wanted)

    def system(self, wanted: Iterable[Property], *, goal: Goal | None = None, symmetry: str = "none") -> System:
        """The case as a packed system that has these properties; by masks, if they know it."""
        wanted, dialect = tuple(wanted), misread(self.dialect, self.faults)
        masks, steps = self.known_to_masks(wanted), any(p.of_step for p in wanted)
        return mapping_system(self.scope, dialect, self.rights, goal, symmetry, masks, executed(self.faults), steps)

    def expected_states(self, group: str) -> int | None:
        """Return the number of states up to a symmetry, where a formula tells."""
        if self.rights != "none" or self.faults or self.dialect.name not in ("canonical", "tree"):
            return None
        scope = self.scope
        if self.dialect.name == "canonical":
            return forests(scope.slots, scope.frames, lost=0) if group == "none" else None
        if group == "slots":
            return unlabelled_forests(scope.slots, scope.frames)
        return orbits(scope) if group == "pages" else forests(scope.slots, scope.frames)

    def states(self, trace: Trace) -> Iterator[tuple[Operation | None, int, spaces.Spaces]]:
        """Replay on the literal model with the faults; as :meth:`model.trace.Trace.states`."""
        state = spaces.initial(trace.scope)
        yield None, spaces.DONE, _copy(state)
        for operation in trace.operations:
            before, kind = _copy(state), operation.kind
            step = kind, operation.src, operation.dst, operation.rights
            status = perform(before, state, *step, self.readings, executed(self.faults))
            yield operation, status, _copy(state)

    def replayed(self, trace: Trace) -> tuple[spaces.Spaces, spaces.Spaces]:
        """The states before and after the last operation of a trace, on the literal model with the faults.

        :raises UnconfirmedError: the model refuses an operation.
        """
        before = after = spaces.initial(trace.scope)
        for operation, status, state in self.states(trace):
            if operation is not None and status != spaces.DONE:
                raise UnconfirmedError(f"the literal model refuses {operation.text(trace.scope)} in {trace}")
            before, after = after, state
        return before, after

    def violation(self, flaw: Flaw, system: System) -> Violation[Trace]:
        """A flaw as a trace, replayed on the literal model by the uncompiled predicate.

        :raises UnconfirmedError: the replay does not show it.
        """
        violated = property_named(flaw.property)
        operations = concrete_operations(flaw, system, kernel_of(system), self.scope)
        faults = "".join(f", with the fault {fault.name}" for fault in self.faults)
        shows = f"{violated.id} ({violated.clause}) does not hold{faults}"
        trace = Trace(self.dialect.name, self.scope, operations, shows)
        before, after = self.replayed(trace)
        if violated.of_step:
            last = trace.operations[-1]
            holds = violated.holds(before, after, last.kind, last.src, last.dst, last.rights)
        else:
            holds = violated.holds(after, self.scope.frames)
        if holds:
            raise UnconfirmedError(f"on the literal model {violated.id} holds after {trace}")
        return Violation(violated.id, violated.clause, violated.sentence, trace)

    def way_to(self, goal: Goal, flaw: Flaw) -> Trace:
        """The trace to a goal, replayed.

        :raises UnconfirmedError: it does not lead there.
        """
        trace = Trace(self.dialect.name, self.scope, tuple(operation_of(step) for step in flaw.steps), goal.text)
        if not reached(self.replayed(trace)[1], goal.program, 0):
            raise UnconfirmedError(f"{trace} does not reach {goal.text}")
        return trace


def _copy(state: spaces.Spaces) -> spaces.Spaces:
    return spaces.Spaces(*(column.copy() for column in state))
