"""The process from which each job on a target is forked, so that none has seen the target before, and none costs more.

It reads pickled :class:`Order` records from its engine and answers each with pickled :class:`Ending` records. A job's
process has a journal in memory shared with this one, limits on its memory and processor time, and a watchdog: a
target that makes no progress for too long is killed, and the journal tells what it was doing.
"""

import ctypes
import json
import mmap
import os
import pickle
import resource
import select
import signal
import struct
import sys
import time
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from refinement.check.driver import driver
from refinement.check.driver.bench import CAPACITY, Bench, Work
from refinement.check.driver.warming import warm_up
from refinement.check.target.loaders import load
from refinement.check.target.target import Target, TargetError

HISTORY = 4096  # steps before the last program that are reported too
READY = "ready"
LOADING = 9  # in the cell INSIDE: the target is being loaded
STACK = 8 << 20
OUTPUT = 1 << 20  # bytes that a target may print; more is cut off
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Limits:
    """What a target may use in one job.

    ``hang``: seconds within one call; ``memory``: bytes beyond what the driver needs; ``wall``: seconds for all.
    """

    hang: float = 5.0
    memory: int = 1 << 30
    wall: float = 600.0


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Order:
    """A job: what to do on which target, within which limits."""

    target: Target
    work: Work
    limits: Limits


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job ended.

    ``how``: ``answered`` (``value`` holds the answer), ``unusable`` (``said``: why the target is none), ``signal``,
    ``exit`` (``number``: which), ``hung``, ``overdue``, ``broken`` (``said``: a defect of the tool). ``inside`` is the
    call that the target was in, or -1, and ``place`` the space and page that a lookup was asked for; ``journal`` the
    last steps; of several programs, ``program`` was in ``step`` when the job ended.
    """

    how: str
    value: dict[str, Any]
    said: str
    number: int
    inside: int
    place: tuple[int, int]
    journal: NDArray[np.uint32]
    program: int
    step: int
    operations: int
    calls: int
    situations: NDArray[np.int64]


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer orders until the engine goes away."""
    warm_up()
    send(sink, READY)
    shared = mmap.mmap(-1, driver.CELLS * 8 + CAPACITY * driver.WIDTH * 4)
    cells = np.frombuffer(shared, np.int64, driver.CELLS)
    rows = np.frombuffer(shared, np.uint32, CAPACITY * driver.WIDTH, driver.CELLS * 8).reshape(CAPACITY, driver.WIDTH)
    while (order := receive(source)) is not None:
        cells[:] = 0
        send(sink, perform(order, cells, rows))


def send(sink: BinaryIO, value: Any) -> None:
    """A length and a pickle."""
    data = pickle.dumps(value)
    sink.write(struct.pack("<Q", len(data)) + data)
    sink.flush()


def receive(source: BinaryIO) -> Any:
    """The next value; None at the end."""
    head = source.read(8)
    if len(head) < 8:
        return None
    data = source.read(struct.unpack("<Q", head)[0])
    return pickle.loads(data)


def perform(order: Order, cells: NDArray[np.int64], rows: NDArray[np.uint32]) -> Ending:
    """One job in a process of its own."""
    reading, writing = os.pipe()
    output = os.memfd_create("output")
    child = os.fork()
    if child == 0:
        os.close(reading)
        live(order, cells, rows, writing, output)
    os.close(writing)
    try:
        answer, status, how = watch(child, reading, order.limits, cells)
    except SystemExit:  # the engine stops this process
        kill_group(child)
        raise
    finally:
        os.close(reading)
    printed = os.pread(output, 2000, max(0, os.fstat(output).st_size - 2000)).decode("utf-8", "replace").strip()
    os.close(output)
    value: dict[str, Any] = {}
    if how == "":
        if os.WIFSIGNALED(status):
            how = "signal"
        else:
            try:
                value = json.loads(answer)
                how = value.pop("how")
            except (ValueError, KeyError, AttributeError, TypeError):
                value, how = {}, "exit"
    return Ending(
        how=how,
        value=value,
        said=value.get("said", printed),
        number=os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status),
        inside=int(cells[driver.INSIDE]) - 1,
        place=(int(cells[driver.SPACE]), int(cells[driver.PAGE])),
        journal=last_steps(cells, rows),
        program=int(cells[driver.PROGRAM]),
        step=int(cells[driver.ROWS] - cells[driver.BEGUN]) - 1,
        operations=int(cells[driver.OPERATIONS]),
        calls=int(cells[driver.CALLS]),
        situations=cells[driver.SITUATIONS :].copy(),
    )


def last_steps(cells: NDArray[np.int64], rows: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The last program in the journal, and some steps before it."""
    written = int(cells[driver.ROWS])
    kept = rows[np.arange(max(0, written - CAPACITY), written) % CAPACITY]
    starts = np.flatnonzero(kept[:, 0] == driver.Kind.INIT)
    if not len(starts):
        return kept[:0]
    earliest = starts[starts >= starts[-1] - HISTORY][0]
    return kept[earliest:]


def watch(child: int, reading: int, limits: Limits, cells: NDArray[np.int64]) -> tuple[bytes, int, str]:
    """Wait for the child's end; its answer, its status, and why it was killed, if it was."""
    answer, how = b"", ""
    progress, since, begun = -1, time.monotonic(), time.monotonic()
    while True:
        ready, _, _ = select.select([reading], [], [], 0.02)
        if ready:
            data = os.read(reading, 1 << 16)
            if not data:
                break
            answer += data
        now = time.monotonic()
        if cells[driver.CALLS] != progress:
            progress, since = int(cells[driver.CALLS]), now
        if now - since > limits.hang and cells[driver.INSIDE] != 0:
            how = "hung"
        elif now - begun > limits.wall:
            how = "overdue"
        if how:
            break
    # A target may have closed the pipe and run on: it has a moment to end by itself.
    end = time.monotonic() + (0 if how else limits.hang)
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            break
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            how = how or "hung"
            break
        time.sleep(0.0005)
    kill_group(child)
    return answer, status, how


def kill_group(leader: int) -> None:
    """End what a target started; the group is the job's own."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


def live(order: Order, cells: NDArray[np.int64], rows: NDArray[np.uint32], writing: int, output: int) -> None:
    """The job's process: never returns."""
    status = 70
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        confine(order.limits, output)
        answer = attempt(order, cells, rows)
        data = json.dumps(answer).encode()
        while data:
            data = data[os.write(writing, data) :]
        status = 0
    finally:
        os._exit(status)


def confine(limits: Limits, output: int) -> None:
    """A process group, no input, output into a file of bounded size, and limits."""
    os.setpgid(0, 0)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
    with open("/proc/self/statm") as statm:
        mine = int(statm.read().split()[0]) * mmap.PAGESIZE
    for which, value in (
        (resource.RLIMIT_AS, mine + limits.memory),
        (resource.RLIMIT_CPU, int(limits.wall) + 60),
        (resource.RLIMIT_STACK, STACK),
        (resource.RLIMIT_FSIZE, OUTPUT),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(which)
        resource.setrlimit(which, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def attempt(order: Order, cells: NDArray[np.int64], rows: NDArray[np.uint32]) -> dict[str, Any]:
    """Load the target and do the work."""
    cells[driver.INSIDE] = LOADING + 1
    try:
        loaded = load(order.target)
    except TargetError as error:
        return {"how": "unusable", "said": str(error)}
    cells[driver.INSIDE] = 0
    try:
        return {"how": "answered", **order.work.do(Bench(loaded, cells, rows))}
    except Exception as error:
        return {"how": "broken", "said": f"{type(error).__name__}: {error}"}


def leave(number: int, frame: object) -> None:
    """End because the engine says so, which it may say twice."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit()


def main() -> None:
    """Speak with the engine on the descriptors that were standard input and output."""
    signal.signal(signal.SIGTERM, leave)
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(2, 1)
    try:
        serve(source, sink)
    except BrokenPipeError:  # the engine was killed; what is left in the pipe is for nobody
        os._exit(0)


if __name__ == "__main__":
    main()
