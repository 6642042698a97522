"""Writes what runs of mutants said into the record that the documentation shows.

``python .ci/record_mutation.py REPORT...`` takes reports of ``musigma faults --mutate … --json REPORT``; of a mutant
the last that has it counts. A function is recorded if the reports have every mutant that it has now, each with an end.
So a run of survivors can be added to the run that found them. ``python .ci/record_mutation.py --missing [AREA]`` prints
the functions of which nothing is recorded as they are, as a pattern for ``musigma faults --mutate``.
"""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "docs" / "_ext")]

from musigma_docs.evidence.mutation_record import RECORD, by_area, codes_of, recorded  # noqa: E402

from proofs.mutation.equivalent import equivalents  # noqa: E402
from proofs.mutation.operators.mutants import Mutant, read  # noqa: E402
from proofs.mutation.record import MutantEnding  # noqa: E402
from proofs.report.writers.mutation_report import COLUMNS  # noqa: E402

UNKNOWN = ("", MutantEnding.ERROR.value, MutantEnding.UNDECIDED.value)


def main(files: list[str]) -> None:
    """Record every function that the reports know whole."""
    endings: dict[str, str] = {}
    touched: set[str] = set()
    for file in files:
        for each in json.loads(Path(file).read_text("utf-8"))["mutants"]:
            if each["ending"] not in UNKNOWN:
                endings[each["id"]] = each["ending"]
                touched.add(each["file"])
    endings |= dict.fromkeys(equivalents(), MutantEnding.EQUIVALENT.value)
    record: dict[str, dict[str, Any]] = json.loads(RECORD.read_text("utf-8"))
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    run = {"day": datetime.now(UTC).date().isoformat(), "commit": commit.stdout.strip()}
    for file in sorted(touched):
        module = file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        codes = codes_of(module)
        mutants: dict[str, list[Mutant]] = {function: [] for function in codes}
        for each in read(module, ROOT).mutants:
            mutants[each.function].append(each)
        known = {name: told for name, told in record.get(module, {}).items() if name in codes}
        new = {
            name: {**run, "code": codes[name], **told(some, endings)}
            for name, some in mutants.items()
            if all(each.wording or each.id in endings for each in some)
        }
        record[module] = dict(sorted({**known, **new}.items()))
        missing = [name for name, code in codes.items() if record[module].get(name, {}).get("code") != code]
        survivors = sum(len(each.get("survivors", ())) for each in new.values())
        print(f"{module}: {len(new)} functions recorded with {survivors} survivors, {len(missing)} missing")
    RECORD.write_text(json.dumps(dict(sorted(record.items())), indent=1, ensure_ascii=False) + "\n", "utf-8")


def told(mutants: list[Mutant], endings: dict[str, str]) -> dict[str, Any]:
    """The counts of a function, and the survivors."""
    counts = dict.fromkeys(("mutants", *COLUMNS, "wording"), 0)
    survivors = []
    for each in mutants:
        if each.wording:
            counts["wording"] += 1
            continue
        ending = MutantEnding(endings[each.id])
        counts["mutants"] += 1
        counts[next(name for name, of in COLUMNS.items() if ending in of)] += 1
        if ending == MutantEnding.SURVIVED:
            survivors.append({"id": each.id, "operator": each.operator, "before": each.before, "after": each.after})
    return {"counts": counts, "survivors": survivors} if survivors else {"counts": counts}


def missing(areas: list[str]) -> None:
    """Print the functions of these areas, or of all, of which nothing is recorded as they are."""
    print(",".join(name for each in by_area(recorded()) if each.area.name in areas or not areas
                   for name in (*each.changed, *each.never)))  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1:2] == ["--missing"]:
        missing(sys.argv[2:])
    else:
        main(sys.argv[1:])
