"""How ``musigma check --threads 2`` finds each race of the threaded example; writes the table of the guide.

    python benchmarks/race_faults.py [--seconds S] [--write docs/guides/races.inc] [RACE ...]

Seconds are of the wall clock, from the first schedule to the finding, without compiling and without shrinking.
"""

import argparse
import re
import time
from pathlib import Path

from refinement.check.races.building import raced
from refinement.check.search.races.engine import race

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "docs" / "examples" / "mapdb_threads.c"
UNORDERED = ("RELAXED_SPIN",)  # found as accesses that nothing orders alone
HEAD = """\
.. list-table::
   :header-rows: 1
   :widths: 24 30 22 14 10

   * - race
     - what is wrong
     - found as
     - schedules
     - seconds
"""


def described() -> dict[str, str]:
    """The races of the example, with what is wrong."""
    text = SOURCE.read_text("utf-8")
    return dict(re.findall(r"^    ([A-Z_]+), +/\* (.+?) \*/$", text, re.MULTILINE))


def row(name: str, words: str, seconds: float) -> str:
    """A row of the table.

    :raises RuntimeError: the race is not found.
    """
    target = raced(str(SOURCE), f"cc -g -O1 -DMUSIGMA_RACE={name}")
    begun = time.perf_counter()
    report = race(target, seconds=seconds, seed=1, shrinking=10.0, data_races=name in UNORDERED)
    finding = report.finding
    if finding is None:
        raise RuntimeError(f"{name} is not found in {seconds:g} s")
    took = sum(phase.seconds for phase in report.phases)
    kind = finding.kind.lower().replace("_", " ") + (" (``--data-races``)" if name in UNORDERED else "")
    bound = f"{kind}; {finding.preemptions} preemption{'s' * (finding.preemptions != 1)}"
    schedules = report.counts.get("schedules", 0)
    print(f"{name:30} {bound:40} {schedules:10,} {took:6.1f} s {time.perf_counter() - begun:6.1f} s in all", flush=True)
    return f"   * - ``{name}``\n     - {words}\n     - {bound}\n     - {schedules:,}\n     - {took:.1f}\n"


def main() -> None:
    """Print a line for each race, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("races", nargs="*")
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--write", type=Path)
    asked = parser.parse_args()
    races = described()
    rows = [row(name, races[name], asked.seconds) for name in asked.races or races]
    if asked.write is not None:
        asked.write.write_text(HEAD + "".join(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
