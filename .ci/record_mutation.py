"""Writes what whole runs of mutants said into the record that the documentation shows.

``python .ci/record_mutation.py REPORT...`` takes reports of ``musigma faults --mutate … --json REPORT``; of a mutant
the last that has it counts. A module is recorded if the reports have every mutant that it has now, each with an end;
else what is missing is said, and nothing is written. So a run of survivors can be added to the run that found them.
"""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "docs" / "_ext")]

from musigma_docs.evidence.mutation_record import RECORD, code_of  # noqa: E402

from proofs.mutation.equivalent import equivalents  # noqa: E402
from proofs.mutation.operators.mutants import ModuleSource, read  # noqa: E402
from proofs.mutation.record import MutantEnding  # noqa: E402
from proofs.report.writers.mutation_report import COLUMNS  # noqa: E402

UNKNOWN = ("", MutantEnding.ERROR.value, MutantEnding.UNDECIDED.value)


def main(files: list[str]) -> None:
    """Record every module that the reports know whole."""
    endings: dict[str, str] = {}
    touched: set[str] = set()
    for file in files:
        for each in json.loads(Path(file).read_text("utf-8"))["mutants"]:
            if each["ending"] not in UNKNOWN:
                endings[each["id"]] = each["ending"]
                touched.add(each["file"])
    endings |= dict.fromkeys(equivalents(), MutantEnding.EQUIVALENT.value)
    record: dict[str, Any] = json.loads(RECORD.read_text("utf-8"))
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    for file in sorted(touched):
        module = file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        source = read(module, ROOT)
        missing = [each for each in source.mutants if not each.wording and each.id not in endings]
        if missing:
            print(f"not recorded: {module}: {len(missing)} mutants were not run, the first of {missing[0].function}")
            continue
        record[module] = {
            "day": datetime.now(UTC).date().isoformat(),
            "commit": commit.stdout.strip(),
            "code": code_of(module),
            **told(source, endings),
        }
        print(f"recorded: {module}: {len(record[module]['survivors'])} survivors")
    RECORD.write_text(json.dumps(dict(sorted(record.items())), indent=1, ensure_ascii=False) + "\n", "utf-8")


def told(source: ModuleSource, endings: dict[str, str]) -> dict[str, Any]:
    """The counts of each function, and the survivors."""
    functions: dict[str, dict[str, int]] = {}
    survivors = []
    for each in source.mutants:
        counts = functions.setdefault(each.function, dict.fromkeys(("mutants", *COLUMNS, "wording"), 0))
        if each.wording:
            counts["wording"] += 1
            continue
        ending = MutantEnding(endings[each.id])
        counts["mutants"] += 1
        counts[next(name for name, of in COLUMNS.items() if ending in of)] += 1
        if ending == MutantEnding.SURVIVED:
            said = {"function": each.function, "operator": each.operator, "before": each.before, "after": each.after}
            survivors.append({"id": each.id, **said})
    return {"functions": functions, "survivors": survivors}


if __name__ == "__main__":
    main(sys.argv[1:])
