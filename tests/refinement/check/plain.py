"""The literal model as a target in this process: every call is written down, and any answer can be made wrong."""

import ctypes
from collections.abc import Callable
from types import ModuleType
from typing import Any, cast

import numpy as np
import pytest
from numba import typeof
from numpy.typing import NDArray

from model.scope import Scope
from model.spaces import literal
from model.spaces.dialect import CANONICAL, Readings
from model.spaces.keeping import EVERY_SET, keep
from model.spaces.literal import DONE, REFUSED, Spaces
from refinement.check.driver.bench import Bench
from refinement.check.driver.driver import CALLS, CELLS, OPERATIONS, ROWS, SITUATIONS, WIDTH
from refinement.check.process.order import Ending, Order
from refinement.check.target.calls import Call
from refinement.check.target.wrapping import SIGNATURES, Loaded

Log = list[tuple[Any, ...]]
NAMES = {call: call.name.lower() for call in Call if call not in (Call.LOOKUP, Call.LOOKUP_HW)}


class _Kept(bytearray):
    """Memory of cells, and what must live as long as they do."""

    loaded: Loaded


def _cells_that_keep(loaded: Loaded) -> NDArray[np.int64]:
    """Cells as in a journal: whoever holds them holds the functions whose addresses are put into them.

    A session has the cells and not the bench: code that the compiled driver calls must not be freed with that.
    """
    memory = _Kept(CELLS * np.dtype(np.int64).itemsize)
    memory.loaded = loaded
    return np.frombuffer(memory, np.int64)


def plain(*columns: Any) -> Spaces:
    """A state whose columns are rows of plain numbers, where the code has arrays."""
    return Spaces(*columns)


class Database:
    """The model under some readings; ``answers`` replaces what a call returns, by its name and arguments.

    :param without: calls that it does not have.
    """

    def __init__(self, readings: Readings = CANONICAL.readings, without: tuple[Call, ...] = ()) -> None:
        unasked = (Call.NORMALISE,) if readings.kept == EVERY_SET else ()
        self.readings, self.without = readings, (*without, *unasked)
        self.log: Log = []
        self.answers: Callable[..., int | None] = lambda name, *arguments: None
        self.state, self.scope = plain([], [], []), Scope(1, 1, 1)

    def init(self, spaces: int, pages: int, frames: int) -> int:
        self.scope = Scope(spaces, pages, frames)
        self.state = plain(*([int(value) for value in column] for column in literal.initial(self.scope)))
        return DONE

    def _slot(self, space: int, page: int) -> int:
        return space * self.scope.pages + page

    def _fits(self, *slots: tuple[int, int]) -> bool:
        return all(space < self.scope.spaces and page < self.scope.pages for space, page in slots)

    def map(self, a: int, b: int, c: int, d: int, rights: int) -> int:
        if rights > 7 or not self._fits((a, b), (c, d)):
            return REFUSED
        return literal.map_(self.state, self._slot(a, b), self._slot(c, d), rights, self.readings)

    def grant(self, a: int, b: int, c: int, d: int, rights: int) -> int:
        if rights > 7 or not self._fits((a, b), (c, d)):
            return REFUSED
        return literal.grant(self.state, self._slot(a, b), self._slot(c, d), rights, self.readings)

    def flush(self, a: int, b: int, rights: int) -> int:
        if rights > 7 or not self._fits((a, b)):
            return REFUSED
        return literal.flush(self.state, self._slot(a, b), rights, self.readings)

    def check(self) -> int:
        return 0

    def normalise(self, rights: int) -> int:
        return keep(self.readings.kept, rights)

    def lookup(self, space: int, page: int) -> tuple[int, int]:
        x = self._slot(space, page)
        return self.state.phys[x], self.state.rights[x]

    def _called(self, name: str, *arguments: int) -> int:
        self.log.append((name, *arguments))
        done: int = getattr(self, name)(*arguments)
        wrong = self.answers(name, *arguments)
        return done if wrong is None else wrong

    def _looked(self, name: str, space: int, page: int, out: Any) -> int:
        self.log.append((name, space, page))
        frame, rights = self.lookup(space, page)
        if frame >= 0:
            out[0] = rights
        wrong = self.answers(name, space, page)
        if wrong is not None and wrong >= 100:
            out[0] = wrong - 100
            return frame
        return frame if wrong is None else wrong

    def loaded(self) -> Loaded:
        """The addresses of its functions."""
        keep: list[Any] = []
        addresses = []
        for call in Call:
            if call in self.without:
                addresses.append(0)
                continue
            if call in NAMES:
                function = SIGNATURES[call](lambda *arguments, name=NAMES[call]: self._called(name, *arguments))
            else:
                view = call.name.lower()
                function = SIGNATURES[call](lambda *arguments, name=view: self._looked(name, *arguments))
            keep.append(function)
            addresses.append(int(ctypes.cast(function, ctypes.c_void_p).value or 0))
        return Loaded(addresses, keep, lambda: "what it said")

    def bench(self, rows: int = 64) -> Bench:
        """The target with a journal of so many rows."""
        loaded = self.loaded()
        return Bench(loaded, _cells_that_keep(loaded), np.zeros((rows, WIDTH), np.uint32))

    def operations(self) -> Log:
        """What was called but lookups and checks."""
        return [call for call in self.log if not call[0].startswith(("lookup", "check"))]


def ending(how: str = "answered", **told: Any) -> Ending:
    """How a job ended; what is not told is as if nothing had happened."""
    usual: dict[str, Any] = {
        **{"value": {}, "said": "", "number": 0, "inside": -1, "place": (0, 0), "program": 0, "step": 0},
        **{"journal": np.zeros((0, WIDTH), np.uint32), "operations": 0, "calls": 0},
        "situations": np.zeros(CELLS - SITUATIONS, np.int64),
    }
    return Ending(how, **{**usual, **told})


class Here:
    """Does jobs at once in this process, each on a fresh database."""

    def __init__(self, make: Callable[[], Database] = Database) -> None:
        self.make = make
        self.orders: list[Order] = []
        self.databases: list[Database] = []

    def perform(self, order: Order) -> Ending:
        """The job's ending, as a zygote would tell it."""
        self.orders.append(order)
        self.databases.append(self.make())
        bench = self.databases[-1].bench(4096)
        value = order.work.do(bench)
        cells = bench.cells
        return ending(
            value=value,
            journal=bench.rows[: cells[ROWS]].copy(),
            operations=int(cells[OPERATIONS]),
            calls=int(cells[CALLS]),
            situations=cells[SITUATIONS:].copy(),
        )


def compiled_and_run(
    patch: pytest.MonkeyPatch, warming: ModuleType, functions: dict[str, ModuleType], run: Callable[[], object]
) -> tuple[list[Any], list[Any]]:
    """What a module's ``warm_up`` compiles, and what is called by ``run``: functions, and the types of arguments.

    :param functions: the names of those that are looked at, with the modules from which they are called.
    """
    compiled: list[Any] = []
    called: dict[Any, None] = {}

    def noted(function: Callable[..., Any]) -> Callable[..., Any]:
        def replacement(*arguments: Any) -> Any:
            called[(function.__name__, tuple(map(typeof, arguments)))] = None
            return function(*arguments)

        return replacement

    with patch.context() as patched:
        patched.setattr(
            warming, "compile_for", lambda one, *given: compiled.append((one.__name__, tuple(map(typeof, given))))
        )
        cast(Any, warming).warm_up(Database().bench(1).session(CANONICAL.readings, 1))
    with patch.context() as patched:
        for name, module in functions.items():
            patched.setattr(module, name, noted(getattr(module, name)))
        run()
    return compiled, list(called)
