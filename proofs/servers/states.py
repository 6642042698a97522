"""A Hypothesis state machine of a description: Hypothesis chooses who does what, and shrinks what breaks it."""

from collections import Counter
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from model.servers.theory import SubsystemTheory
from proofs.engines.search.random_runs import Walker
from proofs.servers.runs import walker_of


def state_machine(of: SubsystemTheory, walker: Walker | None = None) -> type[RuleBasedStateMachine]:
    """The class of a state machine whose rules are everybody's moves and whose invariants are the description's own.

    Its ``TestCase`` is what test runners collect.

    :param walker: the description compiled for a machine of a size; by default of the size that it says.
    :raises NoBeginningError: the machine is too small.
    """
    walks = walker or walker_of(of)
    moves = st.sampled_from(sorted(walks.theory.actions))

    class Machine(RuleBasedStateMachine):
        """Everybody, on a small machine."""

        state: Any = None

        @initialize()
        def begin(self) -> None:
            """The first state."""
            self.state = walks.first

        @rule(move=moves, seed=st.integers(0, 1 << 16))
        def act(self, move: str, seed: int) -> None:
            """Somebody makes that move, if anybody can; how is drawn from the seed."""
            taken = walks.step(self.state, Counter(), np.random.default_rng(seed), move)
            if taken is not None and taken.action == move:
                self.state = taken.after

        @invariant()
        def kept(self) -> None:
            """What is guaranteed holds."""
            broken = walks.broken(self.state) if self.state is not None else ()
            assert not broken, f"{of.name}: {', '.join(broken)} broke"

    Machine.__name__ = Machine.__qualname__ = f"{of.name}Machine"
    return Machine
