"""The parts of an access: one in each page that it touches, executed for every size and address."""

from collections.abc import Callable, Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any

from z3 import And, BoolVal, Implies

from machine.core import check_size
from machine.formats import FORMATS, Format
from machine.memory import SIZES
from model.spaces.theory import Formula
from proofs.execution.coverage import CoveringPath
from proofs.execution.integers import Integer, integer, natural
from proofs.execution.monitor import bind
from proofs.execution.path import Path, paths
from proofs.obligation import Condition
from proofs.obligations.code import CodeObligation
from proofs.obligations.machine.demands import demanded
from proofs.obligations.source import CODE, Code

PIECES = "core_pieces__cover__the_access"
access = object()


@cache
def walked(format: Format, size: int, code: Code = CODE) -> tuple[Path, ...]:
    """All paths through the division of an access of that size."""
    address = natural("address", format.address_bits)

    def run(path: Path) -> None:
        asked: list[tuple[Integer, object, object]] = []

        def translate(at: object, kind: object) -> object:
            asked.append((integer(at), kind, object()))
            return asked[-1][2]

        core = SimpleNamespace(format=format, translate=translate)
        names = {"check_size": check_size}  # of a size that is known
        got = bind(code.core._pieces, path, names)(core, address, size, access)
        path.demand(PIECES, lambda: _cover(format, address, size, asked, got))

    return tuple(path for path, _ in paths(run))


def _cover(
    format: Format, address: Integer, size: int, asked: list[tuple[Integer, object, object]], got: list[Any]
) -> Formula:
    """Every byte is in one part, translated in its own page, in the order of the bytes; no part goes beyond a page."""
    same = len(got) == len(asked) and all(piece[0] is each[2] for piece, each in zip(got, asked, strict=False))
    parts, done = [BoolVal(same and all(kind is access for _, kind, _ in asked))], integer(0)
    for (at, _, _), (_, count) in zip(asked, got, strict=False):
        parts.append(at == (address + done) & ((1 << format.address_bits) - 1))
        parts.append(And(integer(count) > 0, (at & 0xFFF) + count <= 4096))
        done = done + count
    crosses = (address & 0xFFF) + size > 4096
    return And(*parts, done == size, Implies(crosses, BoolVal(len(got) == 2)), BoolVal(len(got) <= 2))


def every_path(code: Code = CODE) -> Iterator[Path]:
    """All paths, in every format and for every size."""
    for format in FORMATS:
        for size in SIZES:
            yield from walked(format, size, code)


def conditions(code: Code = CODE) -> Iterator[Condition]:
    """The conditions that the parts cover the access."""
    return demanded(every_path(code), PIECES, {})


def runs(code: Code = CODE) -> Iterator[CoveringPath]:
    """All paths."""
    return (CoveringPath(path, {}) for path in every_path(code))


def executed(code: Code = CODE) -> tuple[Callable[..., Any], ...]:
    """Return what is executed here."""
    return (code.core._pieces,)


def obligations() -> Iterator[CodeObligation]:
    """Return the obligation that the parts cover the access."""
    sentence = "an access of 1, 2, 4 or 8 bytes is done in one part in each page that it touches, byte for byte"
    yield CodeObligation(PIECES, "C4", sentence, lambda dialect, code: conditions(code))
