"""How long the systems of section 3 take: each proved, each wrong variant attacked, and so many steps decided.

    python benchmarks/servers.py [--most K] [--only proofs] [--only attacks] [--only steps] [SYSTEM ...]

Each row is a run of the command from its start, so with the import of all that it needs; seconds are those of the
clock, since solvers work in processes whose time is told to nobody. In the last table it is decided for machines of
every size that no run of so many steps violates a guarantee.
"""

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Sequence

from model.servers.description import lines_of
from model.servers.systems.catalogue import MOVES, SYSTEMS, VARIANTS, VIOLATED

DECIDED = {"DeviceDriver": "own_ports", "KeyServer": "once", "MemoryManager": "apart", "LockedFrames": "stays"}
"""What is asked in the last table."""


def measured(*arguments: str) -> tuple[str, str, int]:
    """The seconds that a run of the command took, what it said, and its status."""

    begun = time.monotonic()
    run = subprocess.run([sys.executable, "-m", "musigma", *arguments], capture_output=True, text=True, check=False)
    return f"{time.monotonic() - begun:.1f}", run.stdout, run.returncode


def proofs(systems: Sequence[str]) -> None:
    """Print of each system its lines, its obligations, and how long they take."""
    print("system | lines | proved | seconds")
    for kind in VARIANTS:
        if kind.__name__ in systems:
            seconds, said, status = measured("prove", kind.__name__, "-q")
            counted = re.search(r"(\d+) proved", said)
            verdict = counted[1] if counted and not status else f"status {status}"
            print(f"{kind.__name__} | {len(list(lines_of(kind)))} | {verdict} | {seconds}", flush=True)


def attacks(systems: Sequence[str]) -> None:
    """Print of each wrong variant how many steps its shortest attack has, and how long it takes to be found."""
    print("variant | violates | steps | seconds")
    for kind, wrong in VARIANTS.items():
        for variant in (each.__name__ for each in wrong if kind.__name__ in systems):
            moves = ("--moves", ",".join(MOVES[variant])) if variant in MOVES else ()
            seconds, said, _ = measured("attack", variant, VIOLATED[variant], "--seconds", "600", *moves)
            counted = re.search(r"is violated in (\d+) steps", said)
            print(f"{variant} | {VIOLATED[variant]} | {counted[1] if counted else 'none'} | {seconds}", flush=True)


def steps(systems: Sequence[str], most: int) -> None:
    """Print how long it takes to decide for every size that no run of so many steps violates a guarantee."""
    print("guarantee | steps decided | seconds")
    for name, guarantee in DECIDED.items():
        for number in range(1, most + 1) if name in systems else ():
            asked = ("attack", name, guarantee, "--every-size", "--steps", str(number), "--seconds", "300")
            seconds, said, _ = measured(*asked)
            counted = re.search(r"no run of up to (\d+) steps", said)
            print(f"{name}.{guarantee} | {counted[1] if counted else 'attacked'} of {number} | {seconds}", flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("systems", nargs="*", metavar="SYSTEM")
    parser.add_argument("--most", type=int, default=7)
    parser.add_argument("--only", action="append", choices=("proofs", "attacks", "steps"))
    asked = parser.parse_args()
    for name in asked.systems:
        if name not in SYSTEMS:
            parser.error(f"no system is called {name!r}; one of {', '.join(kind.__name__ for kind in VARIANTS)}")
    systems = asked.systems or [kind.__name__ for kind in VARIANTS]
    wanted = asked.only or ("proofs", "attacks", "steps")
    if "proofs" in wanted:
        proofs(systems)
    if "attacks" in wanted:
        attacks(systems)
    if "steps" in wanted:
        steps(systems, asked.most)


if __name__ == "__main__":
    main()
