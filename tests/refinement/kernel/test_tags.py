"""Tags at the start: what the proof of giving them out begins with."""

from types import SimpleNamespace
from typing import Any

import pytest

from refinement.kernel.tags import Tags


class Buffer:
    def __init__(self, tagged: bool) -> None:
        self.tagged = tagged
        self.retired: list[int] = []

    def invalidate_tag(self, tag: int) -> None:
        self.retired.append(tag)


def cores(number: int, tagged: bool = True) -> Any:
    return [SimpleNamespace(tag=0, tlb=Buffer(tagged)) for _ in range(number)]


def test_at_first_no_space_has_a_tag_and_every_tag_is_in_line_once() -> None:
    tags = Tags(3, 4, cores(2))
    assert [tags.current(space) for space in range(3)] == [None] * 3
    assert tags._queue == [1, 2, 3, 4]
    assert tags._holder == {}


def test_untagged_spaces_have_tag_0_for_good() -> None:
    some = cores(2, tagged=False)
    tags = Tags(3, 1, some)
    assert [tags.of(space, some[0]) for space in range(3)] == [0] * 3
    assert [tags.current(space) for space in range(3)] == [0] * 3
    assert tags._queue == []


def test_a_tag_more_than_cores_is_the_least() -> None:
    assert Tags(3, 3, cores(2))._queue == [1, 2, 3]
    with pytest.raises(ValueError, match="give at least 3"):
        Tags(3, 2, cores(2))


def test_the_tag_that_was_given_first_is_taken_unless_another_core_executes_with_it() -> None:
    some = cores(2)
    tags = Tags(5, 3, some)
    some[0].tag = tags.of(0, some[0])
    assert [tags.of(space, some[1]) for space in (1, 2)] == [2, 3]
    assert tags.of(3, some[1]) == 2, "1 is in use by the other core"
    assert [tags.current(space) for space in range(5)] == [1, None, 3, 2, None]
    assert [core.tlb.retired for core in some] == [[2], [2]]
    assert tags.of(4, some[0]) == 1, "its own tag a core may lose"
    assert [core.tlb.retired for core in some] == [[2, 1], [2, 1]]


def test_tags_in_use_are_passed_over_whichever_core_executes_with_them() -> None:
    some = cores(3)
    tags = Tags(5, 4, some)
    some[2].tag, some[1].tag = (tags.of(space, some[0]) for space in (0, 1))
    assert [tags.of(space, some[0]) for space in (2, 3)] == [3, 4]
    assert tags.of(4, some[0]) == 3, "1 and 2 are in use by the others"
    assert [tags._in_use(tag, some[0]) for tag in (1, 2, 3)] == [True, True, False]


def test_a_tag_of_the_only_core_is_taken() -> None:
    some = cores(1)
    tags = Tags(3, 2, some)
    some[0].tag = tags.of(0, some[0])
    assert [tags.of(space, some[0]) for space in (1, 2)] == [2, 1]
