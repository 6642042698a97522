"""The faults of docs/examples/mapdb.c, each compiled in and proved: which obligation falls, and after which time.

    python benchmarks/c_faults.py [FAULT …]
    python benchmarks/c_faults.py --table docs/guides/c-faults.inc

Only functions that the fault changes are asked about, each obligation until the first that z3 refutes. The table keeps
the rows that it has, so that a run that was ended goes on where it was; it says which commit it is of, and one of
another commit is begun anew. One process does all.
"""

import re
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import z3

from model.spaces.dialect import CANONICAL
from proofs.c_code.refutation import refutation
from proofs.engines.smt.confirm import judged, least
from proofs.execution.path import ExecutionError
from proofs.obligations.c_code.binding import BindingError
from proofs.obligations.c_code.execution import CCode, Loaded
from proofs.obligations.c_code.obligations import by_id, loaded
from proofs.obligations.c_code.roles import ROLES

ROOT = Path(__file__).parent.parent
FILE, BINDING = (str(ROOT / "docs" / "examples" / name) for name in ("mapdb.c", "mapdb.toml"))
SECONDS, LONGER = 5, 40
MOST = 3
"""Obligations that are asked again, for longer, where the first question decides nothing."""


def faults() -> list[str]:
    """Their names, in the order of the file."""
    text = Path(FILE).read_text("utf-8")
    inside = text[text.index("NO_FAULT,") : text.index("};")]
    return re.findall(r"^    ([A-Z]\w+),", inside, re.M)


def code_of(code: CCode, function: str) -> list[str]:
    """All instructions that are executed when it is proved."""
    apart = frozenset(each.name for each in code.binding.functions.values() if ROLES[each.role].apart)
    program = code.program
    reached = program.reached_from(function, apart - {function})
    found = [f"{name}: {block.name}" for name in reached for block in program.functions[name].blocks.values()]
    for name in reached:
        found += [each.text for block in program.functions[name].blocks.values() for each in block.instructions]
    return [re.sub(r"!\d+", "!", line) for line in found]


def fallen(fault: str, right: Loaded) -> str:
    """The first obligation that falls; or why none does."""
    flags = (f"-DMUSIGMA_FAULT={fault}",)
    try:
        wrong = loaded(FILE, BINDING, flags)
        changed = {
            name
            for name, bound in wrong.code.binding.functions.items()
            if bound.role not in ("inlined", "slot_number") and code_of(wrong.code, name) != code_of(right.code, name)
        }
        if not changed:
            return "no function that is proved is another"
        unknown = list[str]()
        for name, obligation in by_id(FILE, BINDING, flags, "canonical").items():
            if obligation.function not in changed or name.endswith("executes__every_block"):
                continue
            for condition in obligation.conditions(CANONICAL, frozenset()):
                solver = z3.Solver()
                solver.set("timeout", SECONDS * 1000)
                solver.add(*condition.hypotheses.values(), z3.Not(condition.goal))
                answer = solver.check()
                if answer == z3.unknown:
                    negated = {**condition.hypotheses, "not the goal": z3.Not(condition.goal)}
                    small = judged(least(negated, SECONDS), negated)
                    answer = z3.sat if small is not None and small.verdict is None else answer
                if answer == z3.sat:
                    return f"{name} refuted"
                if answer == z3.unknown:
                    unknown.append(name)
                    break
        for name in unknown[:MOST]:
            if refutation(wrong, by_id(FILE, BINDING, flags, "canonical")[name], CANONICAL, None, LONGER):
                return f"{name} refuted"
    except (BindingError, ExecutionError) as error:
        return f"refused: {error}"
    return f"not decided: {unknown[0]}" if unknown else "all is proved"


HEAD = """.. {command}, at commit {commit}

.. list-table::
   :header-rows: 1
   :widths: 34 56 10

   * - fault
     - obligation that falls
     - seconds
"""


def commit() -> str:
    """The commit of what runs; of a copy without history the one that its file COMMIT names."""
    if (ROOT / "COMMIT").exists():
        return (ROOT / "COMMIT").read_text("utf-8").strip()
    command = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def begun(table: Path) -> set[str]:
    """The faults that the table has rows of; it is begun anew if it is of another commit."""
    command = f"nice -n 15 python benchmarks/c_faults.py --table docs/guides/{table.name} FAULT …"
    head = HEAD.format(command=command, commit=commit())
    if not table.exists() or not table.read_text("utf-8").startswith(head):
        table.write_text(head, "utf-8")
    return set(re.findall(r"\* - ``(\w+)``", table.read_text("utf-8")))


def main() -> None:
    """The table."""
    asked = sys.argv[1:]
    table = Path(asked.pop(asked.index("--table") + 1)) if "--table" in asked else None
    known = begun(table) if table else set()
    right = loaded(FILE, BINDING, ())
    for fault in [each for each in asked if each != "--table"] or faults():
        if fault in known:
            continue
        started = perf_counter()
        found = fallen(fault, right)
        seconds = perf_counter() - started
        print(f"{fault:28} {seconds:6.1f} s  {found}", flush=True)
        if table:
            cell = f"``{found.removesuffix(' refuted')}``" if found.endswith(" refuted") else found
            row = f"   * - ``{fault}``\n     - {cell}\n     - {seconds:.0f}\n"
            with table.open("a", encoding="utf-8") as file:
                file.write(row)


if __name__ == "__main__":
    main()
