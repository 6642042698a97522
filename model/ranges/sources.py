"""The sources of the named dialects of ranges: for each choice a public one that shows it, or nothing.

A source is a file of the kernel at one commit. What it says is told in our words and in the terms of these readings; of
other versions nothing is known. A choice that is not here is not known: the dialect has the canonical member of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_PISTACHIO = "https://github.com/l4ka/pistachio/blob"
_WALKER = f"{_PISTACHIO}/19b08d006aa7064d903842fca6c91292462ad252/kernel/src/generic/linear_ptab_walker.cc"
_MAPPING = f"{_PISTACHIO}/a26b69835c0da476917640188d4e17fc8fe3c135/kernel/src/generic/mapping.cc"
_FIASCO = "https://github.com/kernkonzept/fiasco/blob/065713debf095dac31526d0a20c0950a6046a30e/src/kern/map_util.cpp"
_NOVA = "https://github.com/udosteinberg/NOVA/blob"
_PD = f"{_NOVA}/0632429bbd8d9077f67a4816ca60202db676b416/src/pd.cpp"
_MDB = f"{_NOVA}/079b5f5739d2f3759c5bc82c7569072786202549/include/mdb.h"


@dataclass(frozen=True, slots=True)
class Cited:
    """A place in a public source, and what it does there.

    :param left: what of it the reading does not say, if it is the nearest that there is.
    """

    where: str
    function: str
    says: str
    left: str = ""

    @property
    def fits(self) -> bool:
        """Whether the reading says all that the source does."""
        return not self.left


SOURCES: Mapping[str, Mapping[str, Cited]] = MappingProxyType(
    {
        "x2": {
            "timing": Cited(_WALKER, "map_fpage", "one loop over the page tables of both sides, entry after entry"),
            "refusal": Cited(_WALKER, "map_fpage", "an entry that may not go is passed over, and the loop goes on"),
            "crossing": Cited(
                _WALKER,
                "map_fpage",
                "a source that went with its destination is looked for afterwards, and passed over",
            ),
            "holes": Cited(_WALKER, "map_fpage", "an invalid entry of the sender is passed over before the receiver's"),
            "unit": Cited(
                _WALKER,
                "mapctrl",
                "a flush of part of a large mapping with its own pages grows to all of it; without its own pages a "
                "derived mapping that is larger than the part stays; so does one that is larger than what comes to its "
                "place",
                left="where the flushed mapping has large mappings below it and no smaller ones, the walk goes from "
                "one of them to the next, and takes the smaller ones of the first that has any; which that is depends "
                "on the order in the database",
            ),
            "part_granted": Cited(
                _MAPPING,
                "mdb_map",
                "the node goes to the receiver with the part, and the sender's whole entry is cleared",
                left="what was mapped from the rest is then below the receiver's node, whose page has another frame; "
                "and σ0 has no entries of its own, so that it goes on to map what it has granted",
            ),
            "own": Cited(_MAPPING, "mdb_flush", "all nodes of greater depth behind the first go, of whatever space"),
            "window": Cited(_WALKER, "base_mask", "the base is cut to the bits between the two sizes"),
        },
        "fiasco": {
            "timing": Cited(_FIASCO, "map", "one loop, whose step is the size of what it has just inserted"),
            "refusal": Cited(_FIASCO, "map", "a page that cannot be inserted is passed over, and is no error"),
            "crossing": Cited(_FIASCO, "map", "a source that went with its destination is passed over"),
            "holes": Cited(_FIASCO, "map", "where the sender's look-up finds nothing the loop goes on"),
            "unit": Cited(
                _FIASCO, "unmap", "with its own pages a flush takes a page whole, also one larger than what was asked"
            ),
            "part_granted": Cited(_FIASCO, "map", "a grant of part of a large page is made a map, with a warning"),
            "window": Cited(_FIASCO, "free_constraint", "the hot spot is cut to the bits between the two sizes"),
        },
        "nova": {
            "timing": Cited(_PD, "Pd::delegate", "one loop, from one node of the sender to the next"),
            "refusal": Cited(
                _PD, "Pd::delegate", "a node that cannot be inserted is passed over, and the loop goes on"
            ),
            "crossing": Cited(_PD, "Pd::delegate", "nothing asks whether what is sent lies in what receives"),
            "holes": Cited(_MDB, "Mdb::lookup", "where no node has the address, the next one above is found"),
            "unit": Cited(_PD, "Pd::revoke", "the whole node that the range meets is revoked, and all below it"),
            "part_granted": Cited(_PD, "Pd::delegate", "nothing is ever granted, so that this is no choice of NOVA's"),
            "own": Cited(_PD, "Pd::revoke", "all nodes of greater depth behind the first go, of whatever space"),
            "window": Cited(_PD, "Pd::clamp", "the hot spot is cut to the bits between the two sizes"),
        },
    }
)
