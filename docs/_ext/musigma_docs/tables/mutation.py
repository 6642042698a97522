"""The directives for mutants: how many of each function were noticed and by what, in this build and before."""

from collections.abc import Mapping

from docutils import nodes

from musigma_docs.base.build import Cell, Musigma, folded, joined, table
from musigma_docs.evidence.mutation_record import NOTICED, by_area, recorded, score, total
from proofs.mutation.targets import outside
from proofs.report.writers.mutation_report import COLUMNS


class MutationScore(Musigma):
    """``.. mutation-score::``: a line for each function of the quick run, then each mutant that survived."""

    def make(self) -> list[nodes.Node]:
        report = self.evidence.mutation()
        items = nodes.bullet_list()
        for each in report["mutants"]:
            if each["ending"] == "survived":
                items += _survivor(each)
        if items.children:
            return [_functions(report["functions"]), nodes.paragraph("", "These survived:"), items]
        return [_functions(report["functions"]), nodes.paragraph("", "None of them survived.")]


class MutationAreas(Musigma):
    """``.. mutation-areas::``: a line for each area, what is recorded of it; then its functions, and what survived."""

    def make(self) -> list[nodes.Node]:
        head = (
            *("area", "functions", "run whole", "changed since", "mutants", "noticed", "equivalent", "survived"),
            "last run",
        )
        rows: list[list[Cell]] = []
        folds: list[nodes.Node] = []
        for each in by_area(recorded()):
            functions = len(each.runs) + len(each.changed) + len(each.never)
            numbers = [each.count("mutants"), each.count(*NOTICED), each.count("equivalent"), each.count("survived")]
            last = max((f"{run.day} ({run.commit})" for run in each.runs), default="none recorded")
            told = [str(number) if each.runs else "·" for number in numbers]
            name = nodes.literal("", each.area.name)
            rows.append([[name], str(functions), str(len(each.runs)), str(len(each.changed)), *told, last])
            with_mutants = {run.function: run.counts for run in each.runs if run.counts["mutants"]}
            if with_mutants:
                content: list[nodes.Node] = [_functions(with_mutants)]
                survivors = ({**one, "function": run.function} for run in each.runs for one in run.survivors)
                items = nodes.bullet_list("", *map(_survivor, survivors))
                if items.children:
                    content += [nodes.paragraph("", "These survived:"), items]
                folds.append(folded(f"{each.area.name}: {each.area.title}, by function", *content))
        return [table(head, rows, (3, 2, 2, 2, 2, 2, 2, 2, 4)), *folds]


class MutationOutside(Musigma):
    """``.. mutation-outside::``: the packages of which no module, or not every one, is in an area."""

    def make(self) -> list[nodes.Node]:
        rows: list[list[Cell]] = [
            [[nodes.literal("", package)], joined(nodes.literal("", name) for name in names) if some else "all"]
            for package, (names, some) in outside().items()
        ]
        content = table(("package", "modules in no area"), rows, (3, 7))
        return [folded(f"{len(rows)} packages, whole or in part", content)]


def _functions(functions: Mapping[str, Mapping[str, int]]) -> nodes.Node:
    """A line for each function, and one for all."""
    names = [name for name in COLUMNS if any(each[name] for each in functions.values())]
    rows: list[list[Cell]] = []
    for function, counts in (*functions.items(), ("", total(functions.values()))):
        numbers = [str(counts[name]) if counts[name] else "·" for name in ("mutants", *names)]
        said: Cell = [nodes.literal("", function)] if function else "all"
        rows.append([said, score(counts), *numbers])
    return table(("function", "score", "mutants", *names), rows, (6, *([1] * (len(names) + 2))))


def _survivor(mutant: Mapping[str, str]) -> nodes.list_item:
    code = joined([nodes.literal("", mutant["before"]), nodes.literal("", mutant["after"])], " → ")
    said = nodes.Text(f" ({mutant['operator']}): ")
    return nodes.list_item("", nodes.paragraph("", "", nodes.literal("", mutant["function"]), said, *code))
