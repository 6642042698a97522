"""How far the search of ranges comes with the example in C: states met, those they stand for, seconds by the clock.

    python benchmarks/range_scopes.py [--seconds S] SCOPE ...

A scope is ``SPACESxPAGESxFRAMES:ORDERS``, as in ``2x4x4:0,1``. With ``*`` at its end one state is kept of those that
only a renaming tells apart. Scopes are searched one after the other, each for S seconds at most.
"""

import argparse
import subprocess
import tempfile
import time
from pathlib import Path

from model.ranges.readings import CANONICAL_RANGES
from model.ranges.scope import RangeScope
from model.spaces.dialect import CANONICAL
from refinement.check import parse_target
from refinement.check.process import isolation
from refinement.check.process.order import Limits, Order
from refinement.check.ranges.closure import RangeClosure
from refinement.check.target.target import Target

ROOT = Path(__file__).parent.parent
SLACK = 600.0  # seconds that the last layer may take beyond its time


def scope_named(text: str) -> tuple[RangeScope, bool]:
    """The scope that a text means, and whether states are kept up to a renaming.

    >>> scope_named("2x4x4:0,1*")[0].sizes, scope_named("2x4x4:0")[1]
    ((0, 1), False)
    """
    sizes, _, orders = text.rstrip("*").partition(":")
    spaces, pages, frames = map(int, sizes.split("x"))
    return RangeScope(spaces, pages, frames, sum(1 << int(order) for order in orders.split(","))), text.endswith("*")


def row(target: Target, scope: RangeScope, symmetric: bool, seconds: float) -> str:
    """A line of the table."""
    begun = time.monotonic()
    work = RangeClosure(
        CANONICAL.readings, CANONICAL_RANGES.readings, scope, seconds, symmetric=symmetric, room=1 << 20
    )
    ending = isolation.perform(Order(target, work, Limits(hang=SLACK, memory=16 << 30, wall=seconds + SLACK)))
    if ending.how != "answered":
        return f"{scope}: {ending.how}"
    took, value = time.monotonic() - begun, ending.value
    whole = "all" if value["complete"] else f"all to {value['depth']} operations"
    found = f", {len(value['found'])} differences" if value["found"] else ""
    stand = f"{value['renamed']:12,}" if symmetric else " " * 12
    return f"{scope!s:48} {whole:22} {value['states']:10,} {stand} {ending.operations:13,} {took:8.1f}{found}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scopes", nargs="+")
    parser.add_argument("--seconds", type=float, default=60.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "sized.so"
        source, headers = ROOT / "docs" / "examples" / "sized.c", ROOT / "refinement" / "check"
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", f"-I{headers}", "-o", str(library), str(source)], check=True)
        print(f"{'scope':48} {'gone through':22} {'states':>10} {'stand for':>12} {'operations':>13} {'seconds':>8}")
        for text in arguments.scopes:
            print(row(parse_target(str(library)), *scope_named(text), arguments.seconds), flush=True)


if __name__ == "__main__":
    main()
