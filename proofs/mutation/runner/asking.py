"""Those that execute a function are asked one after the other whether they notice its mutant."""

import signal
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from time import perf_counter

from proofs.mutation.runner.forks import Say
from proofs.mutation.runner.items import Item

SLACK = 10.0  # so many times as long as it takes may each take with a mutant
LEAST = 10.0  # seconds that each may take
SOLVER = (
    1.0  # seconds that a solver may take for a condition: what holds no more takes it longest, and a test may be quick
)
BRIEF = 0.2  # seconds that it may take at first
PROCESSOR = 0.5  # seconds of a processor that a test may take: a loop without end uses them up however busy others are


def run_items(
    items: Sequence[Item],
    usual: Mapping[str, float],
    say: Say,
    skip: int,
    fresh: bool,
    hinted: bool = False,
    others: Sequence[Item] = (),
) -> None:
    """Ask one after the other until one notices something; say what is asked, so that it can be stopped.

    Obligations are asked twice: first a solver has little time for each, since where it finds a counterexample it is
    mostly quick, and where it gives up it uses all that it is given; then those that it gave up have their whole time.

    :param usual: the seconds that each takes with the right code at most.
    :param skip: how many of these questions were asked in an earlier process.
    :param hinted: the first noticed the mutant before; it has its whole time at once.
    :param others: are asked after all these.
    """
    if not items and not others:
        say(end="survived", fresh=fresh, said="nothing executes it")
        return
    first = items[: int(hinted)]
    questions = [*((item, False) for item in first), *_twice(items[len(first) :]), *_twice(others)]
    following = [item for item, _ in questions[1:]]
    decided: set[str] = set()
    for number, (question, then) in enumerate(zip_longest(questions, following)):
        assert question is not None
        item, is_brief = question
        if number < skip or item.name in decided:
            continue
        seconds = usual[item.name]
        say(item=item.name, proof=item.is_proof, number=number, limit=max(LEAST, SLACK * seconds))
        if not item.is_proof:
            signal.setitimer(signal.ITIMER_PROF, max(PROCESSOR, SLACK * seconds))  # ends the process
        begun = perf_counter()
        noticed = item.run(then, BRIEF if is_brief else max(SOLVER, SLACK * seconds))
        took = perf_counter() - begun
        signal.setitimer(signal.ITIMER_PROF, 0)
        if noticed is not None:
            say(end=noticed.ending.value, by=item.name, said=noticed.said, took=round(took, 3))
            return
        if item.decided:
            decided.add(item.name)
    say(end="survived", fresh=fresh)


def _twice(items: Sequence[Item]) -> list[tuple[Item, bool]]:
    """The questions: which item, and whether briefly."""
    return [*((item, True) for item in items if item.is_proof), *((item, False) for item in items)]
