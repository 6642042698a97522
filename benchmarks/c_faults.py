"""The faults of docs/examples/mapdb.c and preorder.c, compiled in and proved: which obligation falls, after which time.

    python benchmarks/c_faults.py [FAULT …]
    python benchmarks/c_faults.py --table docs/guides/c-faults.inc
    python benchmarks/c_faults.py --lists --table docs/guides/c-list-faults.inc

Only functions whose compiled code the fault changes are asked about, and of their conditions only those that the right
code does not have as well; each with a little effort at first, then with more, until z3 or the search for a small
structure refutes one. Effort is counted by z3, so that a busy machine gives the same answers, as long as no question
takes ``WAITING`` times as long as on an idle one: then the clock ends it, and another obligation may be the first. The
table keeps the rows that it has, so that a run that was ended goes on where it was: to begin anew, remove the file, or
name the faults that are to be measured again. One process does all.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import z3

from model.spaces.dialect import CANONICAL
from proofs.c_code.refutation import refutation
from proofs.c_code.shapes import by_id
from proofs.engines.smt.confirm import judged, least
from proofs.execution.path import ExecutionError
from proofs.obligation import Condition
from proofs.obligations.c_code.binding import BindingError
from proofs.obligations.c_code.obligations import CELLS, WHOLE, CObligation, loaded, of_function
from proofs.obligations.c_code.roles import ROLES
from proofs.obligations.c_code.shape import CCode, Loaded
from tests.proofs.obligations.c_preorder.variants import WRONG, obligations_of

ROOT = Path(__file__).parent.parent
FILE, BINDING = (str(ROOT / "docs" / "examples" / name) for name in ("mapdb.c", "mapdb.toml"))
SECONDS = (0.2, 1, 5, 20)
EFFORT = 4_000_000
"""What z3 does about in a second of a processor that does nothing else, in its own units."""
WAITING = 15
"""How many times as long it may take by the clock."""

LONGER = 60
MOST = 3
"""Obligations that are asked again, for longer, where the first questions decide nothing."""

Known = set[tuple[frozenset[int], int]]


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


def changed(wrong: Loaded, right: Loaded) -> set[str]:
    """The functions that are proved by themselves and are other code."""
    every = wrong.code.binding.functions.items()
    names = [name for name, bound in every if bound.role not in ("inlined", "slot_number")]
    return {name for name in names if code_of(wrong.code, name) != code_of(right.code, name)}


class Right:
    """The conditions of right code, which are proved and need not be asked again."""

    def __init__(self, obligations: dict[str, CObligation]) -> None:
        """Select these obligations."""
        self.obligations = obligations
        self._kept: dict[str, list[Condition]] = {}
        self._numbers: dict[str, Known] = {}

    def known(self, name: str) -> Known:
        """What is assumed and shown in each condition of an obligation, as numbers of terms."""
        if name not in self._kept:
            mine = self.obligations.get(name)
            self._kept[name] = list(mine.conditions(CANONICAL, frozenset())) if mine else []
            self._numbers[name] = {numbers(each) for each in self._kept[name]}
        return self._numbers[name]


def is_asked(name: str) -> bool:
    """Whether it is about what holds on paths, and not about which of them there are or how long they are."""
    return not name.endswith((WHOLE, CELLS))


def numbers(condition: Condition) -> tuple[frozenset[int], int]:
    """What tells a condition apart, as long as its terms live."""
    return frozenset(each.get_id() for each in condition.hypotheses.values()), condition.goal.get_id()


def refuted(condition: Condition, seconds: float) -> bool | None:
    """Whether there is a counterexample; none if that is not known in time."""
    negated = {**condition.hypotheses, "not the goal": z3.Not(condition.goal)}
    solver = z3.Solver()
    solver.set("rlimit", int(seconds * EFFORT), "timeout", int(seconds * 1000 * WAITING))
    solver.add(*negated.values())
    answer = solver.check()
    if answer != z3.unknown:
        return bool(answer == z3.sat)
    small = judged(least(negated, seconds), negated) if seconds > SECONDS[1] else None
    return True if small is not None and small.verdict is None else None


def asked(obligations: dict[str, CObligation], names: set[str], right: Right) -> Iterator[tuple[str, Condition]]:
    """The conditions that a fault makes other ones, each with its obligation."""
    for name, obligation in obligations.items():
        if obligation.function in names and is_asked(name):
            known = right.known(name)
            for condition in obligation.conditions(CANONICAL, frozenset()):
                if numbers(condition) not in known:
                    yield name, condition


def first(open_: Iterator[tuple[str, Condition]]) -> tuple[str, list[tuple[str, Condition]]]:
    """The first obligation that is refuted, and else those conditions that are not decided."""
    some, every = False, iter(open_)
    for seconds in SECONDS:
        left = []
        for name, condition in every:
            some, answer = True, refuted(condition, seconds)
            if answer:
                return name, []
            if answer is None:
                left.append((name, condition))
        every = iter(left)
    if not some:
        raise SystemExit("the fault changes no condition, so that nothing is asked: this measures nothing")
    return "", left


def fallen(fault: str, right: Loaded, proved: Right) -> str:
    """The first obligation of a database with a tree that falls; or why none does."""
    flags = (f"-DMUSIGMA_FAULT={fault}",)
    try:
        wrong = loaded(FILE, BINDING, flags)
        names = changed(wrong, right)
        if not names:
            return "no function that is proved is another"
        bound = wrong.code.binding.functions
        every = {each.id: each for name in sorted(names) for each in of_function(wrong, bound[name], "canonical")}
        name, left = first(asked(every, names, proved))
        if name:
            return f"{name} refuted"
        for open_ in list(dict.fromkeys(each for each, _ in left))[:MOST]:
            if refutation(wrong, every[open_], CANONICAL, None, LONGER):
                return f"{open_} refuted"
    except (BindingError, ExecutionError) as error:
        return f"refused: {str(error).replace(f'{ROOT}/', '')}"
    return f"not decided: {left[0][0]}" if left else "all is proved"


def fallen_of_lists(what: str, proved: dict[str, Right], folder: Path) -> str:
    """The same of a database with lists."""
    wrong = WRONG[what]
    mine = folder / f"{len(list(folder.iterdir()))}"  # what was read is known by its file
    mine.mkdir()
    if wrong.depth not in proved:
        (folder / wrong.depth).mkdir()
        proved[wrong.depth] = Right(obligations_of(folder / wrong.depth, depth=wrong.depth))
    try:
        every = obligations_of(mine, wrong.old, wrong.new, wrong.depth)
        name, left = first(asked(every, {each.function for each in every.values()}, proved[wrong.depth]))
    except (BindingError, ExecutionError) as error:
        return f"refused: {str(error).replace(f'{mine}/', '')}"
    return f"{name} refuted" if name else f"not decided: {left[0][0]}" if left else "all is proved"


HEAD = """.. nice -n 10 python benchmarks/c_faults.py {options}--table docs/guides/{table}
   begun at {commit}

.. list-table::
   :header-rows: 1
   :widths: 34 56 10

   * - fault
     - obligation that falls
     - seconds
"""


BUT_TABLES = ("--", ".", ":!docs/guides/*.inc")


def told(*command: str) -> str:
    """What git says."""
    return subprocess.run(["git", "-C", ROOT, *command], capture_output=True, text=True, check=True).stdout.strip()


ROW = re.compile(r"   \* - (?:``)?([^`\n]+?)(?:``)?\n     - .*\n     - \d+\n")


class Table:
    """A table that keeps its rows in the order of the faults; each of a fault that is measured again is replaced."""

    def __init__(self, path: Path, order: list[str], options: str) -> None:
        """The one in a file, which is begun if there is none."""
        self.path, self.order = path, order
        if not path.exists():
            commit = told("describe", "--always") + ("-dirty" if told("status", "--porcelain", *BUT_TABLES) else "")
            path.write_text(HEAD.format(options=options, table=path.name, commit=commit), "utf-8")

    def rows(self) -> dict[str, str]:
        """Each fault's row."""
        return {found[1]: found[0] for found in ROW.finditer(self.path.read_text("utf-8")) if found[1] in self.order}

    def put(self, fault: str, row: str) -> None:
        """The row of a fault is this one."""
        head = self.path.read_text("utf-8").partition("     - seconds\n")
        every = {**self.rows(), fault: row}
        self.path.write_text("".join((*head[:2], *(every[each] for each in self.order if each in every))), "utf-8")


def rows(chosen: list[str], *, lists: bool) -> Iterator[tuple[str, str]]:
    """Each fault with what is found."""
    if lists:
        proved = dict[str, Right]()
        with TemporaryDirectory(prefix="musigma-faults-") as folder:
            for what in chosen:
                yield what, fallen_of_lists(what, proved, Path(folder))
        return
    right = loaded(FILE, BINDING, ())
    conditions = Right(by_id(FILE, BINDING, (), "canonical"))
    for fault in chosen:
        yield fault, fallen(fault, right, conditions)


def main() -> None:
    """The table."""
    given = sys.argv[1:]
    path = Path(given.pop(given.index("--table") + 1)) if "--table" in given else None
    lists = "--lists" in given
    every = list(WRONG) if lists else faults()
    named = [each for each in given if not each.startswith("--")]
    table = Table(path, every, "--lists " if lists else "") if path else None
    known = table.rows() if table and not named else {}
    started = perf_counter()
    for fault, found in rows([each for each in named or every if each not in known], lists=lists):
        seconds, started = perf_counter() - started, perf_counter()
        print(f"{fault:40} {seconds:6.1f} s  {found}", flush=True)
        if table:
            cell = f"``{found.removesuffix(' refuted')}``" if found.endswith(" refuted") else found
            called = fault if lists else f"``{fault}``"
            table.put(fault, f"   * - {called}\n     - {cell}\n     - {seconds:.0f}\n")


if __name__ == "__main__":
    main()
