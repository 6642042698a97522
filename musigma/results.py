"""The values that proofs, audits and attacks return: they print as the commands do, and show pictures in a notebook."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from model.trace import Trace
from musigma.printing import Printed, html_steps, html_table, html_trace
from proofs.verdict import EXIT_FAILED, EXIT_INCOMPLETE, EXIT_PASSED, Verdict, exit_status

if TYPE_CHECKING:
    from rich.console import Console

    from model.servers.theory import SubsystemTheory
    from model.spaces.dialect import Dialect
    from proofs.audits.spaces import Audit as AuditValue
    from proofs.report.storyboard import Storyboard
    from proofs.result import Run
    from proofs.servers.attack import Attack
    from proofs.servers.suggestion import Suggestion


@dataclass(frozen=True, repr=False)
class Proof(Printed):
    """The verdict on each obligation of a run; ``run`` has all that is known of them."""

    run: "Run"
    seconds: float

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """The verdict on each obligation, by its id."""
        return {result.obligation.id: result.verdict for result in self.run.results}

    @property
    def exit_status(self) -> int:
        """The exit status of ``musigma prove``."""
        return exit_status([verdict for verdict in self.verdicts.values() if verdict != Verdict.NOT_CLAIMED])

    @property
    def passed(self) -> bool:
        """Tell whether all that the dialect claims is proved, and something is claimed."""
        return self.exit_status == EXIT_PASSED

    @property
    def traces(self) -> dict[str, Trace]:
        """The shortest trace to each obligation that is refuted by one."""
        return {result.obligation.id: result.trace for result in self.run.results if result.trace}

    def to_json(self) -> dict[str, Any]:
        """The report that ``musigma prove --json`` writes."""
        from proofs.report.writers.json_report import run_json

        return run_json(self.run, self.seconds)

    def _summary(self) -> str:
        words = [verdict.value for verdict in self.verdicts.values()]
        counts = ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))
        return f"{self.run.dialect.name}: {counts}"

    def _print(self, console: "Console") -> None:
        from proofs.report.writers.terminal import print_run

        print_run(console, self.run, self.seconds)

    def _repr_html_(self) -> str:
        """A table of verdicts, and the traces to what is refuted."""
        rows = [
            (result.obligation.id, result.obligation.claim, result.obligation.sentence, result.verdict.value)
            for result in self.run.results
        ]
        table = html_table(self._summary(), ("obligation", "clause", "says", "verdict"), rows)
        return table + "".join(html_trace(trace) for trace in self.traces.values())


@dataclass(frozen=True, repr=False)
class Attacks(Printed):
    """The result of attacking a subsystem, for each guarantee a run that violates it, or how far none does."""

    attacks: "tuple[Attack, ...]"
    of: "SubsystemTheory"
    dialect: "Dialect"

    @property
    def found(self) -> bool:
        """Tell whether some guarantee is violated."""
        return any(attack.found for attack in self.attacks)

    @property
    def exit_status(self) -> int:
        """The exit status of ``musigma attack``."""
        if self.found:
            return EXIT_FAILED
        return EXIT_INCOMPLETE if any(attack.reason for attack in self.attacks) else EXIT_PASSED

    @property
    def passed(self) -> bool:
        """Tell whether no guarantee is violated, as far as was asked for."""
        return self.exit_status == EXIT_PASSED

    def to_json(self) -> dict[str, Any]:
        """The report that ``musigma attack --json`` writes."""
        from proofs.report.writers.attack_report import attacks_json

        return attacks_json(self.attacks)

    def _summary(self) -> str:
        said = [
            f"{each.guarantee} " + (f"violated in {each.steps} steps" if each.found else f"not in {each.steps} steps")
            for each in self.attacks
        ]
        return f"{self.attacks[0].subsystem}: {', '.join(said)}"

    def _print(self, console: "Console") -> None:
        from proofs.report.writers.attack_report import print_attack

        for attack in self.attacks:
            print_attack(console, attack)

    def _repr_html_(self) -> str:
        """A table of what is known of each guarantee, and the run of each that is violated, to step through."""
        rows = [(each.guarantee, each.summary, "; ".join(each.lines)) for each in self.attacks]
        table = html_table(self._summary(), ("guarantee", "what is known", "run"), rows)
        return table + "".join(html_steps(self.storyboard(each.guarantee)) for each in self.attacks if each.found)

    def storyboard(self, guarantee: str | None = None) -> "Storyboard":
        """The run that violates the guarantee, as pictures; of the guarantees that are violated the first, by default.

        :raises ValueError: none is violated, or not that one.
        """
        from proofs.report.storyboard.replays.servers import attack_board

        found = [each for each in self.attacks if each.found and guarantee in (None, each.guarantee)]
        if not found:
            raise ValueError(f"there is no run that violates {guarantee or 'anything'}, and so no picture")
        return attack_board(self.of, found[0], self.dialect)


@dataclass(frozen=True, repr=False)
class Suggestions(Printed):
    """The invariants that are inductive with those of a subsystem, and those that its proof needs."""

    suggestion: "Suggestion"

    @property
    def passed(self) -> bool:
        """Tell whether all is inductive, as the description stands."""
        return self.suggestion.complete and not self.suggestion.lacking

    @property
    def code(self) -> str:
        """Write the invariants that the proof needs, to be pasted into the description."""
        return "\n\n".join(each.code for each in self.suggestion.needed)

    def _summary(self) -> str:
        found = self.suggestion
        if not found.lacking:
            return f"{found.subsystem}: nothing is lacking"
        helped = [name for name in found.lacking if name not in found.still]
        said = [f"{len(found.needed)} invariants help {', '.join(helped)}"] if helped else []
        said += [f"none helps {', '.join(found.still)}"] if found.still else []
        return f"{found.subsystem}: {'; '.join(said)}"

    def _print(self, console: "Console") -> None:
        from proofs.report.writers.suggestion_report import suggestion_lines

        for line in suggestion_lines(self.suggestion):
            console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _repr_html_(self) -> str:
        found = self.suggestion
        rows = [(each.name, each.sentence, "needed") for each in found.needed]
        rows += [(each.name, each.sentence, "inductive") for each in found.further]
        return html_table(self._summary(), ("invariant", "says", "what it is"), rows)


@dataclass(frozen=True, repr=False)
class Audit(Printed):
    """The verdict on each claim of the paper in each dialect; true if every one is decided."""

    found: "AuditValue"
    dialects: tuple["Dialect", ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """Tell whether every cell was decided, one way or the other."""
        from proofs.audits.spaces import undecided

        return bool(self.found.cells) and not self.found.left and not undecided(self.found)

    @property
    def verdicts(self) -> dict[tuple[str, str], Verdict]:
        """The verdict by claim and dialect."""
        return {(cell.claim, cell.dialect): cell.verdict for cell in self.found.cells}

    def to_json(self) -> dict[str, Any]:
        """The report that ``musigma audit --json`` writes."""
        from proofs.report.writers.json_report import audit_json

        return audit_json(self.found, self.seconds)

    def _summary(self) -> str:
        words = [verdict.value for verdict in self.verdicts.values()]
        return ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))

    def _print(self, console: "Console") -> None:
        from proofs.report.writers.terminal import print_audit

        print_audit(console, self.found, self.dialects, self.seconds)

    def _repr_html_(self) -> str:
        """The matrix of claims and dialects."""
        from proofs.paper.claims import CLAIMS

        names = [dialect.name for dialect in self.dialects]
        rows = [
            (f"{claim.id} {claim.title}", *(self.verdicts[claim.id, name].value for name in names))
            for claim in CLAIMS.values()
        ]
        return html_table("Claims of the paper × dialects", ("claim", *names), rows)
