"""The directive for mutants: how many of each function were noticed, and by what."""

from docutils import nodes

from musigma_docs.build import Cell, Musigma, joined, table
from proofs.report.writers.mutation_report import COLUMNS


class MutationScore(Musigma):
    """``.. mutation-score::``: a line for each function of the quick run, then each mutant that survived."""

    def make(self) -> list[nodes.Node]:
        report = self.evidence.mutation()
        names = [name for name in COLUMNS if any(each[name] for each in report["functions"].values())]
        rows: list[list[Cell]] = []
        for function, counts in report["functions"].items():
            numbers = [str(counts[name]) if counts[name] else "·" for name in ("mutants", *names)]
            rows.append([[nodes.literal("", function)], *numbers])
        made: list[nodes.Node] = [table(("function", "mutants", *names), rows, (6, *([1] * (len(names) + 1))))]
        items = nodes.bullet_list()
        for each in report["mutants"]:
            if each["ending"] == "survived":
                code = joined([nodes.literal("", each["before"]), nodes.literal("", each["after"])], " → ")
                said = nodes.Text(f" ({each['operator']}): ")
                items += nodes.list_item("", nodes.paragraph("", "", nodes.literal("", each["function"]), said, *code))
        if items.children:
            made += [nodes.paragraph("", "These survived:"), items]
        else:
            made.append(nodes.paragraph("", "None of them survived."))
        return made
