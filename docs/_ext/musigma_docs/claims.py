"""Directives for what holds: claims, verdicts by dialect, side conditions, dialects and their choices."""

from collections.abc import Iterable, Sequence

from docutils import nodes
from docutils.parsers.rst import directives

from model.spaces.dialect import CANONICAL, CONDITIONS, DIALECTS, Choice, Dialect
from musigma_docs.build import Cell, Musigma, RefusedError, badge, box, folded, joined, option_pairs, table, title
from musigma_docs.domain import ROW
from proofs.claims import CLAIMS
from proofs.registry import known


class Claim(Musigma):
    """``.. claim:: C3``: where it stands, what it says, and its verdict in each dialect."""

    required_arguments = 1
    option_spec = {"expect": directives.unchanged}

    def make(self) -> list[nodes.Node]:
        claim = CLAIMS[self.known("claim", self.arguments[0])]
        mine = [o.id for o in known().values() if o.claim == claim.id]
        if not mine:
            raise RefusedError(f"the claim {claim.id} has no obligation")
        cells = {cell["dialect"]: cell for cell in self.evidence.audit()["cells"] if cell["claim"] == claim.id}
        for dialect, expected in option_pairs(self.options.get("expect", "")).items():
            self.known("dialect", dialect)
            verdict = cells[dialect]["verdict"] if dialect in cells else "absent"
            if verdict != expected:
                raise RefusedError(f"the page expects {claim.id} {expected} in {dialect}, but it is {verdict}")
        whole = box(
            "claim",
            title(nodes.strong("", f"{claim.id}: {claim.title}"), nodes.Text(f" ({claim.where})")),
            nodes.paragraph("", claim.statement[0].upper() + claim.statement[1:] + "."),
            table(("dialect", "verdict", "decided by"), [self._row(cell) for cell in cells.values()], (2, 2, 5)),
            folded(
                f"the {len(mine)} obligations that stand for it",
                nodes.paragraph("", "", *joined(self.ref("obligation", name) for name in mine)),
            ),
        )
        self.anchored("claim", claim.id, whole)
        self.domain.note("clause", claim.id, self.document, whole["ids"][0])
        self.domain.mention("clause", claim.id, self.document)
        return [whole]

    def _row(self, cell: dict[str, object]) -> Sequence[Cell]:
        said: list[nodes.Node] = []
        if cell["decisive"] and cell["verdict"] != "proved":
            said = [self.ref("obligation", str(cell["decisive"]))]
        steps = (cell["trace"] or {}).get("operations") if isinstance(cell["trace"], dict) else None
        if said and steps:
            said.append(nodes.Text(f", in {len(steps)} step" + ("s" if len(steps) > 1 else "")))
        if cell["reason"] and cell["verdict"] != "refuted":
            said = _with_reason(said, str(cell["reason"]))
        return [self.ref("dialect", str(cell["dialect"]))], [badge(str(cell["verdict"]))], said


def _with_reason(said: list[nodes.Node], reason: str) -> list[nodes.Node]:
    """The reason beside what decides; a list of scopes that were searched folded away, since it is long."""
    brief, within, searched = reason.partition(" within ")
    brief = f"{': ' if said else ''}{brief}"
    if not within:
        return [*said, nodes.Text(brief)]
    return [
        nodes.paragraph("", "", *said, nodes.Text(brief)),
        folded("where it was searched", nodes.paragraph("", searched)),
    ]


class VerdictTable(Musigma):
    """``.. verdict-table::``: claims × dialects; with ``:signs:`` each verdict as its sign only, to be narrow."""

    option_spec = {"signs": directives.flag}

    def make(self) -> list[nodes.Node]:
        cells = {(cell["claim"], cell["dialect"]): cell for cell in self.evidence.audit()["cells"]}
        head: list[Cell] = ["claim", *([self.ref("dialect", name)] for name in DIALECTS)]
        rows: list[list[Cell]] = []
        for claim in CLAIMS.values():
            row: list[Cell] = [[self.ref("claim", claim.id, f"{claim.id} {claim.title}")]]
            row += [[badge(cells[claim.id, name]["verdict"], short="signs" in self.options)] for name in DIALECTS]
            rows.append(row)
        made: list[nodes.Node] = [
            table(head, rows, (3, *([2] * len(DIALECTS))), ("mu-signs" if "signs" in self.options else "mu-matrix",))
        ]
        if "signs" in self.options:
            verdicts = dict.fromkeys(cell["verdict"] for cell in cells.values())
            made.append(nodes.paragraph("", "", *joined((badge(each) for each in verdicts), " ")))
        return made


class ConditionTable(Musigma):
    """``.. condition-table::``: the side conditions, and what fails without each."""

    def make(self) -> list[nodes.Node]:
        found = {each["condition"]: each for each in self.evidence.audit()["conditions"]}
        rows = []
        for condition in CONDITIONS:
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
                    nodes.Text(f", in {len(shortest['trace']['operations'])} steps"),
                ]
            )
            rows.append(([place, nodes.literal("", condition.name)], condition.sentence, joined(fails), shown))
        return [
            table(("condition", "what it requires", "needed for", "shortest counterexample to"), rows, (2, 3, 2, 4))
        ]


class DialectDirective(Musigma):
    """``.. dialect:: tree``: what it is, its hazard, and how it reads what is open."""

    required_arguments = 1

    def make(self) -> list[nodes.Node]:
        dialect = DIALECTS[self.known("dialect", self.arguments[0])]
        whole = box("dialect", title(nodes.strong("", dialect.name), nodes.Text(f": {dialect.sentence}")))
        if dialect.hazard:
            whole += nodes.paragraph("", "", nodes.strong("", "Known hazard: "), nodes.Text(dialect.hazard + "."))
        readings = nodes.bullet_list()
        for chosen, usual in zip(dialect.readings, CANONICAL.readings, strict=True):
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
        for choice in CANONICAL.readings:
            for number, reading in enumerate(type(choice)):
                name = reading.name.lower()
                chosen = [self.ref("dialect", d.name) for d in DIALECTS.values() if _chooses(d, reading)]
                what = (type(choice).__doc__ or "") if number == 0 else ""
                yield what, [nodes.literal("", name)], reading.prose, joined(chosen)


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
            rows.append(([place, self.ref("claim", claim.id)], claim.title, claim.statement, claim.where))
        return [table(("claim", "title", "statement", "where"), rows, (1, 2, 6, 2))]
