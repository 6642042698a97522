"""What each way to lock takes and gives back around one call, and that alone each does what the kernel does."""

from typing import Any

import pytest

from model.scope import Scope
from model.spaces.dialect import CANONICAL, DIALECTS, Dialect
from model.spaces.literal import DONE, REFUSED
from proofs.explorer.interleaved.judging import run_alone, shown
from refinement.cores.locked import UNLOCKED
from refinement.cores.locking import LOCKINGS, Call, Locking, done
from refinement.cores.machine import Entry, SharedKernel
from refinement.cores.stepping import TRY

MAP, GRANT, FLUSH = Call("map", 0, 1, 5), Call("grant", 0, 1, 5), Call("flush", 0, -1, 5)
LOCK, UNLOCK, MADE = "lock kernel", "unlock kernel", "create"
INVALIDATE = ["fence of stores", "invalidate core 0 slot 0"]


def made(locking: str, kernel: SharedKernel, call: Call) -> tuple[list[str], Any]:
    """The accesses of a call under a locking, each lock free, but reads; and what it returns.

    Of what is written to the database only the slot's new node is told.
    """
    steps, found = LOCKINGS[locking].operation(kernel, call), list[str]()
    try:
        access = next(steps)
        while True:
            if access.kind == "write" and access.place[0] == "node_of":
                found.append(MADE if access.value >= 0 else "remove")
            elif access.kind not in ("read", "write") or access.place[0] == "entry":
                found.append(str(access))
            access = steps.send(access.kind == TRY)
    except StopIteration as stop:
        return found, stop.value


def kernel_after(*before: Call, dialect: Dialect = CANONICAL) -> SharedKernel:
    kernel = SharedKernel(Scope(4, 1, 1), 1, dialect)
    for call in before:
        assert run_alone(kernel, call) == DONE
    kernel.settle()
    return kernel


def given(*names: str) -> list[str]:
    return [f"unlock {name}" for name in names]


TAKEN = [
    ("one", MAP, [LOCK, MADE, "write entry[1]", UNLOCK]),
    ("one", GRANT, [LOCK, "write entry[0]", *INVALIDATE, "remove", MADE, "write entry[1]", UNLOCK]),
    ("one", FLUSH, [LOCK, UNLOCK]),
    ("none", MAP, [MADE, "write entry[1]"]),
    ("none", GRANT, ["write entry[0]", *INVALIDATE, "remove", MADE, "write entry[1]"]),
    ("none", FLUSH, []),
    ("early-unlock", MAP, [LOCK, UNLOCK, LOCK, MADE, "write entry[1]", UNLOCK]),
    ("early-unlock", GRANT, [LOCK, "write entry[0]", *INVALIDATE, "remove", MADE, "write entry[1]", UNLOCK]),
    ("early-unlock", FLUSH, [LOCK, UNLOCK]),
    ("entry-outside", MAP, [LOCK, MADE, UNLOCK, "write entry[1]"]),
    ("entry-outside", GRANT, [LOCK, "write entry[0]", *INVALIDATE, "remove", MADE, "write entry[1]", UNLOCK]),
    ("entry-outside", FLUSH, [LOCK, UNLOCK]),
    ("frame", MAP, ["lock frame 0", "lock slot 0", "lock slot 1", "lock pool", MADE, "unlock pool", "write entry[1]",
                    *given("slot 0", "slot 1", "frame 0")]),
    ("frame", FLUSH, ["lock frame 0", "lock slot 0", *given("slot 0", "frame 0")]),
    ("slot", MAP, ["try slot 0", "try slot 1", "lock pool", MADE, "unlock pool", "write entry[1]",
                   *given("slot 1", "slot 0")]),
    ("slot", FLUSH, ["try slot 0", *given("slot 0")]),
]  # fmt: skip


@pytest.mark.parametrize(("locking", "call", "accesses"), TAKEN, ids=str)
def test_what_is_locked_around_what(locking: str, call: Call, accesses: list[str]) -> None:
    assert made(locking, kernel_after(), call) == (accesses, DONE)


@pytest.mark.parametrize("call", [MAP, GRANT, FLUSH], ids=str)
@pytest.mark.parametrize("locking", ["one", "early-unlock", "entry-outside"])
def test_nothing_is_read_before_the_lock_is_taken(locking: str, call: Call) -> None:
    assert str(next(LOCKINGS[locking].operation(kernel_after(), call))) == LOCK


@pytest.mark.parametrize("locking", ["one", "early-unlock", "entry-outside"])
def test_what_is_refused_gives_its_lock_back(locking: str) -> None:
    """Slot 2 shows nothing, and no slot can be mapped to itself."""
    for src in (2, 1):
        assert made(locking, kernel_after(), Call("map", src, 1)) == ([LOCK, UNLOCK], REFUSED)


@pytest.mark.parametrize(
    ("locking", "accesses"),
    [
        ("early-unlock", [LOCK, UNLOCK, LOCK, "write entry[2]", "write entry[1]", UNLOCK]),
        ("entry-outside", [LOCK, "write entry[2]", "write entry[1]", UNLOCK]),
    ],
)
def test_a_source_that_derives_from_the_destination_is_gone_and_nothing_is_made(
    locking: str, accesses: list[str]
) -> None:
    kernel = kernel_after(Call("map", 0, 1), Call("map", 1, 2), dialect=DIALECTS["tree"])
    found, status = made(locking, kernel, Call("map", 2, 1))
    written = [each for each in found if each.startswith("write") or each.endswith("kernel")]
    assert (written, status) == (accesses, DONE)
    assert shown(kernel)[0] == (-2, -1, -1, -1)


BEFORE = [(), (Call("map", 0, 1, 6),), (Call("map", 0, 1), Call("map", 1, 2)), (Call("map", 0, 1), Call("map", 0, 2))]
CALLS = [MAP, GRANT, FLUSH, Call("map", 1, 2, 3), Call("map", 2, 1), Call("grant", 1, 3, 4), Call("flush", 1)]


@pytest.mark.parametrize("locking", LOCKINGS)
def test_alone_every_locking_does_what_the_kernel_does(locking: str) -> None:
    for before in BEFORE:
        for call in CALLS:
            kernel, plain = kernel_after(*before), kernel_after(*before)
            _, status = made(locking, kernel, call)
            assert status == run_alone(plain, call)
            assert shown(kernel) == shown(plain)
            assert kernel.shared.entries.values == plain.shared.entries.values
            assert kernel.plain_tree == plain.plain_tree


def test_between_two_locks_a_source_is_not_looked_up_again() -> None:
    """Another core takes the source away meanwhile, and the mapping is made of the node that it had."""
    kernel = kernel_after(Call("map", 0, 1, 6))
    steps = LOCKINGS["early-unlock"].operation(kernel, Call("map", 1, 2))
    while str(next(steps)) != UNLOCK:
        pass
    node = kernel.tree.node_of[1]
    assert run_alone(kernel, Call("grant", 1, 3)) == DONE
    assert kernel.tree.node_of[1] == -1
    list(steps)
    assert kernel.tree.parent[kernel.tree.node_of[2]] == node
    assert kernel.tree.rights[kernel.tree.node_of[2]] == 6


def test_an_entry_outside_the_lock_has_the_frame_and_rights_of_the_mapping() -> None:
    kernel = kernel_after(Call("map", 0, 1, 6))
    assert made("entry-outside", kernel, Call("map", 1, 2, 5))[1] == DONE
    assert kernel.shared.entries[2] == Entry(0, 4)


@pytest.mark.parametrize(
    ("call", "slots", "arguments"),
    [
        (Call("map", 3, 4, 5), (3, 4), (3, 4, 5)),
        (Call("map", 3, 0), (3, 0), (3, 0, 7)),
        (Call("flush", 3), (3,), (3, 7)),
        (Call("flush", 3, -1, 2), (3,), (3, 2)),
    ],
)
def test_what_a_call_names_and_is_called_with(call: Call, slots: tuple[int, ...], arguments: tuple[int, ...]) -> None:
    assert (call.slots, call.arguments) == (slots, arguments)


def test_the_method_is_the_kernels_own() -> None:
    class Refusing(SharedKernel):
        def map(self, src: int, dst: int, rights: int = 7) -> int:
            """Whatever is asked for."""
            return 70 + src + dst + rights

    steps = done(Refusing(Scope(2, 1, 1), 1), Call("map", 3, 4, 5), UNLOCKED)
    with pytest.raises(StopIteration) as ended:
        next(steps)
    assert ended.value.value == 82


def test_which_are_right() -> None:
    assert [name for name, locking in LOCKINGS.items() if locking.right] == ["one", "frame", "slot"]
    assert all(locking.name == name and locking.sentence for name, locking in LOCKINGS.items())
    assert len({locking.sentence for locking in LOCKINGS.values()}) == len(LOCKINGS) == 14
    assert Locking("new", "", done).right  # type: ignore[arg-type]
