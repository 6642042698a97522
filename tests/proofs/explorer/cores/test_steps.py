"""Each action of each protocol in bits: when it is possible, and what it changes."""

from itertools import product

import pytest

from model.cores.readings import protocol_named
from model.cores.scope import CoreScope
from model.spaces.operation import Argument, Operation
from proofs.explorer.cores.protocol import Step, Steps, label_operation
from proofs.explorer.system import Field

from .facts import Facts

SCOPE = CoreScope(3, 2, 2, cores=2, tags=2)
FACTS = Facts(SCOPE)
FORGET_PAGE = (("tagged 2 0", "tlb 1 0 1 *", ""), ("tagged 2 1", "tlb 1 1 1 *", ""))
FORGET_ALL = (("tagged 2 0", "tlb 1 0 *", ""), ("tagged 2 1", "tlb 1 1 *", ""))
TELL_MASK = (("may 2 0", "", "owed 2 1 0"), ("may 2 1", "", "owed 2 1 1"))
UNDER = (("tagged 2 0", "", "under 1 0"), ("tagged 2 1", "", "under 1 1"))

# The protocol, the action, its arguments; bits that are needed, forbidden, needed in part, cleared, put; parts.
EXPECTED = [
    ("interrupt", "load", (1, 2, 1, 0), "runs 1 2, entry 2 1 0", "", "", "", "",
     (("under 1 0", "", "tlb 1 0 1 0"), ("under 1 1", "", "tlb 1 1 1 0"))),
    ("interrupt", "evict", (1, 0, 1, 0), "tlb 1 0 1 0", "", "", "tlb 1 0 1 0", "", ()),
    ("interrupt", "evict", (1, 1, 0, 0), "tlb 1 1 0 0", "", "", "tlb 1 1 0 0", "", ()),
    ("interrupt", "enter", (1, 2), "", "runs 1 2", "tagged 2 *", "runs 1 *, under 1 *", "runs 1 2, may 2 1", UNDER),
    ("interrupt with leaves=out_of_mask", "enter", (1, 2), "", "runs 1 2", "tagged 2 *",
     "runs 1 *, under 1 *, may * 1", "runs 1 2, may 2 1", UNDER),
    ("interrupt", "leave", (1, 2), "may 2 1", "runs 1 2", "", "may 2 1", "", FORGET_ALL),
    ("interrupt", "install", (2, 1, 0), "", "auth 2 1 *, busy 2 1, asked 2 1", "", "", "auth 2 1 0, entry 2 1 0", ()),
    ("interrupt with busy=reused", "install", (2, 1, 0), "", "entry 2 1 *", "", "", "auth 2 1 0, entry 2 1 0", ()),
    ("interrupt", "clear", (2, 1), "", "busy 2 1", "entry 2 1 *", "entry 2 1 *", "busy 2 1", ()),
    ("interrupt with frees=at_once", "clear", (2, 1), "", "busy 2 1", "entry 2 1 *", "entry 2 1 *, auth 2 1 *",
     "busy 2 1", ()),
    ("interrupt with order=tell_first", "clear", (2, 1), "asked 2 1", "busy 2 1, owed 2 1 *", "entry 2 1 *",
     "entry 2 1 *", "busy 2 1", ()),
    ("interrupt with order=mask_first", "clear", (2, 1), "asked 2 1", "busy 2 1", "entry 2 1 *", "entry 2 1 *",
     "busy 2 1", ()),
    ("interrupt", "ask", (1, 2, 1), "busy 2 1", "asked 2 1", "", "", "asked 2 1", TELL_MASK),
    ("message", "ask", (0, 2, 1), "busy 2 1", "asked 2 1", "", "", "asked 2 1", TELL_MASK),
    ("broadcast", "ask", (1, 2, 1), "busy 2 1", "asked 2 1", "", "", "asked 2 1, owed 2 1 *", ()),
    ("interrupt with told=itself", "ask", (1, 2, 1), "busy 2 1", "asked 2 1", "", "", "asked 2 1", TELL_MASK[1:]),
    ("broadcast with told=itself", "ask", (1, 2, 1), "busy 2 1", "asked 2 1", "", "", "asked 2 1, owed 2 1 1", ()),
    ("interrupt with order=tell_first", "ask", (1, 2, 1), "", "asked 2 1, busy 2 1", "entry 2 1 *", "", "asked 2 1",
     TELL_MASK),
    ("broadcast with order=mask_first", "ask", (1, 2, 1), "", "asked 2 1, busy 2 1", "entry 2 1 *", "",
     "asked 2 1, owed 2 1 *", ()),
    ("message", "fence", (1, 2, 1), "owed 2 1 1", "", "", "", "fenced 2 1 1", FORGET_PAGE),
    ("interrupt", "answer", (1, 2, 1), "owed 2 1 1", "", "", "owed 2 1 1, fenced 2 1 1", "", FORGET_PAGE),
    ("broadcast", "answer", (1, 2, 1), "owed 2 1 1", "", "", "owed 2 1 1, fenced 2 1 1", "", FORGET_PAGE),
    ("message", "answer", (1, 2, 1), "owed 2 1 1, fenced 2 1 1", "", "", "owed 2 1 1, fenced 2 1 1", "", ()),
    ("interrupt with answers=at_once", "answer", (1, 2, 1), "owed 2 1 1", "", "", "owed 2 1 1, fenced 2 1 1", "", ()),
    ("message with answers=at_once", "answer", (1, 2, 1), "owed 2 1 1", "", "", "owed 2 1 1, fenced 2 1 1", "", ()),
    ("interrupt with order=mask_first", "answer", (1, 2, 1), "owed 2 1 1, busy 2 1", "", "",
     "owed 2 1 1, fenced 2 1 1", "", FORGET_PAGE),
    ("interrupt with order=tell_first", "answer", (1, 2, 1), "owed 2 1 1", "", "", "owed 2 1 1, fenced 2 1 1", "",
     FORGET_PAGE),
    ("interrupt", "finish", (2, 1), "busy 2 1, asked 2 1", "owed 2 1 *", "",
     "busy 2 1, asked 2 1, owed 2 1 *, auth 2 1 *, fenced 2 1 *", "", ()),
    ("interrupt with wait=none", "finish", (2, 1), "busy 2 1, asked 2 1", "", "",
     "busy 2 1, asked 2 1, owed 2 1 *, auth 2 1 *, fenced 2 1 *", "", ()),
    ("interrupt", "retire", (2, 1), "tagged 2 1", "runs * 2", "", "tagged 2 1, clean 1 *", "", ()),
    ("interrupt", "wipe", (1, 0), "", "tagged * 0", "", "tlb 1 0 *", "clean 0 1", ()),
    ("interrupt", "assign", (2, 1), "clean 1 *", "tagged 2 *", "", "clean 1 *", "tagged 2 1", ()),
    ("interrupt with tags=at_once", "assign", (2, 1), "", "tagged 2 *, tagged * 1", "", "clean 1 *", "tagged 2 1", ()),
]  # fmt: skip


def said(bits: int) -> tuple[str, ...]:
    return tuple(FACTS.of(bits))


def meant(patterns: str) -> tuple[str, ...]:
    return tuple(FACTS.matching(patterns))


def shown(step: Step) -> tuple[object, ...]:
    parts = tuple(tuple(map(said, part)) for part in step.parts)
    return (*map(said, (step.needed, step.forbidden, step.some, step.cleared, step.put)), parts)


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda each: f"{each[1]} of {each[0]}")
def test_what_an_action_needs_and_changes(expected: tuple[object, ...]) -> None:
    protocol, action, arguments, *bits, parts = expected
    steps = Steps(protocol_named(str(protocol)).readings, SCOPE)
    step = getattr(steps, str(action))(*arguments)  # type: ignore[misc]
    hanging = tuple(tuple(map(meant, part)) for part in parts)  # type: ignore[attr-defined]
    assert shown(step) == (*map(meant, bits), hanging)  # type: ignore[arg-type]


def test_each_fact_has_its_own_bit_in_order() -> None:
    steps = Steps(protocol_named("interrupt").readings, CoreScope(2, 3, 4, cores=5, tags=6))
    widths = {
        "auth": 24, "entry": 24, "tlb": 360, "tagged": 12, "runs": 10, "under": 30, "may": 10, "busy": 6, "asked": 6,
        "owed": 30, "fenced": 30, "clean": 30,
    }  # fmt: skip
    assert steps.fields == tuple(Field(name, bits) for name, bits in widths.items())
    assert steps.bits("auth", s=1, p=2, r=3) == 1 << 23
    assert steps.bits("entry", s=0, p=1, r=2) == 1 << 24 + 6
    assert steps.bits("tlb", c=4, t=5, p=2, r=0) == 1 << 48 + 356
    assert steps.bits("clean", t=5, c=3) == 1 << 542 + 28
    assert steps.bits("busy", s=1) == 0b111 << 470 + 3
    assert steps.bits("tagged") == 0xFFF << 408


@pytest.mark.parametrize("name", ["interrupt", "message", "interrupt with told=itself"])
def test_every_call_has_one_step_and_its_label_says_which(name: str) -> None:
    sizes = {"core": 2, "space": 3, "page": 2, "frame": 1, "tag": 4}
    steps = Steps(protocol_named(name).readings, CoreScope(3, 2, 1, cores=2, tags=4))
    actions = {
        "load": "cspr", "evict": "cprt", "enter": "cs", "leave": "cs", "install": "spr", "clear": "sp",
        "ask": "csp", "fence": "csp", "answer": "csp", "finish": "sp", "retire": "st", "wipe": "ct", "assign": "st",
    }  # fmt: skip
    if name != "message":
        del actions["fence"]
    names, expected = {"c": "core", "s": "space", "p": "page", "r": "frame", "t": "tag"}, []
    for action, letters in actions.items():
        for elements in product(*(range(sizes[names[letter]]) for letter in letters)):
            if action == "ask" and elements[0] and not name.endswith("itself"):
                continue  # which core tells the others makes no difference
            made = getattr(steps, action)(**dict(zip(letters, elements, strict=True)))
            said = {names[letter]: element for letter, element in zip(letters, elements, strict=True)}
            expected.append((action, said, made))
    found = []
    for label, step in steps.all():
        call = label_operation(label)
        found.append((call.action, {each.name: each.value for each in call.arguments}, step))
    assert found == expected


def test_the_numbers_of_labels() -> None:
    core, space, page = Argument("core", "Core", 3), Argument("space", "Space", 2), Argument("page", "Page", 1)
    frame, tag = Argument("frame", "Frame", 7), Argument("tag", "Tag", 5)
    assert label_operation(0o032170) == Operation.call("load", (core, space, page, frame))
    assert label_operation(0o130175) == Operation.call("evict", (core, tag, page, frame))
    assert label_operation(8**5 * 12 + 0o02005) == Operation.call("assign", (space, tag))
    assert label_operation(8**5 * 5 + 0o02100) == Operation.call("clear", (space, page))
