"""The values that searches for traces return: they print as the commands do, and show pictures in a notebook."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from model.counting import counted
from model.trace import Trace
from musigma.printing import Printed, html_steps, html_table, html_text, html_trace
from proofs.verdict import EXIT_PASSED

if TYPE_CHECKING:
    from rich.console import Console

    from model.cores.trace import CoreTrace
    from model.messages.trace import MessageTrace
    from model.ranges.trace import RangeTrace
    from proofs.counterexamples.by_name import ViolatingTrace
    from proofs.explorer.explore import Exploration as ExplorationValue
    from proofs.report.storyboard import Storyboard
    from proofs.report.storyboard.lanes.lanes import LaneBoard


@dataclass(frozen=True, repr=False)
class Counterexample(Printed):
    """A shortest trace and what its last step violates, or where it was looked for; true if there is one."""

    name: str
    found: "ViolatingTrace"

    @property
    def trace(self) -> "Trace | MessageTrace | CoreTrace | RangeTrace | None":
        """The trace, the first of two runs where the obligation speaks of two."""
        if self.found.ranges is not None:
            return self.found.ranges
        if self.found.cores is not None:
            return self.found.cores.trace
        return self.spoken[0] if self.spoken else self.found.trace

    @property
    def spoken(self) -> "tuple[MessageTrace, ...]":
        """The traces of threads and messages, if it is about these."""
        return () if self.found.speech is None else self.found.speech.runs

    @cached_property
    def lanes(self) -> "LaneBoard | None":
        """The steps of many cores, or of interleaved calls, in a lane a core; none, if it is about neither."""
        from proofs.report.storyboard.lanes.cores import core_board
        from proofs.report.storyboard.lanes.interleaved import interleaved_board

        if self.found.schedule is not None:
            return interleaved_board(self.name, self.found.schedule)
        cores = self.found.cores
        return None if cores is None or cores.trace is None else core_board(cores.trace)

    @property
    def passed(self) -> bool:
        """Tell whether there is a counterexample."""
        return self.found.shown

    @cached_property
    def storyboard(self) -> "Storyboard":
        """The trace as scenes.

        :raises ValueError: there is no trace.
        """
        from proofs.report.storyboard import storyboard, storyboard_of
        from proofs.report.storyboard.replays.fault_trace import run_of
        from proofs.report.storyboard.replays.messages import message_board
        from proofs.report.storyboard.replays.range_faults import range_fault_board

        if self.found.ranges is not None:
            return range_fault_board(self.found.ranges)
        if self.spoken:
            return message_board(self.spoken[0])
        if self.found.trace is None:
            raise ValueError(self._summary())
        return storyboard_of(run_of(self.found.fault, self.name)) if self.found.fault else storyboard(self.found.trace)

    def _summary(self) -> str:
        if self.found.ranges is not None:
            operations = [operation.text(self.found.ranges.scope) for operation in self.found.ranges.operations]
            return f"{self.name}, ranges {self.found.ranges.ranges}: {'; '.join(operations)}"
        if self.found.lines:
            kind = self.found.owned or f"messages {self.found.messages}"
            return f"{self.name}, {kind}: " + "; ".join(self.found.lines)
        if self.lanes is not None:
            return f"{self.name}: {len(self.lanes.steps) - 1} steps: {self.lanes.steps[-1].findings[0]}"
        if self.spoken:
            operations = [operation.text(self.spoken[0].scope) for operation in self.spoken[0].operations]
            return f"{self.name}, messages {self.found.messages}: {'; '.join(operations)}"
        if self.found.trace is None:
            how = "there is none" if self.found.complete else "not known whether there is one"
            where = "; ".join(self.found.searched) or "nothing that the dialect claims stands for it"
            return f"{self.name} in {self.found.dialect.name}: {how}: {where}"
        length = len(self.found.trace.operations)
        return f"{self.name} in {self.found.dialect.name}: {counted(length, 'operation')}"

    def _print(self, console: "Console") -> None:
        from proofs.report.storyboard.lanes.lanes import print_lanes
        from proofs.report.storyboard.replays.messages import message_board
        from proofs.report.writers.trace_table import print_pair, print_storyboard

        if self.found.ranges is not None and self.found.fault is None:
            console.print("\n".join(self.found.ranges.lines()), markup=False, highlight=False)
        elif self.found.lines:
            console.print("\n".join(self.found.lines), markup=False, highlight=False)
        elif self.lanes is not None:
            print_lanes(console, self.lanes)
        elif self.spoken:
            for trace in self.spoken:
                print_storyboard(console, message_board(trace))
        elif self.found.trace is None and self.found.ranges is None:
            console.print(self._summary(), markup=False, highlight=False)
        elif self.found.pair is not None:
            print_pair(console, self.found.pair)
        else:
            print_storyboard(console, self.storyboard)

    def _repr_html_(self) -> str:
        """The trace to step through; of two runs both; of many cores the lanes."""
        if self.lanes is not None:
            from proofs.report.storyboard.lanes.lanes import lane_svg

            return lane_svg(self.lanes)
        if self.spoken:
            from proofs.report.storyboard.replays.messages import message_board

            return "".join(html_steps(message_board(trace)) for trace in self.spoken)
        if self.found.pair is not None:
            return "".join(html_trace(trace) for trace in self.found.pair.runs)
        drawn = self.found.trace is not None or self.found.ranges is not None
        return html_steps(self.storyboard) if drawn else html_text(self._summary())


@dataclass(frozen=True, repr=False)
class Exploration(Printed):
    """The result of exploring a scope; true if every state was visited and nothing is violated."""

    found: "ExplorationValue"

    @property
    def states(self) -> int:
        """Count the states that were visited, or the representatives of them."""
        return self.found.states

    @property
    def transitions(self) -> int:
        """Count the operations that were tried and not refused."""
        return self.found.transitions

    @property
    def depth(self) -> int:
        """The distance of the farthest state from the first."""
        return self.found.depth

    @property
    def passed(self) -> bool:
        """Tell whether every state was visited and nothing is violated."""
        return self.found.verdict.exit_status == EXIT_PASSED

    @property
    def verdict(self) -> str:
        """``exhausted``, ``violated``, ``truncated``, ``interrupted`` or ``refused``."""
        return self.found.verdict.value

    @property
    def traces(self) -> dict[str, Trace]:
        """The shortest trace to each property that is violated."""
        return {violation.property: violation.trace for violation in self.found.violations}

    def to_json(self) -> dict[str, Any]:
        """The report that ``musigma explore --json`` writes."""
        from proofs.report.writers.explorer_report import as_values

        return as_values(self.found)

    def _summary(self) -> str:
        where = f"{self.found.scope}, dialect {self.found.dialect}"
        return f"{where}: {self.verdict}, {self.states:,} states, depth {self.depth}"

    def _print(self, console: "Console") -> None:
        from proofs.report.writers.explorer_report import show

        show(console, self.found)

    def _repr_html_(self) -> str:
        """A table of counts and of what is violated, and the shortest trace to each."""
        violated = {violation.property: violation for violation in self.found.violations}
        # A property that is not violated holds only if every state was visited.
        kept = "holds" if self.found.complete else "not known"
        rows = [(name, "violated" if name in violated else kept) for name in self.found.properties]
        table = html_table(self._summary(), ("property", "verdict"), rows)
        return table + "".join(html_trace(trace) for trace in self.traces.values())
