"""The directive for the model's rules: each with its number, its clause and its formula."""

from collections.abc import Iterator

from docutils import nodes

from model.signature import symbols_of
from model.spaces.dialect import CONDITIONS
from musigma_docs.base.build import Musigma, RefusedError, box, formula, joined, title
from musigma_docs.base.numbered import GENERAL, Rule, numbers, rules
from musigma_docs.statements.theory import update
from proofs.report.formulas.latex import latex

THEORIES = ("Appendix A", "ranges", "messages")


class RulesDirective(Musigma):
    """``.. rules:: Appendix A``: the rules that a theory has first; ``general``: those of every operation."""

    required_arguments = 1
    final_argument_whitespace = True

    def make(self) -> list[nodes.Node]:
        name = self.arguments[0]
        if name not in (*THEORIES, "general"):
            raise RefusedError(f"there are no rules of {name!r}; write general, {', '.join(THEORIES)}")
        given = numbers()
        if name == "general":
            return [self._entry(given[key], [nodes.paragraph("", text)]) for key, text in GENERAL.items()]
        mine = sorted((given[key], rule) for key, rule in rules().items() if rule.theory.name == name)
        return [self._entry(number, [*self._said(rule)], rule) for number, rule in mine]

    def _entry(self, number: int, said: list[nodes.Node], rule: Rule | None = None) -> nodes.container:
        heading: list[nodes.Node] = [nodes.strong("", f"Rule {number}")]
        if rule is not None:
            heading += [nodes.Text(" · "), *joined(nodes.literal("", action) for action in rule.actions)]
            heading += [nodes.Text(" · "), *(self._clauses(rule))]
        whole = box("rule", title(*heading), *said)
        self.anchored("rule", str(number), whole)
        return whole

    def _clauses(self, rule: Rule) -> list[nodes.Node]:
        return joined(self.ref("clause", name) for name in rule.clauses) or [nodes.Text("no clause of the paper")]

    def _said(self, rule: Rule) -> Iterator[nodes.Node]:
        if rule.part:
            meaning = symbols_of(type(rule.theory.before))[rule.part].meaning
            yield nodes.paragraph("", "", nodes.Text("Afterwards, of "), nodes.literal("", rule.part), _in(meaning))
        else:
            yield nodes.paragraph("", f"{rule.key[0].upper()}{rule.key[1:]}.")
        for actions, atom, term in rule.formulas:
            if len(rule.formulas) > 1:
                yield nodes.paragraph("", "", nodes.Text("Of "), *joined(nodes.literal("", name) for name in actions))
            tex = latex(term, theory=rule.theory)
            if atom is not None:
                is_relation = symbols_of(type(rule.theory.before))[rule.part].is_relation
                tex = update(latex(atom, theory=rule.theory), r"\Leftrightarrow" if is_relation else "=", tex)
            yield formula(tex)
        if rule.dialects:
            dialects = joined(self.ref("dialect", name) for name in rule.dialects)
            yield nodes.paragraph("", "", nodes.Text("In the dialects "), *dialects, nodes.Text("."))
            for condition in CONDITIONS:
                if condition.sentence.startswith(rule.key.removeprefix("refused unless ")):
                    link = self.ref("condition", condition.name)
                    yield nodes.paragraph("", "", nodes.Text("It is the side condition "), link, nodes.Text("."))


def _in(meaning: str) -> nodes.Text:
    return nodes.Text(f" ({meaning}):")
