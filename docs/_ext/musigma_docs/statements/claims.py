"""Directives for what holds: claims, verdicts by dialect, side conditions, dialects and their choices."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from docutils import nodes
from docutils.parsers.rst import directives

from model.choice import Choice, choices_of
from model.spaces.dialect import CANONICAL, DIALECTS, Dialect
from musigma_docs.base.build import Cell, Musigma, RefusedError, badge, box, folded, joined, option_pairs, table, title
from musigma_docs.base.domain import ROW
from proofs.audits.spaces import ALL_CONDITIONS
from proofs.paper.claims import CLAIMS
from proofs.registry import known

Verdicts: TypeAlias = Mapping[tuple[str, str], str]
"""The verdict of a claim in a dialect."""


class Claim(Musigma):
    """``.. claim:: C3``: where it stands, what it says, what is shown, and its verdict in each dialect.

    ``:sections:`` are the headings that the page must have, a line each, so that none is lost unnoticed.
    """

    required_arguments = 1
    option_spec = {"expect": directives.unchanged, "sections": directives.unchanged}

    def make(self) -> list[nodes.Node]:
        claim = CLAIMS[self.known("claim", self.arguments[0])]
        mine = [o.id for o in known().values() if o.claim == claim.id]
        if not mine:
            raise RefusedError(f"the claim {claim.id} has no obligation")
        verdicts = verdicts_of(self.evidence.audit())
        cells = {cell["dialect"]: cell for cell in self.evidence.audit()["cells"] if cell["claim"] == claim.id}
        for dialect, expected in option_pairs(self.options.get("expect", "")).items():
            self.known("dialect", dialect)
            verdict = cells[dialect]["verdict"] if dialect in cells else "absent"
            if verdict != expected:
                raise RefusedError(f"the page expects {claim.id} {expected} in {dialect}, but it is {verdict}")
        rows = [self._row(cell, verdicts) for cell in cells.values()]
        whole = box(
            "claim",
            title(nodes.strong("", f"{claim.id}: {claim.title}"), nodes.Text(f" ({claim.where})")),
            nodes.paragraph("", "", nodes.emphasis("", "The paper: "), nodes.Text(f"{claim.statement}.")),
            nodes.paragraph("", "", nodes.emphasis("", "The verdicts are of this: "), nodes.Text(f"{claim.shown}.")),
            table(("dialect", "verdict", "decided by"), rows, (2, 2, 5)),
            self._needs(claim.id),
            folded(
                f"the {len(mine)} obligations that stand for it",
                nodes.paragraph("", "", *joined(self.ref("obligation", name) for name in mine)),
                on_paper=False,  # some pages of names; the reference has them with their sentences
            ),
        )
        self.domain.data["sections"][self.document] = self.options.get("sections", "").splitlines()
        self.anchored("claim", claim.id, whole)
        self.domain.note("clause", claim.id, self.document, whole["ids"][0])
        self.domain.mention("clause", claim.id, self.document)
        return [whole]

    def _needs(self, claim: str) -> nodes.paragraph:
        """The side conditions without which the claim falls in canonical, each dropped alone."""
        needed: list[nodes.Node] = []
        for each in self.evidence.audit()["conditions"]:
            shown = next((r for r in each["refuted"] if r["claim"] == claim), None)
            if shown is not None:
                ways = nodes.inline(
                    "", "", nodes.Text(" ("), self.ref("obligation", shown["obligation"]), nodes.Text(")")
                )
                needed.append(nodes.inline("", "", self.ref("condition", each["condition"]), ways))
        if not needed:
            return nodes.paragraph("", "It falls by no side condition of canonical that is dropped alone.")
        return nodes.paragraph("", "", nodes.Text("In canonical it falls without: "), *joined(needed), nodes.Text("."))

    def _row(self, cell: Mapping[str, Any], verdicts: Verdicts) -> Sequence[Cell]:
        said: list[nodes.Node] = []
        if cell["decisive"] and cell["verdict"] != "proved":
            said = [self.ref("obligation", str(cell["decisive"]))]
        steps = (cell["trace"] or {}).get("operations") if isinstance(cell["trace"], dict) else None
        if said and steps:
            said.append(nodes.Text(f", in {len(steps)} step" + ("s" if len(steps) > 1 else "")))
        if cell["reason"] and cell["verdict"] != "refuted":
            said = _with_reason(said, cell)
        if rests := lacking(cell["claim"], cell["dialect"], verdicts):
            links = joined(self.ref("claim", name) for name in rests)
            said = [
                *said,
                nodes.Text("what is stated is proved; it rests on "),
                *links,
                nodes.Text(", not proved here"),
            ]
        verdict = shown_verdict(cell["claim"], cell["dialect"], verdicts)
        return [self.ref("dialect", str(cell["dialect"]))], [badge(verdict)], said


IN_PART = "proved in part"


def verdicts_of(audit: Mapping[str, Any]) -> Verdicts:
    """The verdict of each claim in each dialect."""
    return {(cell["claim"], cell["dialect"]): cell["verdict"] for cell in audit["cells"]}


def lacking(claim: str, dialect: str, verdicts: Verdicts) -> list[str]:
    """The claims that a proved one rests on and that are not proved in the dialect."""
    if verdicts[claim, dialect] != "proved":
        return []
    return [other for other in CLAIMS[claim].rests_on if verdicts[other, dialect] not in ("proved", "not claimed")]


def shown_verdict(claim: str, dialect: str, verdicts: Verdicts) -> str:
    """The verdict as pages show it: *in part* where what the claim rests on is not proved."""
    return IN_PART if lacking(claim, dialect, verdicts) else verdicts[claim, dialect]


def _with_reason(said: list[nodes.Node], cell: Mapping[str, Any]) -> list[nodes.Node]:
    """The reason beside what decides; a list of scopes that were searched folded away, since it is long."""
    colon = ": " if said else ""
    if not cell["brief"]:
        return [*said, nodes.Text(f"{colon}{cell['reason']}")]
    return [
        nodes.paragraph("", "", *said, nodes.Text(f"{colon}{cell['brief']}")),
        folded("where it was searched", nodes.paragraph("", "; ".join(cell["searched"]))),
    ]


class VerdictTable(Musigma):
    """``.. verdict-table::``: claims × dialects; with ``:signs:`` each verdict as its sign only, to be narrow."""

    option_spec = {"signs": directives.flag}

    def make(self) -> list[nodes.Node]:
        verdicts = verdicts_of(self.evidence.audit())
        shown = {(claim, name): shown_verdict(claim, name, verdicts) for claim in CLAIMS for name in DIALECTS}
        head: list[Cell] = ["claim", *([self.ref("dialect", name)] for name in DIALECTS)]
        rows: list[list[Cell]] = []
        for claim in CLAIMS.values():
            row: list[Cell] = [[self.ref("claim", claim.id, f"{claim.id} {claim.title}")]]
            row += [[badge(shown[claim.id, name], short="signs" in self.options)] for name in DIALECTS]
            rows.append(row)
        made: list[nodes.Node] = [
            table(head, rows, (3, *([2] * len(DIALECTS))), ("mu-signs" if "signs" in self.options else "mu-matrix",))
        ]
        if "signs" in self.options:
            made.append(nodes.paragraph("", "", *joined((badge(each) for each in dict.fromkeys(shown.values())), " ")))
        return made


class ConditionTable(Musigma):
    """``.. condition-table::``: the side conditions, and what fails without each."""

    def make(self) -> list[nodes.Node]:
        found = {each["condition"]: each for each in self.evidence.audit()["conditions"]}
        rows = []
        for condition in ALL_CONDITIONS:
            place = nodes.target()
            self.anchored("condition", condition.name, place, ROW)
            each = found[condition.name]
            fails = [self.ref("claim", name) for name in each["claims"]]
            fails += [self.ref("clause", name) for name in each["clauses"]]
            shortest = each["refuted"][0] if each["refuted"] else None
            shown: list[nodes.Node] = (
                [nodes.Text("nothing")]
                if not shortest
                else [
                    self.ref("obligation", shortest["obligation"]),
                    nodes.Text(f", {shortest_in(shortest)}"),
                ]
            )
            rows.append(([place, nodes.literal("", condition.name)], condition.sentence, joined(fails), shown))
        return [
            table(("condition", "what it requires", "needed for", "shortest counterexample to"), rows, (2, 3, 2, 4))
        ]


def shortest_in(refuted: Mapping[str, Any]) -> str:
    """How long the trace is; of ranges, which have traces of their own, how the state is reached.

    >>> shortest_in({"trace": {"operations": [{}, {}]}})
    'in 2 steps'
    >>> shortest_in({"trace": None, "reason": "reached by map σ0[0..1] → σ1[0..1]"})
    'reached by map σ0[0..1] → σ1[0..1]'
    """
    trace, reason = refuted["trace"], str(refuted.get("reason", ""))
    return f"in {len(trace['operations'])} steps" if trace else reason


class ConditionSummary(Musigma):
    """``.. condition-summary:: [NAME]``: which of the side conditions are needed, or what one of them is needed for."""

    optional_arguments = 1

    def make(self) -> list[nodes.Node]:
        found = self.evidence.audit()["conditions"]
        if not self.arguments:
            return [nodes.paragraph("", summary(found))]
        by_name = {each["condition"]: each for each in found}
        name = self.arguments[0]
        if name not in by_name:
            raise RefusedError(f"no condition is called {name}; the audit drops {', '.join(by_name)}")
        return [nodes.paragraph("", alone(by_name[name]))]


def alone(condition: Mapping[str, Any]) -> str:
    """The sentence about one condition, from an audit.

    >>> alone({"claims": ["C4", "C5"], "clauses": ["B.rights"]})
    'Dropped alone, C4 and C5 fall.'
    >>> alone({"claims": [], "clauses": ["B.rights"]})
    'Dropped alone, no claim of the paper falls, but something that we ask of a state ourselves does (B.rights).'
    >>> alone({"claims": [], "clauses": []})
    'Dropped alone, nothing falls.'
    """
    claims = condition["claims"]
    if claims:
        listed = " and ".join(each for each in (", ".join(claims[:-1]), claims[-1]) if each)
        return f"Dropped alone, {listed} {'fall' if len(claims) > 1 else 'falls'}."
    if condition["clauses"]:
        ours = f"something that we ask of a state ourselves does ({', '.join(condition['clauses'])})"
        return f"Dropped alone, no claim of the paper falls, but {ours}."
    return "Dropped alone, nothing falls."


def summary(conditions: Sequence[Mapping[str, Any]]) -> str:
    """The sentence about an audit's side conditions.

    >>> other = {"condition": "b", "claims": [], "clauses": []}
    >>> summary([{**other, "condition": "a", "claims": ["C1"]}, other])
    'Without 1 of the 2 a claim of the paper falls: a (C1). Without b alone nothing falls.'
    >>> summary([{**other, "clauses": ["B.rights"]}]).partition(": . ")[2]
    'Without b only what we ask of a state ourselves falls (B.rights).'
    """
    by_claim = [each for each in conditions if each["claims"]]
    by_clause = [each for each in conditions if each["clauses"] and not each["claims"]]
    by_nothing = [each["condition"] for each in conditions if not each["claims"] and not each["clauses"]]
    parts = [f"{each['condition']} ({', '.join(each['claims'])})" for each in by_claim]
    said = f"Without {len(by_claim)} of the {len(conditions)} a claim of the paper falls: {'; '.join(parts)}."
    for each in by_clause:
        said += (
            f" Without {each['condition']} only what we ask of a state ourselves falls ({', '.join(each['clauses'])})."
        )
    if by_nothing:
        said += f" Without {' and '.join(by_nothing)} alone nothing falls."
    return said


class DialectDirective(Musigma):
    """``.. dialect:: tree``: what it is, its hazard, and how it reads what is open."""

    required_arguments = 1

    def make(self) -> list[nodes.Node]:
        dialect = DIALECTS[self.known("dialect", self.arguments[0])]
        whole = box("dialect", title(nodes.strong("", dialect.name), nodes.Text(f": {dialect.sentence}")))
        if dialect.hazard:
            whole += nodes.paragraph("", "", nodes.strong("", "Known hazard: "), nodes.Text(dialect.hazard + "."))
        readings = nodes.bullet_list()
        for name in choices_of(CANONICAL.readings):
            chosen, usual = getattr(dialect.readings, name), getattr(CANONICAL.readings, name)
            sentence = nodes.Text(chosen.prose)
            differs = dialect is not CANONICAL and chosen is not usual
            readings += nodes.list_item(
                "", nodes.paragraph("", "", nodes.strong("", "", sentence) if differs else sentence)
            )
        whole += readings
        self.anchored("dialect", dialect.name, whole)
        return [whole]


class DialectTable(Musigma):
    """``.. dialect-table::``: all dialects, a line each."""

    def make(self) -> list[nodes.Node]:
        rows = []
        for dialect in DIALECTS.values():
            place = nodes.target()
            self.anchored("dialect", dialect.name, place, ROW)
            rows.append(([place, self.ref("dialect", dialect.name)], dialect.sentence, dialect.hazard))
        return [table(("dialect", "what it is", "known hazard"), rows, (2, 5, 4))]


class ChoiceTable(Musigma):
    """``.. choice-table::``: what is open, the readings, and who reads it so."""

    def make(self) -> list[nodes.Node]:
        return [table(("what is open", "reading", "what it says", "chosen by"), self._rows(), (3, 2, 5, 3))]

    def _rows(self) -> Iterable[Sequence[Cell]]:
        for choice in choices_of(CANONICAL.readings).values():
            for number, reading in enumerate(choice):
                name = reading.name.lower()
                chosen = [self.ref("dialect", d.name) for d in DIALECTS.values() if _chooses(d, reading)]
                what = (choice.__doc__ or "") if number == 0 else ""
                yield what, [nodes.literal("", name)], reading.prose, joined(chosen)


class ChoiceGrid(Musigma):
    """``.. choice-grid::``: each choice in each dialect; a dot where it is read as in ``canonical``."""

    def make(self) -> list[nodes.Node]:
        head: list[Cell] = ["choice", *([self.ref("dialect", name)] for name in DIALECTS)]
        rows = [self._row(field) for field in choices_of(CANONICAL.readings)]
        return [table(head, rows, (3, *(2 for _ in DIALECTS)), ("mu-signs",))]

    def _row(self, field: str) -> list[Cell]:
        row: list[Cell] = [[nodes.literal("", field)]]
        for dialect in DIALECTS.values():
            reading = getattr(dialect.readings, field)
            as_canonical = reading is getattr(CANONICAL.readings, field) and dialect is not CANONICAL
            row.append([nodes.Text("·") if as_canonical else nodes.literal("", reading.name.lower())])
        return row


def _chooses(dialect: Dialect, reading: Choice) -> bool:
    # By identity: readings of different choices are equal as numbers.
    return any(chosen is reading for chosen in dialect.readings)


class ClaimTable(Musigma):
    """``.. claim-table::``: all claims, a line each."""

    def make(self) -> list[nodes.Node]:
        rows = []
        for claim in CLAIMS.values():
            place = nodes.target()
            self.anchored("claim", claim.id, place, ROW)
            rows.append(([place, self.ref("claim", claim.id)], claim.title, claim.statement, claim.shown))
        return [table(("claim", "title", "the paper says", "the verdicts are of"), rows, (1, 2, 4, 6))]
