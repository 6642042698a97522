"""A talk with nobody, for which what works run is compiled before their clocks run."""

import numpy as np

from model.messages.readings import CANONICAL_MESSAGES
from model.messages.scope import MessageScope
from model.spaces.dialect import CANONICAL
from refinement.check.driver.bench import Bench
from refinement.check.driver.driver import CELLS, WIDTH
from refinement.check.messages.talk import Talk, talk_on
from refinement.check.target.calls import Call
from refinement.check.target.wrapping import Loaded


def on_model() -> Talk:
    """A talk with a target that has no functions."""
    bench = Bench(Loaded([0] * len(Call)), np.zeros(CELLS, np.int64), np.zeros((3, WIDTH), np.uint32))
    return talk_on(bench, MessageScope(1, 1, 1), CANONICAL_MESSAGES.readings, CANONICAL.readings)
