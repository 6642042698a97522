"""Every obligation about the machine's code falls by some wrong version of that code, and by a named one."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from z3 import And, BoolVal, Implies, Or

from machine.bits import Word
from machine.core import Core
from machine.formats import AARCH64, SV39, X86_64, Format
from machine.tlb import SplitTlb, Tlb
from machine.walker import Walker
from model.spaces.dialect import CANONICAL
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.engines.terms.fragment import outside_of_fragment
from proofs.execution import coverage
from proofs.execution.path import ExecutionError
from proofs.faults.code.machine import MACHINE, with_method, with_walk
from proofs.faults.hunts.proof_of_code import CODE_FAULTS, concerns, hints
from proofs.obligation import Condition
from proofs.obligations.code import CodeObligation
from proofs.obligations.kernel import handing_on, theorem
from proofs.obligations.machine import agreement, bits, bytes_moved, core, kernel_walk, pieces, tags, tlb, walk
from proofs.obligations.machine.tags_line import FINDS, FIRST, QUEUE
from proofs.obligations.machine.tags_state import CURRENT, DISTINCT, EXECUTING
from proofs.obligations.machine.tlb_state import INVARIANT
from proofs.obligations.machine.walk_memory import READS
from proofs.obligations.machine.walk_spec import takes_any_control
from proofs.obligations.source import Code
from proofs.registry import registry
from proofs.verdict import Verdict
from refinement.kernel.tags import Tags

satisfiable = Satisfiable()

QUICK = ("sv39__", "core", "tlb", "split_tlb", "tags")
"""How the obligations begin that are tried here: one format stands for all."""

FALLEN = [
    (fault, obligation)
    for fault in MACHINE
    for obligation in hints()[fault]
    if obligation.startswith(QUICK) and not obligation.endswith("executed_whole")
]


def verdict(conditions: Iterable[Condition]) -> Verdict:
    return discharge_all(conditions, satisfiable, Settings(seconds=60, solvers=Solvers.Z3)).verdict


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "obligation"), FALLEN)
def test_a_fault_of_the_catalogue(fault: str, obligation: str) -> None:
    wanted = registry()[obligation]
    assert isinstance(wanted, CodeObligation)
    assert concerns(CODE_FAULTS[fault], obligation)
    assert verdict(wanted.conditions(CANONICAL, frozenset(), MACHINE[fault].code)) == Verdict.UNPROVED


@pytest.mark.slow
@pytest.mark.parametrize(
    ("format", "old", "new", "what"),
    [
        (X86_64, "attributes &= limits_of(entry)", "pass", walk.FINDS),
        (SV39, "shared |= shared_of(entry, 0, control)", "pass", walk.FINDS),
        (SV39, "level * index_bits & index_mask", "level * index_bits & index_mask >> 1", READS),
        (SV39, "base = root >> entry_shift\n    attributes", "base = root >> 12\n    attributes", READS),
        (AARCH64, "left_to_software and unmarked_first", "left_to_software and not unmarked_first", walk.ENDS),
        (X86_64, "words[above] = mark(pointer, 0, access)", "words[above] = mark(pointer, 1, access)", walk.MARKS),
        (X86_64, "marked = mark(words[slot], 1, access)", "marked = mark(words[slot], 0, access)", walk.MARKS),
        (X86_64, "if unmarked != 0:", "if unmarked == 0:", walk.MARKS),
        (SV39, "updates(control) == 0", "updates(control) != 0", walk.ENDS),
        (SV39, "MALFORMED_ENTRY if kind == MALFORMED else ABSENT_ENTRY", "MALFORMED_ENTRY", walk.ENDS),
    ],
)
def test_broken_walk(format: Format, old: str, new: str, what: str) -> None:
    code = Code(walk=with_walk(old, new))
    assert verdict(walk.conditions(format, what, code)) == Verdict.UNPROVED


@pytest.mark.long
@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("format.flags(entry) & 2 != 0", "format.flags(entry) & 1 != 0", walk.REPORTS),
        ("PageFault(Reason(reason), address", "PageFault(Reason(reason), root", walk.REPORTS),
        ("root & 4095 != 0", "root & 2047 != 0", walk.REFUSES),
        ("if reason != OK:", "if reason == OK:", walk.REPORTS),
    ],
)
def test_broken_translation(old: str, new: str, what: str) -> None:
    code = Code(walker=with_method(Walker, "translate", old, new))
    assert verdict(walk.conditions(SV39, what, code)) == Verdict.UNPROVED


@pytest.mark.long
def test_modes_are_any_unless_the_format_looks_at_them() -> None:
    def updates(control: int) -> int:
        return 0 if control & 4 else 1

    looks = replace(SV39, updates=updates)
    assert takes_any_control(SV39)
    assert not takes_any_control(looks)
    assert verdict(walk.conditions(looks, walk.ENDS)) == Verdict.PROVED


@pytest.mark.long
def test_a_pointer_in_the_last_table_leads_nowhere() -> None:
    def kind(entry: Word, level: int, control: int) -> Word:
        return (entry & 1) * 1

    deep = replace(SV39, kind=kind)
    assert verdict(walk.conditions(deep, READS)) == Verdict.UNPROVED


@pytest.mark.long
@pytest.mark.parametrize("format", [X86_64, SV39, AARCH64], ids=lambda format: format.name)
def test_a_walk_that_permits_less_is_not_exact(format: Format) -> None:
    """What is permitted was granted and asked for; but not all that was granted is permitted."""
    permitted = format.permits

    def permits(attributes: Word, access: Word, user: Word, control: int) -> Word:
        return permitted(attributes & ~1, access, user, control)

    less = replace(format, permits=permits)
    assert verdict(bits.walk_permits_what_was_granted(less)) == Verdict.UNPROVED
    assert verdict(kernel_walk.conditions(less, kernel_walk.FINDS_EXACTLY)) == Verdict.UNPROVED


@pytest.mark.long
def test_a_walk_that_permits_more_is_not_exact() -> None:
    permitted = SV39.permits

    def permits(attributes: Word, access: Word, user: Word, control: int) -> Word:
        return permitted(attributes | 0b010, access, user, control)

    more = replace(SV39, permits=permits)
    assert verdict(kernel_walk.conditions(more, kernel_walk.FINDS_EXACTLY)) == Verdict.UNPROVED


@pytest.mark.long
def test_global_pages_are_of_no_space() -> None:
    def shared(entry: Word, leaf: int, control: int) -> Word:
        return 1

    everyones = replace(SV39, shared=shared)
    assert verdict(kernel_walk.conditions(everyones, kernel_walk.STAYS_TAGGED)) == Verdict.UNPROVED


@pytest.mark.parametrize(
    ("name", "old", "new", "what"),
    [
        ("translate", "allowed == 0 or ", "", core.TAKES),
        ("translate", "access == WRITE and (not entry.dirty)", "access == WRITE and allowed == 0", core.TAKES),
        ("_fill", "self.user, self.root", "self.user, 0", core.ASKS),
        ("_fill", "if self.format.faults_invalidate:", "if not self.format.faults_invalidate:", core.ASKS),
        ("translate", "self.counters.hits += 1", "self.counters.misses += 1", core.COUNTS),
    ],
)
def test_broken_core(name: str, old: str, new: str, what: str) -> None:
    assert verdict(core.conditions(what, Code(core=with_method(Core, name, old, new)))) == Verdict.UNPROVED


def looks_at_one_size(self: Any, address: int, tag: int, shared: bool) -> None:
    owners = (tag, -1) if shared else (tag,)
    for level in list(self._levels):
        if level == 0:
            page = self._page(address, level)
            bucket = self._sets[page % len(self._sets)]
            for owner in owners:
                entry = bucket.get((level, page, owner))
                if entry is not None:
                    self._remove(entry)


def looks_at_one_size_of_all(self: Any, address: int, tag: int | None = None, shared: bool = True) -> None:
    if tag is not None and self.tagged:
        self._drop_address(address, tag, shared)
        return
    for entry in self.entries():
        if entry.page == self._page(address, 0) and (shared or not entry.shared):
            self._remove(entry)


@pytest.mark.long
def test_pages_of_every_size_and_tables_of_every_width() -> None:
    page = with_method(Tlb, "_page", "self._page_bits", "12")
    assert verdict(tlb.conditions(tlb.INSERTS, Code(tlb=page))) == Verdict.UNPROVED
    span = with_method(
        Core, "translate", "self.format.span_bits(entry.level)", "12 + entry.level * self.format.index_bits"
    )
    assert verdict(core.conditions(core.TAKES, Code(core=span))) == Verdict.UNPROVED


@pytest.mark.long
@pytest.mark.parametrize("new", ["<", ">"])
def test_a_set_holds_as_many_as_it_has_ways(new: str) -> None:
    """An entry makes room where none is there, which stops the buffer; or where a set has one too many already."""
    code = Code(tlb=with_method(Tlb, "insert", "len(bucket) >= self.ways", f"len(bucket) {new} self.ways"))
    assert verdict(tlb.conditions(INVARIANT, code)) == Verdict.UNPROVED


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("first >= size", "first > size"),
        ("first >= size", "first + 1 >= size"),
        ("(address & 4095)", "(address & 2047)"),
        (" & (1 << self.format.address_bits) - 1", ""),
        ("size - first)", "size)"),
    ],
)
def test_broken_parts_of_an_access(old: str, new: str) -> None:
    code = Code(core=with_method(Core, "_pieces", old, new))
    assert verdict(pieces.conditions(code)) == Verdict.UNPROVED


@pytest.mark.long
@pytest.mark.parametrize(
    ("broken", "what"),
    [
        (type("Broken", (Tlb,), {"_drop_address": looks_at_one_size}), tlb.OF_ADDRESS),
        (type("Broken", (Tlb,), {"invalidate_page": looks_at_one_size_of_all}), tlb.OF_PAGE),
        (with_method(Tlb, "_page", "level * self._index_bits", "self._index_bits"), tlb.GIVES),
        (with_method(Tlb, "insert", "SHARED_TAG if translation.shared else tag", "tag"), tlb.INSERTS),
        (with_method(Tlb, "insert", "translation.attributes, ", "0b111111, "), tlb.INSERTS),
        (with_method(Tlb, "insert", "self._levels.get(translation.level, 0) + 1", "1"), INVARIANT),
        (with_method(Tlb, "_remove", "== 0", "== 1"), INVARIANT),
        (with_method(Tlb, "invalidate_page", "(shared or not entry.shared)", "shared"), tlb.OF_PAGE),
        (with_method(Tlb, "invalidate_tag", "not self.tagged or ", ""), tlb.OF_TAG),
    ],
)
def test_broken_buffer(broken: type, what: str) -> None:
    assert verdict(tlb.conditions(what, Code(tlb=broken))) == Verdict.UNPROVED


@pytest.mark.parametrize(
    ("name", "old", "new", "what"),
    [
        ("of", "self._holder[given] = space", "pass", DISTINCT),
        ("_in_use", "other != core and ", "other == core and ", EXECUTING),
        ("_next", "place += 1", "place += 2", QUEUE),
        ("_next", "place = 0", "place = 1", FINDS),
        ("_next", "self._in_use(self._queue[place], core)", "not self._in_use(self._queue[place], core)", FINDS),
        ("__init__", "count <= len(cores)", "count < len(cores)", FIRST),
        ("__init__", "count <= len(cores)", "count <= len(cores) + 1", FIRST),
        ("__init__", "if self._tagged and", "if", FIRST),
        ("__init__", "range(1, count + 1)", "range(1, count)", FIRST),
        ("__init__", "range(1, count + 1)", "range(0, count + 1)", FIRST),
        ("__init__", "[None if self._tagged", "[1 if self._tagged", FIRST),
        ("__init__", "None if self._tagged else 0", "None if self._tagged else None", FIRST),
        ("__init__", "if self._tagged else []", "if not self._tagged else []", FIRST),
        ("__init__", "self._cores = cores", "self._cores = [cores[0]]", FIRST),
    ],
)
def test_broken_tags(name: str, old: str, new: str, what: str) -> None:
    assert verdict(tags.conditions(what, Code(tags=with_method(Tags, name, old, new)))) == Verdict.UNPROVED


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("_next", "return tag", "return self._queue[place]"),
        ("_next", "tag = self._queue.pop(place)", "other = self._queue.pop(place); tag = self._queue.pop(place)"),
    ],
)
def test_the_line_is_not_read_after_a_tag_has_left_it(name: str, old: str, new: str) -> None:
    with pytest.raises(ExecutionError, match="others stand at its places then"):
        verdict(tags.conditions(QUEUE, Code(tags=with_method(Tags, name, old, new))))


@pytest.mark.parametrize(
    ("name", "old", "new", "what"),
    [
        ("_drop_address", "list(self._levels)", "self._levels", tlb.OF_ADDRESS),
        ("lookup", "return entry", "self._remove(entry)", tlb.MISSES),
    ],
)
def test_what_a_loop_changes_it_goes_over_in_a_copy(name: str, old: str, new: str, what: str) -> None:
    with pytest.raises(ExecutionError, match="copy"):
        list(tlb.conditions(what, Code(tlb=with_method(Tlb, name, old, new))))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("_side", "access == EXECUTE", "access != EXECUTE"),
        ("invalidate_tag", "self.data.invalidate_tag(tag)", "pass"),
        ("invalidate_all", "self.code.invalidate_all(shared)", "self.code.invalidate_all()"),
        ("lookup", ".lookup(address, tag", ".lookup(address, 0"),
        ("insert", "self._side(access)", "self.data"),
    ],
)
def test_broken_pair_of_buffers(name: str, old: str, new: str) -> None:
    broken = with_method(SplitTlb, name, old, new)
    assert verdict(handing_on.conditions(handing_on.SPLIT, Code(split_tlb=broken))) == Verdict.UNPROVED


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("self.root = root", "self.root = tag"),
        ("if not self.tlb.tagged:", "if self.tlb.tagged:"),
        ("shared=False", "shared=True"),
    ],
)
def test_broken_switch(old: str, new: str) -> None:
    code = Code(core=with_method(Core, "switch", old, new))
    assert verdict(handing_on.conditions(handing_on.SWITCH, code)) == Verdict.UNPROVED


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "code"),
    [
        (
            walk,
            Code(walker=with_method(Walker, "translate", "offset = ", "if level > 9:\n        pass\n    offset = ")),
        ),
        (core, Code(core=with_method(Core, "_fill", "raise found", "raise found\n        self.tag = 0"))),
        (
            tlb,
            Code(
                tlb=with_method(
                    Tlb, "_remove", "del self._sets", "if entry.page < 0:\n        return\n    del self._sets"
                )
            ),
        ),
        (
            tags,
            Code(
                tags=with_method(
                    Tags, "current", "return self", "if space != space:\n        return None\n    return self"
                )
            ),
        ),
    ],
    ids=["walker", "core", "tlb", "tags"],
)
def test_code_that_is_never_executed_is_noticed(module: Any, code: Code) -> None:
    assert verdict(coverage.conditions(module.executed(code), module.runs(code))) in {Verdict.UNPROVED, Verdict.VACUOUS}


@pytest.mark.parametrize(
    ("name", "old", "new", "what"),
    [
        ("store", "self.memory.check(physical, count)", "pass", bytes_moved.STORES),
        ("store", "self._in_memory(address, size, WRITE)", "self._in_memory(address, size, 4)", bytes_moved.STORES),
        ("store", "data = data[count:]", "pass", bytes_moved.STORES),
        ("store", "data[:count]", "data[count:]", bytes_moved.STORES),
        ("store", "data[:count]", "data", bytes_moved.STORES),
        ("_get", "data = data + self", "data = self", bytes_moved.LOADS),
        ("_get", "(address, size, access)", "(address, size, 4)", bytes_moved.LOADS),
        ("_get", "'little'", "'big'", bytes_moved.LOADS),
        ("load", "READ", "WRITE", bytes_moved.LOADS),
        ("fetch", "EXECUTE", "READ", bytes_moved.LOADS),
    ],
)
def test_broken_loads_and_stores(name: str, old: str, new: str, what: str) -> None:
    code = Code(core=with_method(Core, name, old, new))
    assert verdict(bytes_moved.conditions(what, code)) == Verdict.UNPROVED


@pytest.mark.parametrize("what", [what for what in tags.THEOREMS if what != FIRST])
def test_what_is_said_of_tags_lies_outside_of_the_decidable_fragment(what: str) -> None:
    """A space has a tag, and the tag a space: docs/limits.rst says so."""
    assert "tag_of" in "".join(outside_of_fragment(condition) for condition in tags.conditions(what))


@pytest.mark.long
def test_what_is_said_of_a_walk_lies_outside_by_bits_only() -> None:
    every = {outside_of_fragment(condition) for condition in walk.conditions(SV39, READS)}
    assert every <= {"", "the function words64"}


def test_a_loop_without_a_rule_is_refused() -> None:
    loops = with_method(Tags, "current", "return self", "while self._of[space] is None:\n        pass\n    return self")
    with pytest.raises(ExecutionError, match="loop without an invariant"):
        verdict(tags.conditions(CURRENT, Code(tags=loops)))


@pytest.mark.parametrize(
    ("part", "weaker"),
    [
        ("finds_exactly", lambda expressible, found, shown: Implies(And(expressible, found), shown)),
        ("finds_exactly", lambda expressible, found, shown: Implies(And(expressible, shown), found)),
        ("takes", lambda accessed, held, permitted, found: Implies(accessed, Or(And(permitted, held), found))),
        ("gives", lambda given, has: BoolVal(True)),
        ("within", lambda some, all_of: BoolVal(True)),
        ("exactly", lambda one, other: agreement.within(one, other)),
    ],
)
def test_the_theorem_falls_with_a_weaker_part(monkeypatch: pytest.MonkeyPatch, part: str, weaker: Any) -> None:
    assert verdict(theorem.conditions()) == Verdict.PROVED
    monkeypatch.setattr(agreement, part, weaker)
    assert verdict(theorem.conditions()) == Verdict.UNPROVED
