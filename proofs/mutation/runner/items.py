"""The items that can notice a mutant: a test of the collected ones, or an obligation in a dialect."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import pytest
import z3
from _pytest.runner import runtestprotocol

from model.spaces.dialect import DIALECTS, dialect_named
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.execution.syntax import OtherCodeError
from proofs.mutation.record import MutantEnding, Noticed
from proofs.obligation import Condition, Obligation, Provable
from proofs.two_runs import about_model
from proofs.verdict import Verdict

SETTINGS = Settings(solvers=Solvers.Z3, seconds=10.0, soon=0.2)

_SHOWN = Satisfiable()  # filled only in the process of a mutant, whose obligations share many hypotheses


class TestItem:
    """A collected test.

    Those of a group execute the same functions, and share what these gave them.
    """

    is_proof = False
    __test__ = False

    def __init__(self, item: pytest.Item) -> None:
        """The test as pytest holds it."""
        self.item = item
        self.name = item.nodeid
        self.file = item.nodeid.partition("::")[0]
        self.group = self.name
        self.decided = False

    def told(self, seconds: float) -> dict[str, Any]:
        """As JSON values, with the seconds that it takes."""
        return {"name": self.name, "seconds": seconds}

    def run(self, following: "TestItem | ProofItem | None" = None, seconds: float = 0.0) -> Noticed | None:
        """Run the item: return what is noticed; None if the test passes.

        :param following: the test that comes next, for which what they share is kept.
        :param seconds: of no use here; who runs it ends it.
        """
        try:
            reports = runtestprotocol(self.item, log=False, nextitem=getattr(following, "item", None))
        except BaseException as error:
            return Noticed(MutantEnding.TEST, _first_line(f"{type(error).__name__}: {error}"))
        for report in reports:
            if report.failed:
                crash = getattr(report.longrepr, "reprcrash", None)
                return Noticed(MutantEnding.TEST, _first_line(crash.message if crash else str(report.longrepr)))
        return None


class ProofItem:
    """An obligation in a dialect, with the invariants that the right theory has there.

    Its group are the obligations of the same function.

    :ivar decided: in this process it was proved, or is the same as without the mutant: it need not be asked again.
    """

    is_proof = True

    def __init__(self, obligation: str, dialect: str, invariants: Iterable[str]) -> None:
        """By name."""
        self.obligation = obligation
        self.dialect = dialect
        self.invariants = frozenset(invariants)
        self.name = f"{obligation} in {dialect}"
        self.file = dialect
        self.group = f"{obligation.partition('__')[0]} in {dialect}"
        self.decided = False
        self._right: list[Condition] = []

    def told(self, seconds: float) -> dict[str, Any]:
        """As JSON values, with the seconds that it takes."""
        made = [self.obligation, self.dialect, sorted(self.invariants)]
        return {"name": self.name, "seconds": seconds, "proof": made}

    def keep(self) -> None:
        """Keep the conditions of the right theory: where a mutant has the same ones, no solver need be asked."""
        from proofs.registry import registry

        if about_model(registry()[self.obligation]):  # to execute code on terms takes longer than to solve
            self._right = self.conditions()

    def conditions(self) -> list[Condition]:
        """Its verification conditions, built afresh each time."""
        from proofs.registry import registry

        return list(registry()[self.obligation].conditions(dialect_named(self.dialect), self.invariants))

    def run(self, following: object = None, seconds: float = SETTINGS.seconds) -> Noticed | None:
        """A counterexample, hypotheses that contradict each other, or code that cannot be executed; else None.

        :param seconds: that the solver has for each condition; if they are not enough, nothing is noticed.
        """
        try:
            conditions = self.conditions()
        except OtherCodeError:
            self.decided = True  # the mutant itself was not executed
            return None
        except Exception as error:
            return Noticed(MutantEnding.REFUSED, _first_line(f"{type(error).__name__}: {error}"))
        if self._right and _are_same(conditions, self._right):
            self.decided = True
            return None
        settings = replace(SETTINGS, seconds=min(seconds, SETTINGS.seconds))
        verdict = discharge_all(conditions, _SHOWN, settings).verdict
        self.decided = verdict == Verdict.PROVED
        return Noticed(MutantEnding.PROOF, verdict.value) if verdict in (Verdict.UNPROVED, Verdict.VACUOUS) else None


Item = TestItem | ProofItem


def _are_same(one: Sequence[Condition], other: Sequence[Condition]) -> bool:
    """Whether the conditions are the very same terms, to each name."""
    return len(one) == len(other) and all(
        list(a.hypotheses) == list(b.hypotheses)
        and all(map(z3.eq, (*a.hypotheses.values(), a.goal), (*b.hypotheses.values(), b.goal)))
        for a, b in zip(one, other, strict=True)
    )


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")[:160]


def proof_items(
    about: Sequence[str], dialects: Sequence[str], patterns: Sequence[str], jobs: int
) -> Iterator[ProofItem]:
    """The obligations whose ids fit a pattern, each in the dialects that claim it."""
    if not about:
        return
    from proofs.registry import registry

    known: Mapping[str, Any] = _invariants(dialects or tuple(DIALECTS), jobs) if "model" in about else {}
    for dialect in dialects or DIALECTS:
        for name, obligation in registry().items():
            of_model = about_model(obligation)
            wanted = ("model" if of_model else "code") in about and any(fnmatchcase(name, each) for each in patterns)
            if wanted and not _is_possible(obligation) and obligation.applies(dialect_named(dialect).readings):
                yield ProofItem(name, dialect, known.get(dialect, ()) if of_model else ())


def _is_possible(obligation: Provable) -> bool:
    """Whether it asks for some step, which a solver cannot show."""
    return isinstance(obligation, Obligation) and obligation.sometimes


def _invariants(dialects: Sequence[str], jobs: int) -> dict[str, list[str]]:
    """The invariants that hold in each dialect."""
    from proofs.engines.pool import workers
    from proofs.inductive import inductive_invariants
    from proofs.input.extension import theory_of

    with workers(jobs, SETTINGS) as pool:
        return {name: sorted(inductive_invariants(dialect_named(name), pool, theory_of()).shown) for name in dialects}
