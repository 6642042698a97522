"""pytest plugin: ``pytest --musigma`` collects proof obligations as test items.

Their node ids are ``musigma[canonical]::map__preserves__forest``, so ``-k``, ``-x``, ``--lf`` and the distribution of
tests over processes work as with any other test. An obligation that is no pass fails with its trace or counterexample.
Pytest imports this module wherever the project is installed: without ``--musigma`` it imports nothing else of it.
"""

from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from model.spaces.dialect import Dialect
    from proofs.engines.pool import Workers
    from proofs.inductive import Inductive
    from proofs.input.extension import Specification
    from proofs.obligation import Provable
    from proofs.result import Result


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the plugin."""
    group = parser.getgroup("musigma", "proof obligations")
    group.addoption("--musigma", action="store_true", help="collect proof obligations as tests")
    group.addoption(
        "--musigma-dialect", action="append", metavar="DIALECT", help="of this dialect; may be given again (canonical)"
    )
    group.addoption("--musigma-theory", metavar="FILE", help="a Python file with actions and invariants of your own")
    group.addoption(
        "--musigma-solver",
        choices=("z3", "cvc5", "both"),
        default="both",
        help="who must agree that one is proved",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Add the obligations to what is collected, if they are wanted."""
    if config.getoption("musigma"):
        from musigma.shadowing import ShadowedError, refuse_foreign

        try:
            refuse_foreign()
        except ShadowedError as error:
            raise pytest.UsageError(f"--musigma: {error}") from None
        config.pluginmanager.register(_Obligations(config), "musigma-obligations")


class ObligationFailedError(Exception):
    """An obligation is no pass; the result says why."""

    def __init__(self, result: "Result") -> None:
        """Keep the result for the report."""
        super().__init__(result.verdict.value)
        self.result = result


class _Obligations:
    """Hold what one run of pytest needs: the theory, and a worker process once the first obligation runs."""

    def __init__(self, config: pytest.Config) -> None:
        from model.near_names import near_names
        from model.spaces.dialect import DIALECTS, dialect_named
        from proofs.input.extension import theory_of
        from proofs.input.theory_file import ExtensionError

        path = config.getoption("musigma_theory")
        names = config.getoption("musigma_dialect") or ["canonical"]
        try:
            self.theory: Specification = theory_of(
                str((config.invocation_params.dir / path).absolute()) if path else ""
            )
            self._dialects = [dialect_named(name) for name in names]
        except ExtensionError as error:
            raise pytest.UsageError(f"--musigma-theory: {error}") from None
        except KeyError as error:
            wrong = str(error.args[0])
            raise pytest.UsageError(
                f"--musigma-dialect: there is no dialect or condition {wrong!r}{near_names(wrong, DIALECTS)}"
            ) from None
        self._solver: str = config.getoption("musigma_solver")
        self._context: AbstractContextManager[Workers] | None = None
        self._workers: Workers | None = None
        self._known: dict[str, Inductive] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """The obligations of each dialect stand beside the files of the session."""
        report = yield
        if isinstance(collector, pytest.Session) and report.passed:
            for dialect in self._dialects:
                name = f"musigma[{dialect.name}]"
                node = DialectCollector.from_parent(collector, name=name, nodeid=name)
                node.dialect, node.obligations = dialect, self
                report.result.append(node)
        return report

    def result(self, obligation: "Provable", dialect: "Dialect") -> "Result":
        """Return the result of an obligation; which invariants are inductive is asked once for each dialect."""
        from proofs.engines.pool import workers
        from proofs.engines.smt.outcome import Settings, Solvers
        from proofs.inductive import inductive_invariants
        from proofs.prove import prove

        if self._workers is None:
            self._context = workers(1, Settings(solvers=Solvers(self._solver), theory=self.theory.source))
            self._workers = self._context.__enter__()
        if dialect.name not in self._known:
            self._known[dialect.name] = inductive_invariants(dialect, self._workers, self.theory)
        run = prove(dialect, [obligation], self._workers, induction=True, known=self._known[dialect.name])
        return run.results[0]

    def pytest_unconfigure(self) -> None:
        """Stop the worker."""
        if self._context is not None:
            self._context.__exit__(None, None, None)


class DialectCollector(pytest.Collector):
    """The obligations that a dialect claims."""

    dialect: "Dialect"
    obligations: _Obligations

    def collect(self) -> "Iterator[ObligationItem]":
        """One item an obligation."""
        for obligation in self.obligations.theory.registry.values():
            if obligation.applies(self.dialect.readings):
                item = ObligationItem.from_parent(self, name=obligation.id)
                item.obligation = obligation
                item.extra_keyword_matches.add(obligation.claim)
                yield item


class ObligationItem(pytest.Item):
    """An obligation as a test: it passes if it is proved, or shown by a witness."""

    obligation: "Provable"
    parent: DialectCollector

    def runtest(self) -> None:
        """Discharge it.

        :raises ObligationFailedError: it is no pass.
        """
        result = self.parent.obligations.result(self.obligation, self.parent.dialect)
        if not result.verdict.passed:
            raise ObligationFailedError(result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The sentence of the obligation, its verdict, and the trace or counterexample."""
        from proofs.report.writers.describe import failure_lines

        if not isinstance(excinfo.value, ObligationFailedError):
            return super().repr_failure(excinfo, style)
        result = excinfo.value.result
        title = f"{result.verdict.value}: {result.obligation.claim}, {result.obligation.sentence} ({result.dialect})"
        return "\n".join([title, *(f"  {line}" for line in failure_lines(result))])

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The place where the obligation's goal is written."""
        from proofs.report.writers.describe import ROOT, source_of

        path, line = source_of(self.obligation)
        return ROOT / path, line - 1, self.name
