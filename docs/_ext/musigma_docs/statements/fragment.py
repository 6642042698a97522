"""The directive for the conditions that lie outside the decidable fragment: how many, which, and why."""

from collections import defaultdict
from typing import Any

from docutils import nodes

from musigma_docs.base.build import Cell, Musigma, RefusedError, folded, joined, table

WHY = {
    "for every Slot some Frame": "It says *some frame* of each slot, and names the holder of each frame.",
    "for every Right some Node": "A right at a page is one of some mapping, and a mapping has some right.",
    "for every Node some Right": "A right at a page is one of some mapping, and a mapping has some right.",
    "for every Slot some Slot": "A page that is shown lies in a mapping, which begins at some page.",
    "for every Slot some Node": "A page that is shown lies in some mapping, which shows a frame.",
    "for every Frame some Slot": "A page that is shown lies in some mapping, which shows a frame.",
    "for every Frame some Frame": "A mapping shows a frame at each of its pages, and each of its frames somewhere.",
    "for every Right some Slot": "A right at a page is one of some mapping, which begins at some page.",
    "for every Slot some Right": "A page goes if it has some right to pass on, and a mapping has some right.",
    "for every Node some Node": "Two mappings cannot be one if their parents differ, which are mappings as well.",
    "for every Order some Order": "Two mappings can be one whatever the order is that comes next to theirs.",
    "the function frame": "A page that is shown lies in some mapping, which shows a frame.",
    "the function frame after call": "A page that is shown lies in some mapping, which shows a frame.",
    "for every PageTable some Slot": "A table in use lies on the way of some slot, whose space has a root table.",
    "the function owner": "A table in use lies on the way of some slot, whose space has a root table.",
    "the function root": "A table in use lies on the way of some slot, whose space has a root table.",
    "for every PageTable some PageTable": "An entry of a table leads to the next table.",
    "for every Index some Slot": "A page has an address, which has an index in each table on its way.",
    "the function page": "A page has an address, which has an index in each table on its way.",
    "the function address": "A page has an address, which has an index in each table on its way.",
    "the function index": "A page has an address, which has an index in each table on its way.",
    "the function along": "A page of a mapping shows a frame as far from the mapping's first.",
    "the function seen": "A large leaf shows a frame at each of its pages, as its level says.",
    "the function moved": "A leaf shows a frame as far from the mapping's first as its index says.",
    "the function physical": "A frame has a physical one, and what is shown is that of some frame.",
    "for every PhysicalFrame some Frame": "A frame has a physical one, and what is shown is that of some frame.",
    "the function holder_of": "A space has a tag, and a tag the space that holds it.",
    "the function tag_of": "A space has a tag, and a tag the space that holds it.",
    "the function words": "Memory is a function from addresses to words, both made of bits.",
    "the function set_of": "An address has the set of a buffer where it is remembered, and both are made of bits.",
    "the function entries of the set": "An address has its set in a buffer, whose entries are counted.",
    "the function entries of the set after dropping": "An address has its set in a buffer, whose entries are counted.",
    "the function cold": "A place in a string of pages has a page, and a page the place where it stands.",
    "the function warm": "A place in a string of pages has a page, and a page the place where it stands.",
    "the function stands": "A place in a string of pages has a page, and a page the place where it stands.",
}
"""What each step of a circle of sorts says, in words, whatever the number of the function.

A function that comes with another has none of its own.
"""
BESIDE = ("the function holder",)


def reason_of(circle: str) -> str:
    """In words, what makes the circle of sorts that a report names.

    :raises RefusedError: there are no words for it.
    """
    steps = [step.rstrip("0123456789 ") for step in circle.split("; ")]
    said = [WHY[step] for step in steps if step not in BESIDE and step in WHY]
    unknown = [step for step in steps if step not in WHY and step not in BESIDE]
    if unknown or not said:
        raise RefusedError(f"a condition is outside the decidable fragment for {unknown or circle}: say why in WHY")
    return said[0]


class OutsideFragment(Musigma):
    """``.. outside-fragment::``: the obligations of the canonical run outside the fragment, by the reason."""

    def make(self) -> list[nodes.Node]:
        """A sentence with their number, and a table."""
        results: list[dict[str, Any]] = self.evidence.prove("canonical")["results"]
        by_reason: defaultdict[str, list[str]] = defaultdict(list)
        for result in results:
            if result["outside_of_fragment"]:
                by_reason[reason_of(result["outside_of_fragment"])].append(result["obligation"])
        number = sum(map(len, by_reason.values()))
        rows: list[list[Cell]] = []
        for reason, names in sorted(by_reason.items(), key=lambda item: (len(item[1]), item[0])):
            links = nodes.paragraph("", "", *joined(self.ref("obligation", name) for name in names))
            which: Cell = links if len(names) < 5 else folded(f"{len(names)} obligations", links)
            rows.append([self.prose(reason), which])
        said = f"The conditions of {number} of {len(results)} obligations lie outside the decidable fragment."
        return [self.prose(said), table(("why it is outside", "obligations"), rows, (3, 4))]
