"""What is called at once, and from what beginning: calls that meet in one tree, in one slot, in the free list."""

from collections.abc import Callable
from dataclasses import dataclass

from model.scope import Scope
from proofs.explorer.interleaved.execution import Program
from proofs.explorer.interleaved.judging import run_alone
from refinement.cores.locking import LOCKINGS, Call
from refinement.cores.machine import SharedKernel

SCOPE = Scope(4, 2, 2)
A0, A1, B0, B1, C0, C1, D0, D1 = range(8)
"""Slots: σ0[0], σ0[1], σ1[0] and so on; σ0 holds both frames."""


@dataclass(frozen=True)
class Scenario:
    """Calls made before, one after the other, and calls that are made at once, those of a core in turn."""

    name: str
    before: tuple[Call, ...]
    calls: tuple[tuple[Call, ...], ...]

    def program(
        self, locking: str = "one", kernel: Callable[..., SharedKernel] = SharedKernel, *, buffered: bool = False,
        fenced: bool = True, timed: bool = False,
    ) -> Program:  # fmt: skip
        """The program that these calls make with a locking and a kernel."""

        def make() -> SharedKernel:
            made = kernel(SCOPE, len(self.calls), buffered=buffered, fenced=fenced)
            for call in self.before:
                run_alone(made, call)
            made.settle()
            return made

        return Program(make, LOCKINGS[locking], self.calls, timed)


def _map(src: int, dst: int) -> Call:
    return Call("map", src, dst)


def _grant(src: int, dst: int) -> Call:
    return Call("grant", src, dst)


def _flush(src: int) -> Call:
    return Call("flush", src)


SCENARIOS = {
    each.name: each
    for each in (
        Scenario("map-below-flush", (_map(A0, B0),), ((_map(B0, C0),), (_flush(A0),))),
        Scenario("one-destination", (), ((_map(A0, B0),), (_map(A1, B0),))),
        Scenario("one-source", (), ((_map(A0, B0),), (_map(A0, C0),))),
        Scenario("grant-and-flush", (_map(A0, B0), _map(B0, C0)), ((_grant(B0, D0),), (_flush(A0),))),
        Scenario("two-grants", (_map(A0, B0),), ((_grant(B0, C0),), (_grant(B0, D0),))),
        Scenario("crossed", (_map(A0, B0), _map(A1, C0)), ((_map(B0, C0),), (_map(C0, B0),))),
        Scenario("two-frames", (_map(A0, B0), _map(A1, C0)), ((_flush(A0),), (_map(A1, D0),))),
        Scenario("moved-below", (_map(A0, B0),), ((_flush(A0),), (_grant(B0, D0), _map(D0, C0)))),
        Scenario("replaced", (_map(A0, B0),), ((_map(A1, B0),), (_map(B0, C0),))),
        Scenario("three-flushes", (_map(A0, B0),), ((_flush(A0),), (_flush(A0),), (_flush(B0),))),
        Scenario("one-page-thrice", (_map(A0, B0),), ((_flush(B0),), (_flush(B0),), (_flush(B0),))),
        Scenario("three", (_map(A0, B0),), ((_map(B0, C0),), (_map(C0, D0),), (_flush(A0),))),
        Scenario(
            "moved-away", (_map(A0, B0), _map(A1, D0)), ((_map(B0, C0),), (_flush(A0), _map(A1, B0)), (_flush(A1),))
        ),
    )
}
"""By name."""
