"""The process from which each job on a target is forked, so that none has seen the target before, and none costs more.

It reads pickled orders from its engine and answers each with a pickled :class:`~refinement.check.process.order.Ending`.
A job's process has a journal in memory shared with this one, a cage, and a watchdog: a target that makes no progress
for too long is killed, and the journal tells what it was doing. When the engine is gone, this process ends, and with
it whatever it started.
"""

import json
import mmap
import os
import pickle
import select
import signal
import struct
import sys
import threading
import time
from contextlib import suppress
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from model.running.notice import tell_when_compiling
from refinement.check.driver import driver
from refinement.check.driver.bench import CAPACITY, Bench
from refinement.check.driver.warming import warm_up
from refinement.check.process import cage
from refinement.check.process.order import CLOSED, EXHAUSTED, LOADING, Ending, Order, last_steps
from refinement.check.races.loading import load_raced
from refinement.check.target.loaders import load
from refinement.check.target.target import TargetError
from refinement.statuses import EXIT_INTERNAL

READY = "ready"
COMPILING = "compiling"  # comes before an answer that takes longer for it
COUNT = 0.1  # seconds between two counts of the processes that a target started


def serve(source: BinaryIO, sink: BinaryIO, first: bool) -> None:
    """Answer orders until the engine goes away. ``first``: this is the first process of a namespace."""
    send(sink, READY)
    tell_when_compiling(lambda: send(sink, COMPILING))
    shared = mmap.mmap(-1, driver.CELLS * 8 + CAPACITY * driver.WIDTH * 4)
    cells = np.frombuffer(shared, np.int64, driver.CELLS)
    rows = np.frombuffer(shared, np.uint32, CAPACITY * driver.WIDTH, driver.CELLS * 8).reshape(CAPACITY, driver.WIDTH)
    while (order := receive(source)) is not None:
        cells[:] = 0
        warm_up(order.work)
        send(sink, perform(order, cells, rows, source.fileno(), first))


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


def perform(order: Order, cells: NDArray[np.int64], rows: NDArray[np.uint32], engine: int, first: bool) -> Ending:
    """One job in a process of its own."""
    reading, writing = os.pipe()
    output = cage.bounded_output()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os.close(engine)
        live(order, cells, rows, writing, output)
    os.close(writing)
    try:
        answer, status, how = watch(child, reading, engine, order, cells)
    finally:  # whatever comes, also that the engine stops this process
        cage.end_all(child, first)
        os.close(reading)
    written, printed = cage.printed_into(output)
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
    said = value.get("said", printed)
    if how == "unusable" and printed:
        said += f"; it printed: {' '.join(printed.split())[-300:]}"
    return Ending(
        how=how,
        value=value,
        said=said,
        number=os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status),
        inside=int(cells[driver.INSIDE]) - 1,
        place=(int(cells[driver.SPACE]), int(cells[driver.PAGE])),
        journal=last_steps(cells, rows),
        program=int(cells[driver.PROGRAM]),
        step=int(cells[driver.ROWS] - cells[driver.BEGUN]) - 1,
        operations=int(cells[driver.OPERATIONS]),
        calls=int(cells[driver.CALLS]),
        situations=cells[driver.SITUATIONS :].copy(),
        printed=written,
    )


def watch(child: int, reading: int, engine: int, order: Order, cells: NDArray[np.int64]) -> tuple[bytes, int, str]:
    """Wait for the child's end; its answer, its status, and why it was killed, if it was.

    :raises SystemExit: the engine has gone.
    """
    answer, how, limits = b"", "", order.limits
    progress, since, begun = -1, time.monotonic(), time.monotonic()
    counted = begun
    while not how:
        ready, _, _ = select.select([reading, engine], [], [], 0.02)
        if engine in ready:  # it sends no order while it waits for an answer
            sys.exit()
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
        elif now - counted > COUNT:
            counted = now
            if cage.count_processes() > 1 + limits.processes:
                how = "forked"
    # A target may have closed the pipe and run on: it has a moment to end by itself.
    status, ended = wait(child, 0 if how else limits.hang)
    return answer, status, how or ("" if ended else "hung")


def wait(child: int, seconds: float) -> tuple[int, bool]:
    """The child's status, and whether it ended by itself within so many seconds; if not, it is killed."""
    end = time.monotonic() + seconds
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return status, True
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
            return os.waitpid(child, 0)[1], False
        time.sleep(0.0005)


def live(order: Order, cells: NDArray[np.int64], rows: NDArray[np.uint32], writing: int, output: int) -> None:
    """The job's process: never returns."""
    status = EXIT_INTERNAL
    tell_when_compiling(None)
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        try:
            cage.confine(order.limits, output)
            if order.target.kind in ("library", "threads"):
                cage.forbid_processes()
        except OSError as error:
            answer = {"how": "broken", "said": str(error)}
        else:
            answer = attempt(order, cells, rows)
            look_at_files(cells, writing)
        data = json.dumps(answer).encode()
        while data:
            data = data[os.write(writing, data) :]
        status = 0
    finally:
        os._exit(status)


def look_at_files(cells: NDArray[np.int64], writing: int) -> None:
    """That the target has left the descriptors alone that are not its own, and one for somebody else.

    :raises OSError: it has not; the journal says which.
    """
    cells[driver.INSIDE] = CLOSED + 1
    for number in (0, 1, 2, writing):
        os.fstat(number)
    cells[driver.INSIDE] = EXHAUSTED + 1
    os.close(os.dup(0))
    cells[driver.INSIDE] = 0


def attempt(order: Order, cells: NDArray[np.int64], rows: NDArray[np.uint32]) -> dict[str, Any]:
    """Load the target and do the work."""
    cells[driver.INSIDE] = LOADING + 1
    try:
        loaded = load_raced(order.target) if order.target.kind == "threads" else load(order.target)
    except TargetError as error:
        return {"how": "unusable", "said": str(error)}
    cells[driver.INSIDE] = 0
    answers: list[dict[str, Any]] = []

    def do() -> None:
        try:
            answers.append({"how": "answered", **order.work.do(Bench(loaded, cells, rows))})
        except TargetError as error:
            answers.append({"how": "unusable", "said": str(error)})
        except Exception as error:
            answers.append({"how": "broken", "said": f"{type(error).__name__}: {error}"})

    if order.limits.stack:
        threading.stack_size(order.limits.stack)
        thread = threading.Thread(target=do)
        thread.start()
        thread.join()
    else:
        do()
    return answers[0]


def leave(number: int, frame: object) -> None:
    """End because the engine says so, which it may say twice."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit()


def main() -> None:
    """Speak with the engine on the descriptors that were standard input and output; whatever fails is told there."""
    sink = os.fdopen(os.dup(1), "wb")
    try:
        first = cage.enclose()
        signal.signal(signal.SIGTERM, leave)
        source = os.fdopen(os.dup(0), "rb")
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(2, 1)
        serve(source, sink, first)
    except Exception as error:
        with suppress(Exception):
            send(sink, f"{type(error).__name__}: {error}")
        os._exit(0)  # a pipe to an engine that was killed is closed by this, and nothing is said of what is left in it


if __name__ == "__main__":
    main()
