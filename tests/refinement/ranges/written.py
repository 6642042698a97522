"""Operations on ranges as tests write them: ``map 0[0..3] 1[0..3]; grant 1[0] 2[1] rw; flush 0[2..3] own``."""

import re

from model.ranges.operation import RangeOperation
from model.ranges.scope import RangeScope
from model.scope import ALL_RIGHTS, parse_rights
from model.spaces.operation import Kind


def operations(text: str, scope: RangeScope) -> list[RangeOperation]:
    return [operation(each, scope) for each in text.split("; ")]


def operation(text: str, scope: RangeScope) -> RangeOperation:
    kind, *words = text.split()
    ranges = [block(word, scope) for word in words if "[" in word]
    rights = [parse_rights(word) for word in words if "[" not in word and word != "own"]
    (dst, dst_order) = ranges[1] if len(ranges) > 1 else (-1, 0)
    made = RangeOperation(Kind[kind.upper()], *ranges[0], dst, dst_order, own="own" in words)
    return made._replace(rights=rights[0] if rights else ALL_RIGHTS)


def block(word: str, scope: RangeScope) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)\[(\d+)(?:\.\.(\d+))?\]", word)
    assert found, word
    space, first, last = int(found[1]), int(found[2]), int(found[3] or found[2])
    return scope.slot(space, first), (last - first).bit_length()
