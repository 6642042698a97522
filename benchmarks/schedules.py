"""How many schedules the search of calls at once runs: one of each class, for each lock and scenario.

    python benchmarks/schedules.py [--seconds S] [--lock LOCK] [--switches N] [SCENARIO ...]

Seconds are of a processor. A search that does not end in S of them is said not to have ended. With ``--switches`` every
schedule is run that has no more switches than that away from a core that could have gone on, instead of one of a class.
"""

import argparse

from proofs.explorer.interleaved.scenarios import SCENARIOS
from proofs.explorer.interleaved.search import Found, explored, fewest_switches
from refinement.cores.locking import LOCKINGS
from refinement.statuses import EXIT_FAILED, EXIT_INCOMPLETE, EXIT_PASSED

RIGHT = tuple(name for name, locking in LOCKINGS.items() if locking.right)


def ended(found: Found) -> str:
    """How a search ended: with what is wrong, with nothing wrong in all there is, or before."""
    return found.wrong or ("all" if found.complete else "not ended")


def main() -> None:
    """Print the table; status 1 if something is wrong, else 3 if a search did not end."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join(SCENARIOS))
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--lock", choices=RIGHT, action="append")
    parser.add_argument("--switches", type=int)
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.scenarios if name not in SCENARIOS]:
        parser.error(f"there is no scenario {unknown[0]!r}; write some of: {', '.join(SCENARIOS)}")
    status = EXIT_PASSED
    print(f"{'lock':6} {'scenario':16} {'cores':>5} {'schedules':>10} {'steps':>10} {'seconds':>8}")
    for lock in arguments.lock or RIGHT:
        for name in arguments.scenarios or SCENARIOS:
            program = SCENARIOS[name].program(lock)
            if arguments.switches is None:
                found = explored(program, seconds=arguments.seconds, most=1 << 62)
            else:
                found = fewest_switches(program, most=arguments.switches, seconds=arguments.seconds)
            if found.wrong:
                status = EXIT_FAILED
            elif not found.complete and status == EXIT_PASSED:
                status = EXIT_INCOMPLETE
            sizes = f"{len(program.calls):5} {found.schedules:10,} {found.steps:10,} {found.seconds:8.1f}"
            print(f"{lock:6} {name:16} {sizes}  {ended(found)}", flush=True)
    raise SystemExit(status)


if __name__ == "__main__":
    main()
