"""Compiling before the clock runs."""

import numpy as np

from model.spaces.dialect import CANONICAL
from refinement.check.driver import answers, closure, driver, indexed, sequences, walk


def warm_up() -> None:
    """Compile, or load from numba's cache on disk, all that the driver needs."""
    cells, rows = np.zeros(driver.CELLS, np.int64), np.zeros((1, driver.WIDTH), np.uint32)
    session = driver.Session(cells, rows, indexed.allocate(1), CANONICAL.readings)
    driver.run(session, rows[:0], 1)
    answers.warm_up(session)
    sequences.enumerate_sequences(session, rows, rows, np.zeros(1, np.int64), 0)
    closure.warm_up(session)
    walk.warm_up(session)
