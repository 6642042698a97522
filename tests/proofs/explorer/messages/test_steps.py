"""Each property of steps with threads, kept and broken in steps by hand, and all of them in steps made up."""

from functools import cache

import pytest

from model.messages.operation import Kind, Operation
from model.messages.tables import view
from proofs.explorer.messages.properties import MESSAGE_IDS, MESSAGE_PROPERTIES, OF_STATES, message_properties_named
from tests.proofs.explorer.messages.cases import BOARD, Step, edited, made, steps_made_up

kernel = pytest.importorskip("proofs.explorer.messages.kernel")

ALL = (1 << len(MESSAGE_PROPERTIES)) - 1
OF_STEPS = ALL & ~OF_STATES
COUNT = 400

SENDS = Operation(Kind.SEND, 0, 1, 0)
MAPS = Operation(Kind.SEND_MAP, 0, 1, 0, src=0, dst=2)
WAITS = Operation(Kind.WAIT, 0, willing=2, opens=1)
FAULTS = Operation(Kind.PAGE_FAULT, 1, 0, dst=3)
ENDS = Operation(Kind.END, 0, 1)
BEGINS = Operation(Kind.CREATE, 1, 3, into=0)
WRITES = Operation(Kind.WRITE, 0, word=0, src=0, frame=0)
READS = Operation(Kind.READ, 0, src=0, frame=0)
THINKS = Operation(Kind.THINK, 0, word=2)
EXPIRES = Operation(Kind.TIMEOUT, other=1)
STRING = Operation(Kind.SEND_STRING, 0, 1, 0, dst=2, frame=0)
AGREED = "awaits.1=1 window.1=4"
GOT = "sender.1=0 message.1=0"
MAPPED = "sigma.2=0 phys.2=0 rights.2=7"

STEPS = {
    "maps-only-by-consent": (
        [
            (AGREED, MAPS, f"{GOT} {MAPPED}"),
            ("", SENDS, ""),
            (MAPPED, SENDS, "sigma.2=-1 phys.2=-1 rights.2=0"),
            ("awaits.1=4 window.1=4", MAPS._replace(actor=2), f"{GOT} {MAPPED}"),
        ],
        [
            (AGREED, MAPS, f"{GOT} sigma.3=0"),
            (AGREED, MAPS, f"{GOT} message.1=1 {MAPPED}"),
            ("awaits.1=2 window.1=4", MAPS, f"{GOT} {MAPPED}"),
            (AGREED, EXPIRES._replace(dst=2), MAPPED),
            ("awaits.1=1 window.1=8", MAPS, f"{GOT} {MAPPED}"),
            (f"{AGREED} space.1=0", MAPS, f"{GOT} {MAPPED}"),
            *(("", SENDS, edit) for edit in ("sigma.2=0", "phys.2=0", "phys.0=1", "rights.2=1")),
        ],
    ),
    "passes-only-own": (
        [("", MAPS, "phys.2=0"), ("", WAITS, "phys.1=-1")],
        [("", MAPS, "phys.2=1"), ("", WAITS, "phys.2=0"), ("space.0=1", MAPS, "phys.2=0"), ("", SENDS, "phys.0=1")],
    ),
    "changes-others-only-by-consent": (
        [
            ("", SENDS, "sigma.0=-1 phys.0=-1"),
            (MAPPED, MAPS, "sigma.2=-1 phys.2=-1"),
            (AGREED, MAPS, MAPPED),
            (f"{AGREED} sigma.3=2", MAPS, "sigma.3=-1"),
            ("", EXPIRES, ""),
        ],
        [
            *(("", SENDS, edit) for edit in ("sigma.2=0", "phys.2=0", "rights.2=1", "sigma.3=2")),
            (f"{AGREED} sigma.3=2", SENDS, "sigma.3=-1"),
            (AGREED, MAPS, "sigma.3=0"),
            ("", MAPS, MAPPED),
            ("", EXPIRES, "phys.0=-1"),
            ("", EXPIRES, "phys.3=1"),
        ],
    ),
    "opens-what-was-asked": (
        [
            ("", WAITS, "window.0=1 awaits.0=2"),
            ("", FAULTS, "window.1=8 awaits.1=1"),
            ("window.0=3", WAITS, ""),
            (AGREED, SENDS, "awaits.1=0 window.1=0"),
            (AGREED, EXPIRES, "awaits.1=0 window.1=0"),
            ("awaits.1=1 window.1=8", Operation(Kind.SEND, 1, 1, 0), "awaits.1=0"),
        ],
        [
            ("", WAITS, "window.0=2"),
            ("window.0=3", WAITS, "awaits.0=2"),
            ("", FAULTS, "window.1=12 awaits.1=1"),
            ("", WAITS._replace(dst=1), "window.0=2"),
            (AGREED, SENDS, "awaits.1=0"),
            (AGREED, EXPIRES, "awaits.1=0"),
        ],
    ),
    "others-open-nothing": (
        [("", WAITS, "awaits.0=7 window.0=15"), (AGREED, SENDS, "awaits.1=0 window.1=0")],
        [("", WAITS, "awaits.1=1"), ("", SENDS, "window.1=4"), ("awaits.3=1", WAITS, "awaits.3=3")],
    ),
    "fault-window-is-missing-page": (
        [("", FAULTS, "window.1=8 awaits.1=1"), ("", WAITS, "window.0=3")],
        [("", FAULTS, "window.1=12 awaits.1=1"), ("", FAULTS, "window.1=8 awaits.1=3"), ("", FAULTS, "awaits.1=1")],
    ),
    "reaches-who-is-meant": (
        [(AGREED, SENDS, GOT), (GOT, SENDS, "sender.1=-1 message.1=-1"), (GOT, WAITS, "")],
        [
            ("", SENDS, GOT),
            ("awaits.1=2", SENDS, GOT),
            ("awaits.1=3", SENDS, "sender.1=1 message.1=0"),
            ("awaits.3=1", SENDS, "sender.3=0 message.3=0"),
            (f"{GOT} awaits.1=2", SENDS, "message.1=1"),
            (f"{GOT} awaits.1=2", SENDS, "sender.1=1"),
            ("awaits.1=1", EXPIRES, GOT),
        ],
    ),
    "leaves-third-threads-alone": (
        [(AGREED, SENDS, "awaits.1=0 window.1=0 awaits.0=2 pager.0=1"), ("life.3=0", SENDS, "life.3=2")],
        [
            *(("", SENDS, edit) for edit in ("life.3=1", "space.3=1", "awaits.3=1", "window.3=1", "pager.3=1")),
            *(("", SENDS, edit) for edit in ("sender.3=0", "message.3=0", "calls.3=0", "server.2=3", "life.2=2")),
            ("server.2=3", SENDS, "server.2=0"),
            ("", WAITS, "awaits.1=1"),
        ],
    ),
    "never-gives-again": (
        [("", BEGINS, "life.3=1"), ("", ENDS, "life.1=2"), ("life.1=2", BEGINS, "life.3=1")],
        [("life.1=2", BEGINS, "life.1=1"), ("life.0=2", BEGINS, "life.3=1"), ("life.3=2", WAITS, "")],
    ),
    "begins-where-it-may": (
        [
            ("born.0=0", BEGINS, "life.3=1"),
            ("", BEGINS, "life.3=1 space.3=1"),
            ("", BEGINS, "space.3=0"),
            ("", BEGINS._replace(actor=0), "life.3=1"),
        ],
        [("", BEGINS, "life.3=1"), ("", EXPIRES, "life.3=1 space.3=1"), ("life.0=2", BEGINS, "life.0=1")],
    ),
    "stays-in-its-space": (
        [("", BEGINS, "space.3=1"), ("", WAITS, "")],
        [("", WAITS, "space.0=1"), ("life.1=2", WAITS, "space.1=0")],
    ),
    "ends-only-own": (
        [("", WAITS, "life.0=2"), ("space.1=0", ENDS, "life.1=2"), ("life.1=0", WAITS, "life.1=2")],
        [("", ENDS, "life.1=2"), ("", ENDS, "life.1=0"), ("", EXPIRES, "life.0=2")],
    ),
    "learns-only-by-agreement": (
        [
            ("known.0=2 awaits.1=1", SENDS._replace(word=1), "known.1=3 message.1=1"),
            ("known.0=0 known.1=0 awaits.1=1", SENDS, "known.1=1 message.1=0"),
            ("awaits.0=2", FAULTS, "known.0=5 message.0=2"),
            ("contains.0=6", READS, "known.0=7"),
            ("", THINKS, "known.0=5"),
            ("known.0=7", WAITS, "known.0=1"),
        ],
        [
            ("known.0=2", SENDS._replace(word=1), "known.1=3 message.1=1"),
            ("awaits.1=1", SENDS._replace(word=1), "known.1=3 message.1=1"),
            ("known.0=2 awaits.1=1", SENDS._replace(word=1), "known.1=3 message.1=0"),
            ("known.0=2 awaits.1=1 space.1=0", SENDS._replace(word=1), "known.1=3 message.1=1"),
            ("awaits.0=2", FAULTS, "known.0=3 message.0=1"),
            ("contains.0=4", READS, "known.0=3"),
            ("contains.0=6", READS, "known.1=3"),
            ("contains.0=6 rights.0=3", READS, "known.0=3"),
            ("contains.0=6 phys.0=1", READS, "known.0=3"),
            ("known.1=5", THINKS, "known.0=5"),
            ("", THINKS, "known.1=5"),
            ("", EXPIRES, "known.1=3"),
            ("known.1=3 awaits.3=2", READS._replace(actor=1), "known.0=3 message.3=1"),
        ],
    ),
    "writes-only-what-it-can": (
        [
            ("", WRITES, "contains.0=1"),
            ("contains.0=7", WRITES, "contains.0=0"),
            (f"{AGREED} {MAPPED}", STRING, "contains.0=1"),
            (f"{AGREED} {MAPPED} rights.0=0", STRING, "contains.0=1"),
        ],
        [
            ("", WRITES, "contains.0=2"),
            ("rights.0=5", WRITES, "contains.0=1"),
            ("phys.0=-1", WRITES, "contains.0=1"),
            ("", WRITES._replace(actor=1), "contains.0=1"),
            ("", EXPIRES, "contains.0=1"),
            ("phys.1=-1", WRITES, "contains.0=1 contains.1=1"),
            (f"{MAPPED}", STRING, "contains.0=1"),
            (f"{AGREED} {MAPPED} rights.2=5", STRING, "contains.0=1"),
            (f"{AGREED} {MAPPED} phys.2=1", STRING, "contains.0=1 phys.2=0"),
            (f"{AGREED} {MAPPED}", STRING, "contains.1=1"),
        ],
    ),
    "answers-only-by-callee": (
        [
            ("calls.1=0", SENDS, GOT),
            ("calls.1=2", SENDS, ""),
            (f"calls.1=2 {GOT}", SENDS, ""),
            (f"calls.1=2 {GOT}", SENDS, "sender.1=-1 message.1=-1"),
            ("", SENDS, GOT),
        ],
        [
            ("calls.1=2", SENDS, GOT),
            ("calls.1=0", SENDS._replace(actor=2), GOT),
            ("calls.1=0", SENDS, "sender.1=1 message.1=0"),
            (f"calls.1=2 {GOT}", SENDS, "message.1=1"),
            (f"calls.1=2 {GOT}", SENDS, "sender.1=1"),
        ],
    ),
}
"""Steps that have each property and steps that break it: changes of the first state, operation, changes in the step."""


@pytest.mark.parametrize("name", STEPS)
def test_steps_with_a_property_and_without(name: str) -> None:
    (p,), bit = message_properties_named([name]), 1 << MESSAGE_IDS.index(name)
    for holds, steps in zip((True, False), STEPS[name], strict=True):
        for at_first, operation, edits in steps:
            before = made(at_first)
            step = Step(before, operation, edited(before, edits)).views
            assert bool(p.holds(*step)) == holds, (at_first, operation, edits)
            assert kernel.broken_in_step(*step, bit) == (0 if holds else bit)
            assert not kernel.broken_in_step(*step, ALL & ~bit) & bit


def test_there_are_steps_of_every_property() -> None:
    assert list(STEPS) == [p.id for p in MESSAGE_PROPERTIES if p.of_step]


@cache
def steps() -> list[Step]:
    return steps_made_up(COUNT, 1)


SAID: dict[str, int] = {
    "no-cycle": int(
        "0100000820000080000100200000000040000000060000808000080001000000400010000001208000000050002062044803", 16
    ),
    "phys-is-sigma": int(
        "030040282a04c098190100e06420008bc02809a206001292891a6a00010018c8400414d002a3308b0880005506387a16cc07", 16
    ),
    "no-frame-lost": int(
        "005043009940519201116444498000030c808993002c92928d424618940160085024106030c3609b9003001200703416c805", 16
    ),
    "windows-are-own": int(
        "0481338260801b8e0060a044c01c80100931800048920072042245850ac104a46622400c0b10e20948206414940042812250", 16
    ),
    "waits-without-message": int(
        "02aa200200000a86880940402220000040009280020080502100000526110006000c00008a002000010c1480201804a02012", 16
    ),
    "calls-one": int(
        "15710c1324082a01895f2341093081568889e4116a00404a406004804b0028843ce41055300562101834c044547917805108", 16
    ),
    "ids-are-unique": int(
        "0010080088000048a00000204000004000008005000088002000040020010000400811084081003a10210022002000008000", 16
    ),
    "nothing-of-the-dead": int(
        "46f56fb783ca8e7f9b3967cc487db11abcbab53d4b57005645fb4fb5bc38a5296ce715776b57e739ec3d46fe77715ee4ff83", 16
    ),
    "pages-where-threads-began": int(
        "218000002100b4000c322200003900031020c000030801020420810011a1000010080000b001400800089400000252200100", 16
    ),
    "ports-in-place": int(
        "0240020000000100000042800800000080288119000400000000400000000000000400200001300200080002004004000000", 16
    ),
    "maps-only-by-consent": int(
        "02000408220400211000002000000008c00009200008020000082000010108c00004a48000a0004000801001000808102400", 16
    ),
    "passes-only-own": int(
        "02000000020000001000000000000008800001200000000000080000000008c0000404800000000000000001000008000000", 16
    ),
    "changes-others-only-by-consent": int(
        "0200840820000021100000600000018a800001200008000010080000000000c0000404800222004308801001000800100600", 16
    ),
    "opens-what-was-asked": int(
        "0000020800000000102000000008001000000000000000100020800000c10080062040000000000100000100040002004000", 16
    ),
    "others-open-nothing": int(
        "0000800100001000000400c08010000010110000021202214026840088000000060000000000008000000000001000004000", 16
    ),
    "fault-window-is-missing-page": int(
        "4900020000100000000000040040000000001000000000100001000900000000000202000000100408000000082024001000", 16
    ),
    "reaches-who-is-meant": int(
        "8000c408418010a2030c00008811301c0c0400110333013700c31340ba302000003020444210ac0818109000404204224600", 16
    ),
    "leaves-third-threads-alone": int(
        "404000000200004433010088400820541111000101101242408402108020000041200280000000000400c000447a00000020", 16
    ),
    "never-gives-again": int(
        "0000000080000010000000000000020000000000000008000002400000000400400000000080003000000000000000008040", 16
    ),
    "begins-where-it-may": int(
        "0000000000000000000040000000020000000001008000000000000000000400000000000000000000000000000000000000", 16
    ),
    "stays-in-its-space": int(
        "0000080000000100120000000000024000408000000800001000004000009000000004000000001000220000440000000400", 16
    ),
    "ends-only-own": int(
        "0000080000000000000000004000000008008000000010004000000000000001040100000000000000000200040000000000", 16
    ),
    "learns-only-by-agreement": int(
        "0000082a00001482080501080000200000820002000001200001100808582000100000040000082109448020000100000400", 16
    ),
    "writes-only-what-it-can": int(
        "004400000008042100000100420000000000000400020000020400000100500020000000a000000000100022400800001000", 16
    ),
    "answers-only-by-callee": int(
        "000008000000000080080040000000140000001000000002000000000a000000000000400000000008100000000100000000", 16
    ),
}
"""Which of the steps made up break each property, a bit each."""


def broken_by(name: str) -> int:
    (p,) = message_properties_named([name])
    broken = 0
    for k, step in enumerate(steps()):
        holds = p.holds(*step.views) if p.of_step else p.holds(view(step.after, BOARD), BOARD)
        broken |= (not holds) << k
    return broken


@pytest.mark.parametrize("name", MESSAGE_IDS)
def test_steps_made_up_break_what_they_broke(name: str) -> None:
    """By any means that one can think of: most of these steps no kernel takes, right or wrong."""
    changed = broken_by(name) ^ SAID[name]
    assert not changed, [steps()[k] for k in range(COUNT) if changed >> k & 1]


def test_all_that_is_broken_is_told_at_once() -> None:
    for k, step in enumerate(steps()):
        expected = sum((SAID[name] >> k & 1) << n for n, name in enumerate(MESSAGE_IDS))
        assert kernel.broken_in_state(view(step.after, BOARD), BOARD, ALL) == expected & OF_STATES
        assert kernel.broken_in_step(*step.views, ALL) == expected & OF_STEPS
        assert kernel.broken_in_state(view(step.after, BOARD), BOARD, OF_STEPS) == 0
        assert kernel.broken_in_step(*step.views, OF_STATES) == 0
