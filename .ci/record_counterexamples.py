"""Finds the counterexamples again that hunts of faulty code keep, and writes those that took the solver long.

``python .ci/record_counterexamples.py [PATTERN…]`` hunts the faults whose names match one of them, all if none is
given, by every obligation that the hints name for them, as many at once as there are processors.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from multiprocessing import get_context
from pathlib import Path
from time import process_time
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from model.spaces.dialect import CANONICAL
from proofs.faults.hunts.kept import FILE, Kept
from proofs.faults.hunts.proof_of_code import CODE_FAULTS, hints, with_fault
from proofs.obligation import Condition
from proofs.obligations.code import CodeObligation
from proofs.obligations.kernel.units import EXECUTED_WHOLE
from proofs.registry import registry
from proofs.verdict import Verdict

LONG = 0.3  # seconds of a processor


def main(patterns: list[str]) -> None:
    """Write what is kept of the faults that match; what the file has of others stays."""
    chosen = [name for name in hints() if any(fnmatchcase(name, pattern) for pattern in patterns or ["*"])]
    kept: dict[str, Any] = {name: told for name, told in json.loads(FILE.read_text("utf-8")).items() if name in hints()}
    spent = 0.0
    with get_context("fork").Pool(maxtasksperchild=20) as pool:
        for number, (fault, found, seconds) in enumerate(pool.imap_unordered(found_again, chosen), 1):
            spent += seconds
            kept[fault] = found
            if not found:
                del kept[fault]
            write(kept)
            print(f"{number} of {len(chosen)}: {fault}: {len(found)} kept, {seconds:.1f} s", flush=True)
    print(f"{sum(map(len, kept.values()))} kept; {spent:.0f} s of solvers")


def write(kept: dict[str, Any]) -> None:
    """One line for each fault."""
    entries = (f" {json.dumps(fault)}: {json.dumps(kept[fault], ensure_ascii=False)}" for fault in sorted(kept))
    FILE.write_text("{\n" + ",\n".join(entries) + "\n}\n", "utf-8")


def found_again(fault: str) -> tuple[str, dict[str, Any], float]:
    """What is kept of a fault, by obligation; and the seconds that the solver took for all."""
    found, spent = {}, 0.0
    for name in hints()[fault]:
        obligation = registry()[name]
        assert isinstance(obligation, CodeObligation)
        if name.endswith(EXECUTED_WHOLE):
            continue
        conditions: list[Condition] = []

        def listed(given: Iterable[Condition], into: list[Condition] = conditions) -> Iterator[Condition]:
            for each in given:
                into.append(each)
                yield each

        try:
            given = obligation.conditions(CANONICAL, frozenset(), CODE_FAULTS[fault].code)
            begun = process_time()
            place, outcome = with_fault(listed(given))
        except Exception as error:  # a hint that is of no use any more
            print(f"{fault}: {name}: {error}", flush=True)
            continue
        seconds = process_time() - begun
        spent += seconds
        if seconds < LONG or outcome.verdict != Verdict.UNPROVED or outcome.counterexample is None:
            continue
        kept = Kept.of(place, outcome.counterexample)
        if kept is not None and kept.in_(conditions[place]) is not None:
            found[name] = kept.json()
    return fault, found, spent


if __name__ == "__main__":
    main(sys.argv[1:])
