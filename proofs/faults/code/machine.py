"""A machine that is wrong in one way each, in its code: walks, cores, buffers and tags, when executed on terms."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from machine.core import Core
from machine.formats import Format
from machine.tlb import SplitTlb, Tlb
from machine.walker import Walk, Walker, build_walk, walk_of, wide_root
from proofs.faults.code.page_tables import with_idle_branch
from proofs.obligations.machine.bits import ALL_FORMATS, prefix
from proofs.obligations.source import Code
from refinement.kernel.tags import Tags
from refinement.rewriting import replaced


class WrongMachine(NamedTuple):
    """A wrong machine: what is wrong, how the ids of the obligations begin that notice it, and the code with it."""

    sentence: str
    subjects: tuple[str, ...]
    code: Code


def with_method(cls: type, name: str, old: str, new: str) -> type:
    """The class with one piece of a method's text replaced."""
    return type(cls.__name__, (cls,), {name: replaced(getattr(cls, name), old, new)})


def with_walk(old: str, new: str) -> Callable[[Format], Walk]:
    """Return what makes the walk of a format, with one piece of the walk's text replaced."""
    return lambda format: replaced(build_walk(format), old, new)


def with_wide_root(old: str, new: str) -> Callable[[Walk, Format], Walk]:
    """Return what makes the walk of several tables as a root, with one piece of its text replaced."""
    return lambda walk, format: replaced(wide_root(walk, format), old, new)


FORMAT_SUBJECTS = tuple(f"{prefix(each)}__" for each in ALL_FORMATS)
WIDE_SUBJECTS = tuple(f"{prefix(each)}__" for each in ALL_FORMATS if each.root_tables > 1)
IDLE: Mapping[type, Sequence[str]] = {
    Walker: ("translate",),
    Core: ("translate", "_fill", "_pieces"),
    Tlb: ("lookup", "insert"),
    SplitTlb: ("_side",),
    Tags: ("of", "current"),
}
"""The methods that have a branch which is never taken, in the fault of that name."""


def _walk(old: str, new: str, sentence: str) -> WrongMachine:
    return WrongMachine(sentence, FORMAT_SUBJECTS, Code(walk=with_walk(old, new)))


def _walker(old: str, new: str, sentence: str) -> WrongMachine:
    return WrongMachine(sentence, FORMAT_SUBJECTS, Code(walker=with_method(Walker, "translate", old, new)))


def _core(name: str, old: str, new: str, sentence: str) -> WrongMachine:
    return WrongMachine(sentence, ("core_",), Code(core=with_method(Core, name, old, new)))


def _tlb(name: str, old: str, new: str, sentence: str) -> WrongMachine:
    return WrongMachine(sentence, ("tlb_",), Code(tlb=with_method(Tlb, name, old, new)))


def _split(name: str, old: str, new: str, sentence: str) -> WrongMachine:
    return WrongMachine(sentence, ("split_tlb__",), Code(split_tlb=with_method(SplitTlb, name, old, new)))


def _tags(name: str, old: str, new: str, sentence: str) -> WrongMachine:
    return WrongMachine(sentence, ("tags_",), Code(tags=with_method(Tags, name, old, new)))


MACHINE: Mapping[str, WrongMachine] = {
    "walk-table-one-longer": _walk(
        "slot >= len(words)", "slot > len(words)", "A walk takes the first entry behind memory for one in it."
    ),
    "walk-first-root-table": WrongMachine(
        "A walk begins in the first of the tables that are the root, whatever the address.",
        WIDE_SUBJECTS,
        Code(wide_root=with_wide_root("root + (address >> above) * size", "root")),
    ),
    "walk-one-root-table-of-two": WrongMachine(
        "A walk begins in the first of two tables that are the root, whatever the address.",
        WIDE_SUBJECTS,
        Code(walk_of=replaced(walk_of, "format.root_tables > 1", "format.root_tables > 2")),
    ),
    "walk-grants-all": _walk(
        "attributes &= attributes_of(entry, level)", "pass", "A walk does not ask what the leaf grants."
    ),
    "walk-always-global": _walk("shared = 0", "shared = 1", "A walk finds every page global."),
    "walk-marks-too-early": _walk(
        "left_to_software = ",
        "words[slot] = marked\n    left_to_software = ",
        "A walk marks the leaf before it is known whether the access is permitted.",
    ),
    "walk-reads-next": _walk("slot = base +", "slot = base + 1 +", "A walk reads the entry next to the one selected."),
    "translation-offset-of-small-page": _walker(
        "(1 << format.span_bits(level)) - 1", "4095", "An address is put within 4 KiB, whatever the page's size."
    ),
    "translation-below-zero": _walker("address < 0 or ", "", "A negative number is taken for an address."),
    "core-offset-of-small-page": _core(
        "translate", "(1 << span) - 1", "4095", "A core takes the offset within 4 KiB, whatever the page's size."
    ),
    "core-looks-without-tag": _core("translate", "self.tag, access", "0, access", "A core looks up under the tag 0."),
    "core-swallows-fault": _core("_fill", "raise found", "raise ValueError(found)", "A core raises no page fault."),
    "core-counts-twice": _core(
        "_fill", "self.counters.walks += 1", "self.counters.walks += 2", "A walk is counted as two."
    ),
    "core-crosses-unasked": _core(
        "_pieces",
        "self.translate(following, access)",
        "self.translate(address, access)",
        "An access that spans two pages is done twice in the first.",
    ),
    "core-tag-stays": _core("switch", "self.tag = tag", "pass", "A core keeps its tag in a switch."),
    "tlb-looks-under-next-tag": _tlb(
        "lookup", "in (tag, SHARED_TAG)", "in (tag + 1, SHARED_TAG)", "A lookup gives what is of the next tag."
    ),
    "tlb-overlooks-global": _tlb("lookup", "in (tag, SHARED_TAG)", "in (tag,)", "A lookup overlooks global entries."),
    "tlb-keeps-both": _tlb(
        "insert", "self._drop_address(address, tag, shared=True)", "pass", "What the address had in the buffer stays."
    ),
    "tlb-drops-no-global": _tlb(
        "_drop_address", "(tag, SHARED_TAG) if shared", "(tag,) if shared", "A global entry of the address stays."
    ),
    "tlb-page-as-if-tagged": _tlb(
        "invalidate_page", " and self.tagged", "", "An untagged buffer drops a page under the tag it is given."
    ),
    "tlb-tag-takes-global": _tlb("invalidate_tag", "not entry.shared and ", "", "Global entries go with a tag."),
    "tlb-all-but-global": _tlb(
        "invalidate_all", "shared or not entry.shared", "not entry.shared", "Global entries are never invalidated."
    ),
    "tlb-count-stays": _tlb(
        "_remove", "self._levels[entry.level] -= 1", "pass", "An entry that is removed stays counted."
    ),
    "split-tlb-data-only": _split(
        "invalidate_page",
        "self.code.invalidate_page(address, tag, shared)",
        "pass",
        "A page is invalidated in the buffer for loads and stores only.",
    ),
    "tags-loser-keeps": _tags("of", "self._of[loser] = None", "pass", "Who loses a tag keeps it, with the new owner."),
    "tags-space-without": _tags("of", "self._of[space] = given", "pass", "A space is not told its new tag."),
    "tags-given-unretired": _tags("of", "self.retire(given)", "pass", "A tag is given away with what buffers hold."),
    "tags-lost-from-queue": _tags("_next", "self._queue.append(tag)", "pass", "A tag that was given leaves the queue."),
    "core-store-unchecked": _core(
        "store", "self.memory.check(physical, count)", "pass", "A store begins before it is known that it can end."
    ),
    "core-store-first-again": _core(
        "store", "data = data[count:]", "pass", "Both parts of a store get the value's lowest bytes."
    ),
    "core-load-second-lost": _core(
        "_get", "data = data + self", "data = self", "Of a load in two parts the second is all that is given."
    ),
    "core-fetch-as-load": _core("fetch", "EXECUTE", "READ", "A fetch is translated as a load."),
    "tags-search-late": _tags("_next", "place = 0", "place = 1", "The first tag in line is never tried."),
    "tags-as-many-as-cores": _tags(
        "__init__", "count <= len(cores)", "count < len(cores)", "As many tags as cores are held to be enough."
    ),
    "tags-last-left-out": _tags("__init__", "count + 1))", "count))", "The last tag does not stand in line at first."),
    "tags-given-at-first": _tags("__init__", "[None if", "[1 if", "Every space has the first tag at first."),
    "tags-taken-in-use": _tags("_in_use", "return True", "pass", "A tag is taken although a core executes with it."),
    "tags-current-forgets": _tags(
        "current",
        "return self._of[space]",
        "self._of[space] = None\n    return self._of[space]",
        "A space that asks for its tag loses it.",
    ),
    "tags-retired-nowhere": _tags(
        "retire", "core.tlb.invalidate_tag(tag)", "pass", "A tag is retired and no buffer is told."
    ),
    "machine-branch-idle": WrongMachine(
        "There is a branch that is never taken.",
        ("walker__", "core__", "tlb__", "split_tlb__", "tags__"),
        Code(
            walker=with_idle_branch(Walker, IDLE[Walker]),
            core=with_idle_branch(Core, IDLE[Core]),
            tlb=with_idle_branch(Tlb, IDLE[Tlb]),
            split_tlb=with_idle_branch(SplitTlb, IDLE[SplitTlb]),
            tags=with_idle_branch(Tags, IDLE[Tags]),
        ),
    ),
}
"""By name what is wrong, and the code with it."""
