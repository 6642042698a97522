"""Which phase of ``musigma check`` finds each fault of the reference database, by its look-ups alone.

    python benchmarks/check_faults.py [--seconds S] [--seeds N] [--table docs/faults/phases.inc] [FAULT ...]

The self check is hidden, and the view of the page table. The seed is one of random programs only: what an earlier phase
finds, it finds with every seed, and is tried with one. What the random phase finds, or none, is tried with N seeds, the
others for a quarter of the time, which random programs have. What nothing finds is tried once more with the view of the
page table, and then with the self check as well. The table keeps the rows that it has, so that a run that was
ended goes on where it was: to begin anew, remove the file.
"""

import argparse
import re
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from refinement.check import Limits, Target, check, parse_target

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "docs" / "examples" / "mapdb.c"
HIDDEN = {"": ("check", "lookup_hw"), "hardware look-up": ("check",), "self check": ()}
"""What is hidden, by what is not: first both."""
HEAD = """.. measured::
   :command: python benchmarks/check_faults.py --seconds {seconds:g} --seeds {seeds} --table docs/faults/phases.inc
   :commit: {commit}

   {columns}
"""
ROW = "{:28} {:18} {}"


def fault_names() -> list[str]:
    """The faults of the reference database."""
    text = SOURCE.read_text("utf-8")
    return re.findall(r"^    ([A-Z0-9_]+),", text[text.index("NO_FAULT,") : text.index("};")], re.MULTILINE)


def built(folder: Path, fault: str, hidden: tuple[str, ...]) -> Target:
    """The database with a fault, without the calls that are hidden."""
    library = folder / f"{fault}-{len(hidden)}.so"
    unused = [f"-Dmusigma_{name}=unused_{name}" for name in hidden]
    options = ["-O1", "-shared", "-fPIC", "-I", str(ROOT / "refinement" / "check"), f"-DMUSIGMA_FAULT={fault}"]
    subprocess.run(["cc", *options, *unused, "-o", str(library), str(SOURCE)], check=True)
    return parse_target(str(library))


def found_by(target: Target, seconds: float, seed: int) -> str:
    """The part of the search that finds it; empty if none does."""
    finding = check(target, seconds=seconds, seed=seed, shrinking=1.0, limits=Limits(hang=2.0)).finding
    return "" if finding is None else finding.phase


def row(folder: Path, fault: str, seconds: float, seeds: int) -> str:
    """What finds a fault, and where in that phase."""
    for shown, hidden in HIDDEN.items():
        target = built(folder, fault, hidden)
        phase, _, where = found_by(target, seconds, 1).partition(": ")
        if not shown and phase in ("", "random"):
            others = [found_by(target, seconds / 4, seed).partition(": ")[0] for seed in range(2, seeds + 1)]
            counts = Counter((phase, *others))
            where = f"by {counts['random']} of {seeds} seeds"
            phase = "random" if counts["random"] else ""
        if phase:
            return ROW.format(fault, shown or phase, f"{phase}: {where}" if shown else where)
    return ROW.format(fault, "nothing", "")


def begun(table: Path, seconds: float, seeds: int) -> set[str]:
    """The faults that the table has rows of; a new table if there is none."""
    if not table.exists():
        revision = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
        commit = subprocess.run(revision, capture_output=True, text=True, check=True).stdout.strip()
        columns = ROW.format("fault", "found by", "where")
        table.write_text(HEAD.format(seconds=seconds, seeds=seeds, commit=commit, columns=columns), "utf-8")
    return set(re.findall(r"^   ([A-Z0-9_]+) ", table.read_text("utf-8"), re.MULTILINE))


def main() -> None:
    """Print a line for each fault, and write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("faults", nargs="*")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--table", type=Path)
    asked = parser.parse_args()
    known = begun(asked.table, asked.seconds, asked.seeds) if asked.table else set()
    with tempfile.TemporaryDirectory() as folder:
        for fault in asked.faults or fault_names():
            if fault not in known:
                line = row(Path(folder), fault, asked.seconds, asked.seeds).rstrip()
                print(line, flush=True)
                if asked.table:
                    with asked.table.open("a", encoding="utf-8") as file:
                        file.write(f"   {line}\n")


if __name__ == "__main__":
    main()
