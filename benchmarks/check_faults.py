"""Which phase of ``musigma check`` finds each fault of the reference database, without its self check and page table.

    python benchmarks/check_faults.py [--seconds S] [--seeds N] [FAULT ...]

What the exhaustive phase or the limits find, every run finds; what only the random phase finds is tried with N seeds.
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
HIDDEN = ("check", "lookup_hw")


def fault_names() -> list[str]:
    """The faults of the reference database."""
    text = SOURCE.read_text("utf-8")
    return re.findall(r"^    ([A-Z0-9_]+),", text[text.index("NO_FAULT,") : text.index("};")], re.MULTILINE)


def built(folder: Path, fault: str) -> Target:
    """The database with a fault, which shows itself by its look-ups alone."""
    library = folder / f"{fault}.so"
    hidden = [f"-Dmusigma_{name}=unused_{name}" for name in HIDDEN]
    options = ["-O1", "-shared", "-fPIC", "-I", str(ROOT / "refinement" / "check"), f"-DMUSIGMA_FAULT={fault}"]
    subprocess.run(["cc", *options, *hidden, "-o", str(library), str(SOURCE)], check=True)
    return parse_target(str(library))


def found_by(target: Target, seconds: float, seed: int) -> str:
    """The part of the search that finds it; empty if none does."""
    finding = check(target, seconds=seconds, seed=seed, shrinking=1.0, limits=Limits(hang=2.0)).finding
    return "" if finding is None else finding.phase


def main() -> None:
    """Print a line for each fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("faults", nargs="*")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--seeds", type=int, default=10)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for fault in asked.faults or fault_names():
            target = built(Path(folder), fault)
            phase = found_by(target, asked.seconds, 1)
            if phase.partition(":")[0] in ("", "random"):
                others = [found_by(target, asked.seconds, seed) for seed in range(2, asked.seeds + 1)]
                counts = Counter(each.partition(":")[0] or "nothing" for each in (phase, *others))
                phase = ", ".join(f"{name} {count} of {asked.seeds}" for name, count in counts.items())
            print(f"{fault:30} {phase}", flush=True)


if __name__ == "__main__":
    main()
