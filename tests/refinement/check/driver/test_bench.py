"""A bench of a target in this process."""

import gc
import weakref

from model.spaces.dialect import CANONICAL
from tests.refinement.check.plain import Database


def test_a_session_keeps_the_functions_that_it_calls() -> None:
    """Compiled code calls them by address: freed while the session lives, the process would end."""
    database = Database()
    kept, session = weakref.ref(database), database.bench(8).session(CANONICAL.readings, 2)
    del database
    gc.collect()
    assert kept() is not None
    del session
    gc.collect()
    assert kept() is None
