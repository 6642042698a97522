"""Lines a second that ``musigma monitor`` follows, and its memory over a long log.

    python benchmarks/bench_monitor.py [LINES]

A log of 200,000 lines, made by the compiled model, is read again and again from memory, with lost lines between.
Two figures of memory are told: after a tenth of the lines, and after all.
"""

import io
import resource
import sys
import time

import numpy as np

from model.scope import Scope
from model.spaces.dialect import CANONICAL, Readings
from refinement.check.driver import indexed
from refinement.monitor.monitor import monitor

SCOPE = Scope(16, 64, 32)
PIECE = 200_000


def piece() -> bytes:
    """Lines that the model answers, and a mark."""
    s, d, pages = indexed.allocate(SCOPE.slots), Readings(*CANONICAL.readings), SCOPE.pages
    indexed.reset(s, SCOPE.slots, SCOPE.frames)
    bounds = 10, SCOPE.slots, SCOPE.slots, 14, SCOPE.frames
    lines = []
    for n, drawn in enumerate(np.random.default_rng(1).integers(0, bounds, (PIECE - 1, 5)).tolist()):
        kind, src, dst, rights, frame = drawn
        src = frame if kind < 4 and n % 2 else src
        mask, s.changed[0] = min(rights + 1, 7), 0
        place = f'"src": [{src // pages}, {src % pages}]'
        if kind < 5:
            function, op = (indexed.map_, "map") if kind < 4 else (indexed.grant, "grant")
            status = function(s, src, dst, mask, d)
            to = f'"dst": [{dst // pages}, {dst % pages}], "rights": {mask}, "status": {status}'
            lines.append(f'{{"op": "{op}", {place}, {to}}}\n')
        elif kind == 5:
            lines.append(f'{{"op": "flush", {place}, "rights": {mask}, "status": {indexed.flush(s, src, mask, d)}}}\n')
        else:
            shown = f'"frame": {int(s.phys[src])}, "rights": {int(s.rights[src])}'
            lines.append(f'{{"op": "lookup", {place}, {shown}}}\n')
    return "".join([*lines, '{"op": "lost"}\n']).encode()


class Log(io.RawIOBase):
    """The piece so many times, after a head."""

    def __init__(self, lines: bytes, times: int) -> None:
        sizes = f'"spaces": {SCOPE.spaces}, "pages": {SCOPE.pages}, "frames": {SCOPE.frames}'
        self.head, self.lines, self.times = f'{{"op": "log", "version": 1, {sizes}}}\n'.encode(), lines, times
        self.at, self.done = 0, 0
        self.memory: list[int] = []

    def read(self, size: int = -1) -> bytes:
        if self.head:
            part, self.head = self.head, b""
            return part
        if self.done == self.times:
            return b""
        part = self.lines[self.at : self.at + size]
        self.at += len(part)
        if self.at == len(self.lines):
            self.at, self.done = 0, self.done + 1
            if self.done in (self.times // 10, self.times):
                self.memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10)
        return part


def main() -> None:
    """Follow a log twice: a short one, which compiles, and the long one."""
    lines, times = piece(), (int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000) // PIECE
    monitor(Log(lines, 1))  # type: ignore[arg-type]
    log = Log(lines, times)
    begun, wall = time.process_time(), time.perf_counter()
    report = monitor(log)  # type: ignore[arg-type]
    seconds, wall = time.process_time() - begun, time.perf_counter() - wall
    peaks = ", ".join(f"{each} MiB" for each in log.memory)
    print(f"{report.verdict}: {report.lines:,} lines, {report.decided:,} decided, {report.open:,} open")
    print(f"{report.lines / seconds:,.0f} lines a second of processor time, {report.lines / wall:,.0f} by the clock")
    print(f"largest resident set {peaks}")


if __name__ == "__main__":
    main()
