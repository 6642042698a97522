"""Directives for obligations: an entry for one, a table for many, an index of all."""

from collections import Counter
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives

from model.spaces.dialect import Dialect
from model.spaces.invariants import INVARIANTS
from musigma_docs.base.build import (
    Cell,
    Musigma,
    RefusedError,
    anchor_of,
    badge,
    box,
    fields,
    folded,
    formula,
    joined,
    table,
    title,
)
from musigma_docs.base.domain import INDEX, ROW
from musigma_docs.statements.crossing import mentions, tests_naming
from musigma_docs.statements.theory import dialect_option
from proofs.faults.catalogue.catalogue import CATALOGUE
from proofs.obligation import Condition, Obligation, Provable, condition_of
from proofs.registry import known
from proofs.report.formulas.latex import inline, latex, size
from proofs.report.formulas.state_after import goal, goal_of_two
from proofs.two_runs import TwoRuns, about_model

NOT_RUN = "not run"
AT_A_GLANCE = 40
"""A table with more rows is folded away behind its verdicts."""
READABLE = 700
"""The goals of code are shown up to this many signs."""


def verdict_of(report: dict[str, Any], name: str, *, draft: bool) -> dict[str, Any]:
    """What a run says of an obligation; in a draft, whose run may be older than the obligation, perhaps nothing.

    :raises RefusedError: nothing.
    """
    for result in report["results"]:
        if result["obligation"] == name:
            found: dict[str, Any] = result
            return found
    if draft:
        source = {"file": "", "line": 0}
        nothing = dict.fromkeys(("outside_of_fragment", "trace", "reason"), "")
        return {"verdict": NOT_RUN, "used": [], "answers": [], "source": source, **nothing}
    raise RefusedError(f"the run in {report['dialect']} says nothing of {name}")


def mechanism_of(change: str) -> str:
    """The fault of the catalogue that a change stands for; empty if it is only a change."""
    return next(
        (each.name for each in CATALOGUE.values() if change in each.changed),
        "",
    )


class ObligationDirective(Musigma):
    """``.. obligation:: ID``: what it says, its formula, its verdict, what it rests on, what fells it."""

    required_arguments = 1
    option_spec = {"dialect": directives.unchanged, "expect": directives.unchanged}

    def make(self) -> list[nodes.Node]:
        name = self.known("obligation", self.arguments[0])
        obligation = known()[name]
        dialect = dialect_option(self.options.get("dialect", "canonical"))
        if dialect.name != "canonical" and not about_model(obligation):
            raise RefusedError(f"{name} speaks of code, which is proved in the canonical dialect: leave :dialect: out")
        report = self.evidence.prove(dialect.name, (name,))
        result = verdict_of(report, name, draft=self.evidence.draft)
        expected = self.options.get("expect")
        if expected is not None and result["verdict"] not in (expected, NOT_RUN):
            raise RefusedError(f"the page expects {name} {expected} in {dialect.name}, but it is {result['verdict']}")
        whole = box(
            "obligation",
            title(nodes.literal("", name), nodes.Text(" "), badge(result["verdict"])),
            nodes.paragraph("", obligation.sentence[0].upper() + obligation.sentence[1:] + "."),
        )
        if result["verdict"] != "not claimed":
            whole += self._formulas(obligation, dialect, report, result)
        whole += fields(self._said(obligation, dialect, result))
        self.anchored("obligation", name, whole)
        return [whole]

    def _formulas(
        self, obligation: Provable, dialect: Dialect, report: dict[str, Any], result: dict[str, Any]
    ) -> list[nodes.Node]:
        if isinstance(obligation, Obligation):
            condition = condition_of(obligation, dialect, frozenset(report["invariants"]))
            given = self._hypotheses(condition, result["used"])
            return [formula(latex(goal(obligation, dialect))), *given]
        if isinstance(obligation, TwoRuns):
            (condition,) = obligation.conditions(dialect, frozenset(report["invariants"]))
            given = self._hypotheses(condition, result["used"])
            return [formula(latex(goal_of_two(obligation, dialect))), *given]
        conditions = list(obligation.conditions(dialect, frozenset()))
        shown = [inline(condition.goal) for condition in conditions[:1]]
        content: list[nodes.Node] = []
        if len(conditions) == 1 and size(shown[0]) <= READABLE:
            content.append(formula(latex(conditions[0].goal)))
        names = ", ".join(dict.fromkeys(name for condition in conditions for name in condition.hypotheses))
        if names:
            parts = "one condition" if len(conditions) == 1 else f"{len(conditions)} conditions"
            content.append(folded(f"{parts}; hypotheses", nodes.paragraph("", names + ".")))
        return content

    def _hypotheses(self, condition: Condition, used: Sequence[str]) -> list[nodes.Node]:
        """What is assumed: assumptions stand open; folded are guard and invariants. What was used stands out."""
        if not condition.hypotheses:
            return []
        invariants: list[nodes.Node] = []
        others, assumed = nodes.bullet_list(), nodes.bullet_list()
        for name, term in condition.hypotheses.items():
            if name in INVARIANTS:  # of a step that keeps it, itself too
                link: nodes.Node = self.ref("invariant", name)
                invariants.append(nodes.strong("", "", link) if name in used else link)
            else:
                kind = nodes.Text(f" ({condition.about[name]})")
                said = nodes.strong("", name) if name in used else nodes.inline("", name)
                list_of = assumed if condition.about[name] == "assumption" else others
                list_of += nodes.list_item("", nodes.paragraph("", "", said, kind), formula(latex(term)))
        content: list[nodes.Node] = [others] if others.children else []
        if invariants:
            content.append(nodes.paragraph("", "", nodes.Text("Invariants before the step: "), *joined(invariants)))
        made: list[nodes.Node] = [nodes.paragraph("", "provided that"), assumed] if assumed.children else []
        if content:
            number = len(condition.hypotheses) - len(assumed.children)
            uses = f"{len(used)} of all hypotheses (in bold)" if used else "none: it holds by how the step is defined"
            more = " further" if assumed.children else ""
            made.append(folded(f"{number}{more} hypotheses; the proof uses {uses}", *content))
        return made

    def _said(self, obligation: Provable, dialect: Dialect, result: dict[str, Any]) -> Iterator[tuple[str, Cell]]:
        yield "stands for", [self.ref("claim" if obligation.claim[0] == "C" else "clause", obligation.claim)]
        if dialect.name != "canonical":
            yield (
                "dialect",
                [self.ref("dialect", dialect.name)] if dialect.name in self.evidence_dialects else dialect.name,
            )
        solvers = [f"{each['solver']} {each['result']}" for each in result["answers"]]
        if solvers:
            yield "solvers", "; ".join(dict.fromkeys(solvers)) + f" ({result['seconds']:.3f} s)"
        if result["outside_of_fragment"]:
            yield "outside the decidable fragment", result["outside_of_fragment"]
        if result["trace"]:
            yield "trace", f"{len(result['trace']['operations'])} steps"
        if result["reason"]:
            yield "reason", result["reason"]
        fell = self.evidence.faults()["obligations"]["felled"].get(obligation.id)
        if fell:
            mechanism = mechanism_of(fell["change"])
            change: list[nodes.Node] = [self.ref("fault", mechanism)] if mechanism else []
            if fell["change"] != mechanism:
                change += [nodes.Text(" as " if mechanism else ""), nodes.literal("", fell["change"])]
            yield "falls by", change
        tests = tests_naming(obligation.id)
        if tests:
            yield "named in tests", joined(nodes.literal("", path) for path in tests)
        yield "written in", [nodes.literal("", f"{result['source']['file']}:{result['source']['line']}")]

    @property
    def evidence_dialects(self) -> Sequence[str]:
        """Dialects that have a name of their own."""
        from model.spaces.dialect import DIALECTS

        return tuple(DIALECTS)


def chosen(pattern: str) -> list[Provable]:
    """The obligations that a pattern chooses: a claim or clause, or a pattern or part of an id."""
    every = known().values()
    by_claim = [o for o in every if o.claim == pattern]
    return by_claim or [o for o in every if fnmatchcase(o.id, pattern) or pattern in o.id]


def in_short(verdicts: Sequence[str]) -> str:
    """How many obligations have which verdict.

    >>> in_short(["proved", "witnessed", "proved"])
    '3 obligations: 2 proved, 1 witnessed'
    """
    counts = ", ".join(f"{number} {verdict}" for verdict, number in Counter(verdicts).items())
    return f"{len(verdicts)} obligations: {counts}"


class Obligations(Musigma):
    """``.. obligations:: PATTERN``: a table of those that match any of the patterns, each a link target."""

    required_arguments = 1
    optional_arguments = 20
    option_spec = {"dialect": directives.unchanged, "expect": directives.unchanged, "except": directives.unchanged}

    def make(self) -> list[nodes.Node]:
        found = {o.id: o for pattern in self.arguments for o in self._some(pattern)}
        for pattern in self.options.get("except", "").split():
            for each in self._some(pattern):
                found.pop(each.id, None)
        report = self.evidence.prove(dialect_option(self.options.get("dialect", "canonical")).name, tuple(found))
        rows = []
        verdicts: list[str] = []
        for obligation in found.values():
            result = verdict_of(report, obligation.id, draft=self.evidence.draft)
            expected = self.options.get("expect")
            if expected is not None and result["verdict"] not in (*expected.split(", "), NOT_RUN):
                raise RefusedError(f"the page expects {obligation.id} {expected}, but it is {result['verdict']}")
            verdicts.append(result["verdict"])
            place = nodes.target()
            self.anchored("obligation", obligation.id, place, ROW)
            clause = self.ref("claim" if obligation.claim[0] == "C" else "clause", obligation.claim)
            rows.append(
                (
                    [place, self.ref("obligation", obligation.id)],
                    obligation.sentence,
                    [clause],
                    [badge(result["verdict"])],
                )
            )
        made = table(("obligation", "what it says", "clause", "verdict"), rows, (5, 6, 1, 2))
        return [folded(in_short(verdicts), made) if len(rows) > AT_A_GLANCE else made]

    def _some(self, pattern: str) -> list[Provable]:
        found = chosen(pattern)
        if not found:
            raise RefusedError(f"no obligation matches {pattern!r}")
        return found


class ObligationIndex(Musigma):
    """``.. obligation-index::``: every obligation with its clause, verdict and the pages that speak of it."""

    def make(self) -> list[nodes.Node]:
        report = self.evidence.prove("canonical")
        verdicts = {result["obligation"]: result["verdict"] for result in report["results"]}
        rows = []
        for obligation in known().values():
            place = nodes.target(ids=[f"index-{anchor_of('obligation', obligation.id)}"])
            self.domain.note("obligation", obligation.id, self.document, place["ids"][0], INDEX)
            clause = self.ref("claim" if obligation.claim[0] == "C" else "clause", obligation.claim)
            verdict = verdicts.get(obligation.id)
            rows.append(
                (
                    [place, self.ref("obligation", obligation.id)],
                    [clause],
                    [badge(verdict)] if verdict else "",
                    [mentions(kind="obligation", name=obligation.id)],
                )
            )
        return [table(("obligation", "clause", "verdict", "pages"), rows, (6, 1, 2, 3))]
