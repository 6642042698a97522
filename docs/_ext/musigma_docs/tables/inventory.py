"""The directive for what of the kernel and the machine is executed in a proof: every function, in its class."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from docutils import nodes

from musigma_docs.base.build import Cell, Musigma, RefusedError, joined, table
from proofs.obligations.inventory import FunctionEntry, How, InventoryError, classified

HEADS = {
    How.WHOLE: ("functions", "executed whole by"),
    How.WORDS: ("functions", "called with words by"),
    How.MODELLED: ("functions", "what stands for them, and what is left to tests"),
    How.OUTSIDE: ("functions", "why no proof speaks of them"),
}

TITLES = {
    How.WHOLE: "executed whole: an obligation says that each statement and both ways of each branch are executed",
    How.WORDS: "executed on words: straight-line functions, called with bit-vectors in the proofs about bits",
    How.MODELLED: "modelled: something else stands for them in the proofs",
    How.OUTSIDE: "in no proof",
}

UNDER_CONTRACT = " †"
"""After a function that the proofs of its callers know by its contract."""


class CodeInventory(Musigma):
    """``.. code-inventory::``: how many functions are in each class, and all of them."""

    def make(self) -> list[nodes.Node]:
        """An error of the build if a function is in no class."""
        try:
            entries = classified()
        except InventoryError as error:
            raise RefusedError(str(error)) from None
        made: list[nodes.Node] = []
        for how in How:
            some = [each for each in entries if each.how == how]
            made.append(nodes.paragraph("", "", nodes.strong("", f"{len(some)} {TITLES[how]}.")))
            made.append(table(HEADS[how], self._rows(some), (3, 4), ("mu-names",)))
        return made

    def _rows(self, entries: Iterable[FunctionEntry]) -> Iterable[Sequence[Cell]]:
        def why(entry: FunctionEntry) -> str:
            return entry.by or entry.reason

        for said, some in groupby(sorted(entries, key=why), key=why):
            found = list(some)
            by = self.ref("obligation", said) if found[0].by else nodes.Text(said[0].upper() + said[1:] + ".")
            yield list(joined(nodes.literal("", text) for text in shown(found))), [by]


def shown(entries: Iterable[FunctionEntry]) -> list[str]:
    """Names, those of the kernel without their package; a dagger after what callers know by its contract.

    >>> entries = [("refinement.kernel.kernel.Kernel.map", How.WHOLE), ("machine.bits.field", How.WORDS)]
    >>> shown([FunctionEntry(name, how) for name, how in entries])
    ['kernel.Kernel.map', 'machine.bits.field']
    """
    return [
        each.name.removeprefix("refinement.kernel.") + (UNDER_CONTRACT if each.contract else "") for each in entries
    ]
