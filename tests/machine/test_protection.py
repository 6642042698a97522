"""Physical memory protection and mstatus.MPRV: the manual's cases, the rule byte by byte, wrong harts."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machine import EXECUTE, READ, SV39, WRITE, Memory, PageFault, Reason, Tlb
from machine.hart import Hart
from machine.protection import MACHINE, SUPERVISOR, USER, Matching, Protection, ProtectionFault, Refused, TablesSeen
from refinement.rewriting import replaced

TOR, NA4, NAPOT = (kind << 3 for kind in (Matching.TOR, Matching.NA4, Matching.NAPOT))
R, W, X, L = 1, 2, 4, 0x80


def protection(*entries: tuple[int, int], count: int = 16) -> Protection:
    """Entries of config and address, the rest off."""
    made = Protection(count)
    for number, (config, address) in enumerate(entries):
        made.set_address(number, address)
        made.set_config(number, config)
    return made


@pytest.mark.parametrize(
    ("config", "address", "range_"),
    [
        (NA4, 0x400, (0x1000, 0x1004)),
        (NAPOT, 0x400, (0x1000, 0x1008)),
        (NAPOT, 0x401, (0x1000, 0x1010)),
        (NAPOT, 0x403, (0x1000, 0x1020)),
        (NAPOT, 0x5FF, (0x1000, 0x2000)),
        (NAPOT, (1 << 54) - 1, (0, 1 << 57)),
        (TOR, 0x400, (0, 0x1000)),
        (0, 0x400, (0, 0)),
    ],
)
def test_what_an_entry_is_for(config: int, address: int, range_: tuple[int, int]) -> None:
    """Table 3.11: yyyy is NA4 or 8 bytes, yyy0 1 is 16 bytes, and so on; TOR of entry 0 begins at 0."""
    assert protection((config, address)).range(0) == range_


def test_a_range_ends_where_the_next_begins() -> None:
    pmp = protection((TOR | R, 0x400), (TOR | W | R, 0x800), (TOR | X, 0x600))
    assert [pmp.range(entry) for entry in range(3)] == [(0, 0x1000), (0x1000, 0x2000), (0x2000, 0x2000)]
    pmp.check(0x1FFC, 4, WRITE, USER)
    with pytest.raises(Refused, match="pmp1 forbids 8"):
        pmp.check(0x1FFC, 8, WRITE, USER)
    with pytest.raises(Refused, match="pmp0 forbids"):
        pmp.check(0xFFC, 8, READ, USER)


@pytest.mark.parametrize(
    ("config", "access", "privilege", "passes"),
    [
        (NAPOT | R, READ, USER, True),
        (NAPOT | R, WRITE, SUPERVISOR, False),
        (NAPOT | X, EXECUTE, SUPERVISOR, True),
        (NAPOT | X, READ, SUPERVISOR, False),
        (NAPOT, WRITE, MACHINE, True),
        (NAPOT | L, WRITE, MACHINE, False),
        (NAPOT | L | R, READ, MACHINE, True),
        (0, READ, MACHINE, True),
        (0, READ, SUPERVISOR, False),
    ],
)
def test_who_may(config: int, access: int, privilege: int, passes: bool) -> None:
    """3.7.1: machine mode is free of what is not locked; others need an entry that grants."""
    pmp = protection((config, 0x5FF))
    if passes:
        pmp.check(0x1800, 8, access, privilege)
    else:
        with pytest.raises(Refused):
            pmp.check(0x1800, 8, access, privilege)


def test_without_entries_all_may() -> None:
    """3.7.1: an access that no entry matches fails if at least one is implemented."""
    Protection(0).check(0x1800, 8, WRITE, USER)
    with pytest.raises(Refused, match="no entry"):
        Protection(16).check(0x1800, 8, WRITE, USER)


def test_a_locked_entry_stays() -> None:
    """3.7.1: writes are ignored; so are those of the address before a locked TOR."""
    pmp = protection((NAPOT | R, 0x400), (TOR | L, 0x800))
    for entry in (0, 1):
        pmp.set_address(entry, 0x123)
    pmp.set_config(1, 0)
    pmp.set_config(0, 0)
    assert [(pmp.config(entry), pmp.address(entry)) for entry in (0, 1)] == [(0, 0x400), (TOR | L, 0x800)]


@pytest.mark.parametrize("config", [W, W | X, 0x20, 0x40, 0x100])
def test_reserved_configurations_are_refused(config: int) -> None:
    with pytest.raises(ValueError, match="reserved"):
        Protection().set_config(0, config)
    with pytest.raises(ValueError, match="0, 16 or 64"):
        Protection(5)


def allowed(entries: list[tuple[int, int]], address: int, size: int, access: int, privilege: int) -> bool:
    """The rule byte by byte, on the binary digits of addresses."""

    def has(number: int, byte: int) -> bool:
        config, own = entries[number]
        kind = config // 8 % 4
        if kind == 1:
            return (4 * entries[number - 1][1] if number else 0) <= byte < 4 * own
        if kind == 2:
            return byte // 4 == own
        digits = f"{own:054b}".rstrip("1")[:-1]
        return kind == 3 and f"{byte // 4:054b}".startswith(digits)

    for number, (config, _) in enumerate(entries):
        bytes_ = [has(number, byte) for byte in range(address, address + size)]
        if any(bytes_):
            letters = {READ: config % 2, WRITE: config // 2 % 2, EXECUTE: config // 4 % 2}
            return all(bytes_) and (bool(letters[access]) or (privilege == MACHINE and config < 128))
    return privilege == MACHINE


CONFIGS = st.sampled_from(
    [lock | kind << 3 | rights for lock in (0, L) for kind in range(4) for rights in (0, 1, 3, 4, 5, 7)]
)


def agrees(
    seeds: list[tuple[int, int]], address: int, size: int, access: int, privilege: int, made: type[Protection]
) -> None:
    pmp = made(16)
    for number, (_, own) in enumerate(seeds):
        pmp.set_address(number, own)
    for number, (config, _) in enumerate(seeds):
        pmp.set_config(number, config)
    try:
        pmp.check(address, size, access, privilege)
        passed = True
    except Refused:
        passed = False
    assert passed == allowed(seeds, address, size, access, privilege)


CASES = (
    st.lists(st.tuples(CONFIGS, st.integers(0, 31)), min_size=1, max_size=4),
    st.integers(0, 120),
    st.sampled_from((1, 2, 4, 8)),
    st.sampled_from((READ, WRITE, EXECUTE)),
    st.sampled_from((USER, SUPERVISOR, MACHINE)),
)


@given(*CASES)
def test_the_rule_byte_by_byte(
    seeds: list[tuple[int, int]], address: int, size: int, access: int, privilege: int
) -> None:
    agrees(seeds, address, size, access, privilege, Protection)


ROOT, MIDDLE, LAST, PAGE = 0x1000, 0x2000, 0x3000, 0x4000


def hart(pmp: Protection, *, made: type[Hart] = Hart, user: bool = True, marks: int = 3, **more: Any) -> Hart:
    """A hart whose page 5 is at 0x4000, with all rights."""
    memory = Memory(0x8000)
    memory.write(ROOT, SV39.encode_pointer(MIDDLE >> 12), 8)
    memory.write(MIDDLE, SV39.encode_pointer(LAST >> 12), 8)
    memory.write(LAST + 8 * 5, SV39.encode_leaf(PAGE >> 12, 7, int(user), flags=marks), 8)
    memory.write(PAGE, 0x42, 8)
    return made(memory, SV39, Tlb(SV39, 4), pmp, root=ROOT, **more)


def pages(*rights: int) -> Protection:
    """A page an entry from 0x1000 on."""
    return protection(*((NAPOT | each, (0x1000 * number >> 2) | 0x1FF) for number, each in enumerate(rights, 1)))


@pytest.mark.parametrize(("access", "cause"), [(READ, 5), (WRITE, 7), (EXECUTE, 1)])
@pytest.mark.parametrize("table", [1, 2, 3])
def test_the_walker_needs_to_read_tables(table: int, access: int, cause: int) -> None:
    """3.7.1: a table is loaded in S-mode; what fails is told for the access."""
    rights = [R | W] * 3 + [R | W | X]
    core = hart(pages(*rights), privilege=SUPERVISOR, user=False)
    core.translate(0x5000, access)
    rights[table - 1] = X
    core = hart(pages(*rights), privilege=SUPERVISOR, user=False)
    with pytest.raises(PageFault) as fault:
        core.translate(0x5000, access)
    assert (fault.value.reason, fault.value.vector, fault.value.address) == (Reason.TABLE_OUTSIDE, cause, 0x5000)


def test_marks_are_stores_of_the_supervisor() -> None:
    """4.3.2, step 7: A and D of an entry that may not be stored to are an access fault, of the kind of the access."""
    tables = pages(R, R, R, R | W)
    assert hart(tables, privilege=USER).load(0x5000, 8) == 0x42
    core = hart(tables, privilege=USER, marks=0)
    with pytest.raises(PageFault) as fault:
        core.load(0x5000, 8)
    assert fault.value.vector == 5
    assert core.memory.read(LAST + 8 * 5, 8) == SV39.encode_leaf(PAGE >> 12, 7)
    assert hart(pages(R, R, R | W, R | W), privilege=USER, marks=0).load(0x5000, 8) == 0x42


def test_the_page_itself_is_the_accesss() -> None:
    core = hart(pages(R, R, R, R), privilege=USER)
    assert core.load(0x5000, 8) == 0x42
    with pytest.raises(ProtectionFault) as fault:
        core.store(0x5000, 1, 8)
    assert (fault.value.vector, fault.value.virtual, fault.value.why.entry) == (7, 0x5000, 3)
    assert str(fault.value) == (
        "access fault: store at 0x5000 (vector 7, code 0x7): pmp3 forbids 8 byte(s) at physical address 0x4000"
    )
    assert core.memory.read(PAGE, 8) == 0x42


def test_machine_mode_is_not_translated() -> None:
    core = hart(pages(0, 0, 0, 0))
    assert core.load(PAGE, 8) == 0x42
    assert core.counters.walks == 0
    core = hart(pages(0, 0, 0, L))
    with pytest.raises(ProtectionFault, match="pmp3 forbids"):
        core.load(PAGE, 8)


def test_mprv_is_for_loads_and_stores() -> None:
    """3.1.6.3: as in the mode of MPP, for translation and for protection; fetches are of the hart's own mode."""
    core = hart(pages(R, R, R, R))
    core.mprv, core.mpp = True, USER
    assert core.load(0x5000, 8) == 0x42
    with pytest.raises(ProtectionFault, match="pmp3"):
        core.store(0x5000, 1, 8)
    assert core.fetch(PAGE, 4) == 0x42
    core.mpp = SUPERVISOR
    with pytest.raises(PageFault) as fault:
        core.load(0x5000, 8)
    assert (fault.value.reason, fault.value.user) == (Reason.DENIED, False)
    core.mpp = MACHINE
    assert core.load(PAGE, 8) == 0x42


@pytest.mark.parametrize(("mpp", "stays"), [(USER, False), (SUPERVISOR, False), (MACHINE, True)])
def test_mret_clears_mprv_on_the_way_down(mpp: int, stays: bool) -> None:
    """3.1.6.1 and 3.1.6.3: MPP becomes U, and MPRV is cleared by a return to a mode below machine mode."""
    core = hart(pages())
    core.mprv, core.mpp = True, mpp
    core.mret()
    assert (core.privilege, core.mpp, core.mprv) == (mpp, USER, stays)


WRONG: dict[str, tuple[type, str, str, str]] = {
    "walks are unprotected": (Hart, "__init__", "Walker(TablesSeen(memory, protection)", "Walker(memory"),
    "fetches are of MPP": (Hart, "effective", "and access != EXECUTE", ""),
    "MPRV translates only": (Hart, "_in_memory", "self.effective(access)", "self.privilege"),
    "MPRV protects only": (Hart, "translate", "mode = self.effective(access)", "mode = self.privilege"),
    "MPRV outlives machine mode": (Hart, "mret", "self.mprv and self.privilege == MACHINE", "self.mprv"),
    "the last entry decides": (
        Protection,
        "check",
        "enumerate(self._configs)",
        "reversed([*enumerate(self._configs)])",
    ),
    "an entry may match in part": (Protection, "check", "if whole and (free", "if (free"),
    "locks bind nobody": (Protection, "check", "and (not config & LOCKED)", ""),
    "machine mode obeys": (Protection, "check", "free or rights", "rights"),
    "what no entry matches is free": (Protection, "check", "if self._configs and", "if not self._configs and"),
    "ranges reach their end": (
        Protection,
        "range",
        "low << 2, max(low, address) << 2",
        "low << 2, max(low, address) + 1 << 2",
    ),
    "NAPOT of half the size": (Protection, "range", "(address ^ address + 1) + 1", "(address ^ address + 1) + 1 >> 1"),
    "an entry that stays is stored": (TablesSeen, "write", "value == super().read(address, size)", "False"),
    "a lock is ignored": (Protection, "set_config", "not self._configs[entry] & LOCKED", "True"),
    "a lock leaves the lower end": (Protection, "set_address", "or lower_end", ""),
}


@pytest.mark.parametrize(("of", "method", "old", "new"), WRONG.values(), ids=WRONG)
def test_a_hart_that_is_wrong_in_one_way_is_found(
    of: type, method: str, old: str, new: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is caught by one of the tests above, run on it."""
    monkeypatch.setattr(of, method, replaced(getattr(of, method), old, new))
    tests: list[Callable[[], None]] = [
        test_a_range_ends_where_the_next_begins,
        test_without_entries_all_may,
        test_a_locked_entry_stays,
        test_marks_are_stores_of_the_supervisor,
        test_the_page_itself_is_the_accesss,
        test_machine_mode_is_not_translated,
        test_mprv_is_for_loads_and_stores,
        lambda: test_mret_clears_mprv_on_the_way_down(USER, False),
        lambda: test_what_an_entry_is_for(NAPOT, 0x401, (0x1000, 0x1010)),
        lambda: test_the_walker_needs_to_read_tables(2, WRITE, 7),
    ]

    def run(test: Callable[[], None]) -> bool:
        try:
            test()
        except (AssertionError, Refused, PageFault, ProtectionFault, pytest.fail.Exception):
            return False
        return True

    assert not all(run(test) for test in tests)
