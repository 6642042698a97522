"""The parts of the general canonical form, each against another wording of it; and the whole, under all renamings."""

import random
from itertools import permutations, product
from typing import Any

import numpy as np
import pytest

from model.scope import ArgumentError, Scope
from model.spaces.dialect import CANONICAL, DIALECTS
from model.spaces.operation import Operation
from proofs.explorer.counting import renamings
from proofs.explorer.result import Flaw
from proofs.explorer.searches.breadth_first import kernel_of
from proofs.explorer.states import symmetry
from proofs.explorer.states.mapping import mapping_system
from proofs.explorer.states.properties import PROPERTIES
from proofs.explorer.states.symmetry import canonical, concrete_operations, largest_group

WORD = (1 << 64) - 1
A, B, C = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0x9E3779B97F4A7C15
D, E = 0xD6E8FEB86659FD93, 0xC2B2AE3D27D4EB4F
LITERAL = DIALECTS["literal-eager"]


def mix(value: Any) -> Any:
    value = ((value & WORD) ^ (value & WORD) >> 32) * A & WORD
    return value ^ value >> 29


def words(values: Any) -> Any:
    return np.array(values, np.uint64)


def test_the_hash() -> None:
    for value in (0, 1, 1 << 31, 1 << 32, 1 << 63, WORD, 0x123456789ABCDEF0):
        assert int(symmetry._mix(np.uint64(value))) == mix(value)


def parameters(size: tuple[int, int, int], group: str, right_bits: int = 1) -> tuple[Any, ...]:
    system = mapping_system(Scope(*size), LITERAL, symmetry=group)
    return (*system.parameters[:5], right_bits, *system.parameters[6:])


def contents(generator: random.Random, p: Any) -> tuple[Any, ...]:
    """Elements of slots, and what else is known of them: P in the low bits, rights above."""
    slots, frames, phys_bits = p[0], p[2], p[4]
    code = [generator.randrange(slots + frames + 1) for _ in range(slots)]
    facts = [generator.randrange(frames + 1) | generator.randrange(2) << phys_bits for _ in range(slots)]
    return code, facts


def colour_frames(code: Any, facts: Any, colour: Any, held: Any, p: Any) -> list[Any]:
    mask = (1 << p[4]) - 1
    new = []
    for r in range(p[2]):
        value = mix(held[r] + (colour[r] if p[9] == 1 else C))
        value += sum(mix(colour[x] + A) for x in range(p[0]) if code[x] == r + 1)
        new.append(value + sum(mix(colour[x] + B) for x in range(p[0]) if facts[x] & mask == r + 1) & WORD)
    return [value & WORD for value in new]


def refine(code: Any, facts: Any, base: Any, colour: Any, held: Any, p: Any) -> tuple[Any, ...]:
    slots, pages, frames, mask = p[0], p[1], p[2], (1 << p[4]) - 1
    for _ in range(3):
        new = []
        for x in range(slots):
            value = base[x]
            if code[x] > frames:
                value += mix(colour[code[x] - frames - 1] + A)
            elif code[x]:
                value += mix(held[code[x] - 1] + C)
            value += sum(mix(colour[y] + B) for y in range(slots) if code[y] == x + frames + 1)
            if facts[x] & mask:
                value += mix(held[(facts[x] & mask) - 1] + D)
            new.append(value)
        space = [sum(mix(each + E) for each in colour[s : s + pages]) & WORD for s in range(0, slots, pages)]
        held = colour_frames(code, facts, colour, held, p)
        if p[9] == 1:
            new = [value + space[x // pages] + (mix(held[x]) if x < frames else 0) for x, value in enumerate(new)]
        colour = [mix(value) for value in new]
    held = colour_frames(code, facts, colour, held, p)
    return colour, held, [sum(mix(each + E) for each in colour[s : s + pages]) & WORD for s in range(0, slots, pages)]


SIZES = [(2, 2, 1), (2, 2, 2), (3, 1, 1), (1, 3, 2)]


@pytest.mark.parametrize("group", ["pages", "slots"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_colours(size: tuple[int, int, int], group: str) -> None:
    p, generator = parameters(size, group), random.Random(3)
    for _ in range(6):
        code, facts = contents(generator, p)
        base, colour = ([generator.getrandbits(64) for _ in range(p[0])] for _ in range(2))
        held = [generator.getrandbits(64) for _ in range(p[2])]
        expected = refine(code, facts, base, colour, held, p)
        one, two, three = words(colour), words(held), words([9] * (p[0] // p[1]))
        symmetry._refine(code, facts, words(base), one, two, words([5] * p[0]), three, p)
        assert (one.tolist(), two.tolist(), three.tolist()) == expected
        two = words(held)
        symmetry._colour_frames(code, facts, words(colour), two, p)
        assert two.tolist() == colour_frames(code, facts, colour, held, p)


def interchange(x: int, y: int, code: Any, facts: Any, p: Any) -> Any:
    links = {x + p[2] + 1, y + p[2] + 1}
    near = p[9] == 2 or (x // p[1] == y // p[1] and min(x, y) >= p[2])
    return near and code[x] == code[y] and facts[x] == facts[y] and not links & set(code)


def tied(code: Any, facts: Any, colour: Any, p: Any) -> Any:
    ties = [
        (colour[x], x)
        for x in range(p[0])
        if code[x]
        and any(y != x and colour[x] == colour[y] and not interchange(x, y, code, facts, p) for y in range(p[0]))
    ]
    return min(ties)[1] if ties else -1


@pytest.mark.parametrize("group", ["pages", "slots"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_ties(size: tuple[int, int, int], group: str) -> None:
    p, generator = parameters(size, group), random.Random(4)
    answers = set()
    for _ in range(120):
        code, facts = contents(generator, p)
        code = [generator.choice((0, code[0], code[1], each)) for each in code]
        facts = [generator.choice((facts[0], facts[0], each)) for each in facts]
        for x, y in product(range(p[0]), repeat=2):
            assert symmetry._interchange(x, y, code, facts, p) is interchange(x, y, code, facts, p)
        colour = [generator.randrange(3) for _ in range(p[0])]
        expected = tied(code, facts, colour, p)
        assert symmetry._tied(code, facts, colour, p) == expected
        answers.add(expected >= 0)
    assert answers == {True, False}


@pytest.mark.parametrize(
    ("size", "group", "classes"),
    [
        ((2, 3, 2), "pages", [1, 1, 2, 3, 3, 3]),
        ((1, 2, 2), "pages", [1, 1]),
        ((2, 3, 2), "slots", [3] * 6),
    ],
)
def test_who_may_change_places_at_all(size: tuple[int, int, int], group: str, classes: Any) -> None:
    p = parameters(size, group)
    assert [symmetry._class(x, p) for x in range(p[0])] == classes


def test_pages_that_show_their_first_frame() -> None:
    p = parameters((2, 2, 2), "pages")

    def home(*code: Any) -> list[Any]:
        return [symmetry._is_home(x, code, p) for x in range(4)]

    assert home(1, 2, 0, 0) == [True, True, False, False]
    assert home(2, 1, 1, 2) == [False, False, False, False]
    assert home(5, 2, 1, 0) == [True, True, False, False]
    assert home(5, 2, 6, 1) == [True, True, False, False]
    assert home(4, 3, 0, 0) == [False, False, False, False]
    assert home(4, 1, 0, 0) == [True, False, False, False]
    assert home(0, 0, 3, 4) == [False, False, False, False]
    assert [symmetry._is_home(x, (1, 2, 3, 4), parameters((2, 2, 2), "slots")) for x in range(4)] == [False] * 4


def test_sorting_a_part() -> None:
    for key in permutations(range(4)):
        order = [0, 1, 2, 3]
        symmetry._sort(order, 1, 4, key)
        assert order == [0, *sorted((1, 2, 3), key=key.__getitem__)]
        order = [0, 1, 2, 3]
        symmetry._sort(order, 0, 2, key)
        assert order == [*sorted((0, 1), key=key.__getitem__), 2, 3]
    order = [3, 2, 1, 0]
    symmetry._sort(order, 0, 4, [5, 5, 5, 5])
    assert order == [3, 2, 1, 0]


@pytest.mark.parametrize(
    ("size", "group", "colour", "held", "space", "place", "frame"),
    [
        ((2, 2, 1), "slots", [4, 2, 9, 1], [0], [0, 0], [2, 1, 3, 0], [0]),
        ((1, 3, 3), "slots", [3, 2, 1], [5, 9, 1], [0], [2, 1, 0], [1, 2, 0]),
        ((3, 2, 1), "pages", [9, 1, 7, 6, 5, 8], [0], [0, 9, 4], [0, 1, 5, 4, 2, 3], [0]),
        ((2, 3, 2), "pages", [9, 1, 0, 7, 6, 5], [0, 0], [5, 1], [1, 0, 2, 5, 4, 3], [1, 0]),
        ((1, 4, 2), "pages", [2, 1, 4, 3], [0, 0], [5], [1, 0, 3, 2], [1, 0]),
    ],
)
def test_places(
    size: tuple[int, int, int], group: str, colour: Any, held: Any, space: Any, place: Any, frame: Any
) -> None:
    p = parameters(size, group)
    found: list[Any] = [[7] * p[0] for _ in range(4)]
    order, spaces, places, frames = found
    symmetry._places(colour, held, space, order, spaces, places, frames, p)
    assert places == place
    assert frames[: p[2]] == frame


def fields(number: int, p: Any) -> tuple[Any, ...]:
    """Of each slot: its element, its P, its rights."""
    found = []
    for _ in range(p[0]):
        found.append(
            (number & (1 << p[3]) - 1, number >> p[3] & (1 << p[4]) - 1, number >> p[3] + p[4] & (1 << p[5]) - 1)
        )
        number >>= p[3] + p[4] + p[5]
    return tuple(found)


def number_of(slots: Any, p: Any) -> Any:
    number = 0
    for code, phys, rights in reversed(slots):
        number = number << p[3] + p[4] + p[5] | rights << p[3] + p[4] | phys << p[3] | code
    return number


def renamed(slots: Any, slot: Any, frame: Any, p: Any) -> tuple[Any, ...]:
    new = [(0, 0, 0)] * p[0]
    for x, (code, phys, rights) in enumerate(slots):
        code = slot[code - p[2] - 1] + p[2] + 1 if code > p[2] else frame[code - 1] + 1 if code else 0
        new[slot[x]] = code, frame[phys - 1] + 1 if phys else 0, rights
    return tuple(new)


def names(scope: Any, group: str) -> list[Any]:
    if group == "pages":
        return list(renamings(scope))
    return list(product(permutations(range(scope.slots)), permutations(range(scope.frames))))


@pytest.mark.parametrize("rights", ["none", "rwx"])
@pytest.mark.parametrize("group", ["pages", "slots"])
@pytest.mark.parametrize("size", [(2, 2, 1), (2, 2, 2), (3, 1, 1), (1, 3, 2)], ids=str)
def test_the_representative_of_any_state(size: tuple[int, int, int], group: str, rights: str) -> None:
    scope = Scope(*size)
    system = mapping_system(scope, LITERAL, rights, symmetry=group)
    p, generator, every = system.parameters, random.Random(5), names(scope, group)
    for _ in range(12):
        code, facts = contents(generator, p)
        slots = tuple(
            (c, f & (1 << p[4]) - 1, generator.randrange(1 << p[5])) for c, f in zip(code, facts, strict=True)
        )
        scratch = np.full(system.scratch, -7, np.int64)
        found = fields(int(canonical(np.uint64(number_of(slots, p)), p, scratch)), p)
        place = tuple(scratch[: scope.slots].tolist())
        frames = [frame for slot, frame in every if slot == place]
        assert found in [renamed(slots, place, frame, p) for frame in frames]
        for slot, frame in generator.sample(every, min(6, len(every))):
            again = canonical(np.uint64(number_of(renamed(slots, slot, frame, p), p)), p, scratch)
            assert fields(int(again), p) == found


def test_no_group_leaves_a_state_as_it_is() -> None:
    assert canonical(0b11_01, (2, 1, 1, 2, 0, 0, 7, 128, 0, 0), None) == 0b11_01


# Worked out once: another colour of any slot would show here.
def test_representatives_stay_what_they_are() -> None:
    found = []
    for group in ("pages", "slots"):
        p, generator = parameters((2, 2, 2), group), random.Random(6)
        for _ in range(40):
            code, facts = contents(generator, p)
            number = number_of([(c, f & 3, f >> 2) for c, f in zip(code, facts, strict=True)], p)
            found.append(int(canonical(np.uint64(number), p, np.zeros(44, np.int64))))
    assert (sum(found), len(set(found))) == SUM


SUM = (536_969_515, 80)


@pytest.mark.long
def test_operations_are_renamed_along_a_path() -> None:
    scope = Scope(3, 1, 1)
    system = mapping_system(scope, CANONICAL, symmetry="slots")
    kernel = kernel_of(system)
    parameters, scratch = np.array(system.parameters, np.int64), np.zeros(system.scratch, np.int64)
    first = int(kernel.representative(np.uint64(system.initial), parameters, scratch))
    after, labels, flaws = (np.zeros(system.fanout, kind) for kind in (np.uint64, np.int64, np.int64))
    seen = 0
    for one in range(system.successors(np.uint64(first), after, labels, flaws, 0, parameters, scratch)):
        step, middle = int(labels[one]), int(after[one])
        second = int(kernel.representative(np.uint64(middle), parameters, scratch))
        more = [array.copy() for array in (after, labels, flaws)]
        for two in range(system.successors(np.uint64(second), *more, 0, parameters, scratch)):
            flaw = Flaw("any", (step, int(more[1][two])), (first, second, 0))
            operations = concrete_operations(flaw, system, kernel, scope)
            state = mapping_state(scope)
            for operation in operations:
                assert operation.apply(state, CANONICAL.readings) == 0
            concrete = sum(
                (0 if e == -1 else -1 - e if e < 0 else e + 2) << 3 * x for x, e in enumerate(state.sigma.tolist())
            )
            ours = int(kernel.representative(np.uint64(concrete), parameters, scratch))
            assert ours == int(kernel.representative(more[0][two], parameters, scratch))
            assert (operations[0].dst == -1) == (operations[0].action == "flush")
            seen += 1
    assert seen > 20


def mapping_state(scope: Any) -> Any:
    from model.spaces import literal

    return literal.initial(scope)


def test_operations_without_a_symmetry_are_those_of_the_steps() -> None:
    system = mapping_system(Scope(2, 1, 1), CANONICAL)
    flaw = Flaw("any", (1 << 15 | 7 << 12 | 1, 3 << 15 | 7 << 12), (1, 2, 3))
    assert concrete_operations(flaw, system, None, Scope(2, 1, 1)) == (
        Operation("map", 0, 1, 7),
        Operation("flush", 0, -1, 7),
    )


def test_the_group() -> None:
    assert [largest_group(PROPERTIES, each) for each in (True, False, "none", "pages", "slots")] == [
        "slots",
        "none",
        "none",
        "pages",
        "slots",
    ]
    assert largest_group((), True) == "slots"
    assert largest_group(PROPERTIES, True, False) == "none"
    assert largest_group(PROPERTIES, "none", False) == "none"
    with pytest.raises(ArgumentError, match="does not mean the same under the symmetry 'pages'"):
        largest_group(PROPERTIES, "pages", False)
    with pytest.raises(ArgumentError, match="there is no symmetry 'frames'; there are none, pages, slots"):
        largest_group(PROPERTIES, "frames")
