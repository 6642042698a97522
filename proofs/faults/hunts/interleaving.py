"""Faults of interleaved kernels against the search of schedules: the wrong one with the fewest switches."""

from time import perf_counter

from proofs.explorer.interleaved.scenarios import SCENARIOS
from proofs.explorer.interleaved.search import Found, explored, fewest_switches, goes_round
from proofs.faults.interleaved import INTERLEAVED_FAULTS, LIVELOCK
from proofs.faults.record import Engine, HuntEnding, HuntResult

SECONDS, MOST_SWITCHES = 60.0, 2
SOUND = ("map-below-flush", "one-destination", "one-source", "two-grants", "replaced")
"""Scenarios in which the right kernel is searched whole, under one lock."""


def found_of(change: str) -> Found:
    """A schedule that goes round, or the wrong one with the fewest switches, or a wrong one, that shows a fault."""
    program = INTERLEAVED_FAULTS[change].program()
    if INTERLEAVED_FAULTS[change].ending == LIVELOCK:
        return goes_round(program)
    few = fewest_switches(program, most=MOST_SWITCHES, seconds=SECONDS)
    return few if few.wrong else explored(program, seconds=SECONDS)


def find(change: str) -> HuntResult:
    """Search schedules of the calls that show the fault; of the right kernel, for the empty name."""
    begun = perf_counter()
    if not change:
        wrong = [each for name in SOUND if (each := explored(SCENARIOS[name].program(), seconds=SECONDS)).wrong]
        ending = HuntEnding.KILLED if wrong else HuntEnding.SURVIVED
        said = wrong[0].wrong if wrong else ""
        return HuntResult(Engine.INTERLEAVING, change, ending, ("interleaved",) * len(wrong), said=said)
    fault, found = INTERLEAVED_FAULTS[change], found_of(change)
    seconds = perf_counter() - begun
    if found.wrong and fault.ending in found.wrong:
        said = f"{found.wrong}, after {len(found.schedule)} steps with {found.switches} switches"
        steps = len(found.schedule)
        return HuntResult(
            Engine.INTERLEAVING, change, HuntEnding.KILLED, ("interleaved",), steps, False, None, said, seconds
        )
    said = (found.wrong and f"something else: {found.wrong}") or f"nothing wrong in {found.schedules} schedules"
    ending = HuntEnding.SURVIVED if found.complete and not found.wrong else HuntEnding.ERROR
    return HuntResult(Engine.INTERLEAVING, change, ending, said=said, seconds=seconds)
