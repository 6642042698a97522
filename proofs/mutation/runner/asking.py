"""Those that execute a function are asked one after the other whether they notice its mutant."""

import signal
from collections.abc import Mapping, Sequence
from itertools import zip_longest

from proofs.mutation.runner.coverage import Record
from proofs.mutation.runner.forks import Say
from proofs.mutation.runner.items import Item

SLACK = 10.0  # so many times as long as it takes may each take with a mutant
LEAST = 10.0  # seconds that each may take
SOLVER = (
    1.0  # seconds that a solver may take for a condition: what holds no more takes it longest, and a test may be quick
)
PROCESSOR = 0.5  # seconds of a processor that a test may take: a loop without end uses them up however busy others are


def run_items(items: Sequence[Item], records: Mapping[str, Record], say: Say, skipped: int, fresh: bool) -> None:
    """Ask one after the other until one notices something; say what is asked, so that it can be stopped."""
    if not items and not skipped:
        say(end="survived", fresh=fresh, said="nothing executes it")
        return
    for number, (item, following) in enumerate(zip_longest(items, items[1:]), skipped):
        assert item is not None
        seconds = records[item.name].seconds
        say(item=item.name, proof=item.is_proof, number=number, limit=max(LEAST, SLACK * seconds))
        if not item.is_proof:
            signal.setitimer(signal.ITIMER_PROF, max(PROCESSOR, SLACK * seconds))  # ends the process
        noticed = item.run(following, max(SOLVER, SLACK * seconds))
        signal.setitimer(signal.ITIMER_PROF, 0)
        if noticed is not None:
            say(end=noticed.ending.value, by=item.name, said=noticed.said)
            return
    say(end="survived", fresh=fresh)
