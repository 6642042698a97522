"""Directives for the theory: symbols, actions and invariants, typeset from the terms that are proved."""

from docutils import nodes
from docutils.parsers.rst import directives

from model.signature import applied, fresh, symbols_of
from model.spaces.dialect import CANONICAL, DIALECTS, Dialect, dialect_named
from model.spaces.invariants import INVARIANTS
from model.spaces.theory import ACTIONS, before, called, parent, x, y
from model.spaces.vocabulary import Rigid
from model.theory import APPENDIX_A
from musigma_docs.base.build import Musigma, RefusedError, box, formula, joined, table, title
from musigma_docs.base.domain import ROW
from musigma_docs.base.numbered import numbers, rules
from proofs.report.formulas.latex import latex
from proofs.report.formulas.state_after import updates

SYMBOLS = {
    name: (applied(part, name), symbol.kind, symbol.meaning)
    for part in (before, fresh(Rigid), called)
    for name, symbol in symbols_of(type(part)).items()
} | {"parent": (parent(before, x, y), "Slot × Slot", "σ_x is a link to y: of what x derives from, y is the nearest")}


def inline_math(tex: str) -> nodes.math:
    """A formula within a line."""
    return nodes.math(tex, tex)


def dialect_option(name: str) -> Dialect:
    """A dialect by name.

    :raises RefusedError: there is none.
    """
    try:
        return dialect_named(name)
    except KeyError as error:
        raise RefusedError(f"no dialect {name!r}: {error} is unknown; there are {', '.join(DIALECTS)}") from None


class Definition(Musigma):
    """``.. definition:: holds``: a symbol of the theory with its sort and meaning; more than one as a table."""

    required_arguments = 1
    optional_arguments = 20

    def make(self) -> list[nodes.Node]:
        names = [self.known("definition", name) for name in self.arguments]
        rows = []
        for name in names:
            term, sort, meaning = SYMBOLS[name]
            place = nodes.target()
            self.anchored("definition", name, place)
            rows.append(([inline_math(latex(term, 99))], [place, nodes.literal("", name)], sort, meaning))
        return [table(("sign", "in the code", "of", "means"), rows, (2, 2, 2, 5))]


class ActionDirective(Musigma):
    """``.. action:: map``: the guard as a list, and what becomes of each part of the state."""

    required_arguments = 1
    option_spec = {"dialect": directives.unchanged}

    def make(self) -> list[nodes.Node]:
        name = self.known("action", self.arguments[0])
        dialect = dialect_option(self.options.get("dialect", "canonical"))
        action = ACTIONS[name](dialect)
        whole = box("action", title(nodes.strong("", name), nodes.Text(f" in the dialect {dialect.name}")))
        if dialect.name == "canonical":
            self.anchored("action", name, whole)
        whole += nodes.paragraph("", "It is possible where" if action.guard else "It is always possible.")
        conditions = nodes.bullet_list()
        for what, condition in action.guard.items():
            said = nodes.paragraph("", f"{what} (", self._rule(f"refused unless {what}"), nodes.Text("): "))
            conditions += nodes.list_item("", said, formula(latex(condition)))
        if action.guard:
            whole += conditions
        known = [key for part in updates(action) if (key := f"{name}: {part}") in rules()]
        links = [nodes.Text(" ("), *joined(map(self._rule, known)), nodes.Text(")")] if dialect == CANONICAL else []
        whole += nodes.paragraph("", "and afterwards", *links)
        for part, (atom, becomes) in updates(action).items():
            is_relation = APPENDIX_A.state[part].is_relation
            if not is_relation and latex(becomes) == latex(applied(before, part)):
                continue
            sign = r"\Leftrightarrow" if is_relation else "="
            whole += formula(update(latex(atom), sign, latex(becomes)))
        return [whole]

    def _rule(self, key: str) -> nodes.Node:
        number = str(numbers()[key])
        return self.ref("rule", number, f"rule {number}")


def update(atom: str, sign: str, becomes: str) -> str:
    """What a part of the state is afterwards; below it, if it takes more than a line."""
    if r"\begin" not in becomes:
        return rf"{atom} \;{sign}\; {becomes}"
    return rf"\begin{{array}}[t]{{l}} {atom} \;{sign} \\ \quad {becomes} \end{{array}}"


class InvariantDirective(Musigma):
    """``.. invariant:: forest``: what holds in every reachable state, with its formula and clause."""

    required_arguments = 1

    def make(self) -> list[nodes.Node]:
        found = INVARIANTS[self.known("invariant", self.arguments[0])]
        whole = box(
            "invariant",
            title(
                nodes.literal("", found.name),
                nodes.Text(f": {found.sentence} ("),
                self.ref("clause", found.claim),
                nodes.Text(")"),
            ),
            formula(latex(found.formula(before))),
        )
        self.anchored("invariant", found.name, whole)
        return [whole]


class Invariants(Musigma):
    """``.. invariants::``: all of them, as a table."""

    def make(self) -> list[nodes.Node]:
        rows = []
        for each in INVARIANTS.values():
            place = nodes.target()
            self.anchored("invariant", each.name, place, ROW)
            said: list[nodes.Node] = [nodes.paragraph("", each.sentence), formula(latex(each.formula(before), 44))]
            rows.append(([place, self.ref("invariant", each.name)], said, [self.ref("clause", each.claim)]))
        return [table(("invariant", "what it says", "clause"), rows, (3, 6, 1))]
