"""The examples of C code, each proved as a whole: how long it takes on the clock, and how much processor time.

    python benchmarks/c_examples.py [--both] [--jobs N] [--table docs/guides/c-speed.inc]

z3 alone is asked, with ``--both`` cvc5 as well; one question has a minute, so that none is lost on a busy machine.
What is measured is the command, from its start to its end: reading, compiling, executing, each question. It ends with
an error if something is not proved, or if an example takes more than ``MOST`` seconds of the clock where this machine
did little else: that the command had at least ``SHARE`` of a processor for each of its workers tells so.
"""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

ROOT = Path(__file__).parent.parent
EXAMPLES = ("mapdb", "preorder")
MOST = 60.0
SHARE = 0.7

HEAD = """.. {command}
   commit {commit}

.. list-table::
   :header-rows: 1

   * - example
     - obligations
     - asked
     - seconds
     - of processors
     - load before
"""


def measured(example: str, solver: str, jobs: int) -> tuple[int, int, float, float]:
    """How many obligations there are and are proved, the seconds of the clock, and those of processors."""
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        source = ROOT / "docs" / "examples" / example
        command = [sys.executable, "-m", "musigma", "prove", "--c", f"{source}.c", "--binding", f"{source}.toml", "-q"]
        command += ["--solver", solver, "--jobs", str(jobs), "--json", str(report), "--timeout", "60"]
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(ROOT)})
        seconds, after = perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        verdicts = [each["verdict"] for each in json.loads(report.read_text("utf-8"))["results"]]
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return len(verdicts), verdicts.count("proved"), seconds, used


def main() -> None:
    """Measure, print, and write the table."""
    given = sys.argv[1:]
    table = Path(given[given.index("--table") + 1]) if "--table" in given else None
    jobs = int(given[given.index("--jobs") + 1]) if "--jobs" in given else os.cpu_count() or 1
    solver = "both" if "--both" in given else "z3"
    rows, wrong = list[str](), list[str]()
    for example in EXAMPLES:
        load = os.getloadavg()[0]
        every, proved, seconds, used = measured(example, solver, jobs)
        print(
            f"{example:10} {proved} of {every} proved  {seconds:6.1f} s  {used:6.1f} s of processors  load {load:.1f}",
            flush=True,
        )
        cells = (f"``{example}.c``", every, solver, f"{seconds:.0f}", f"{used:.0f}", f"{load:.1f}")
        rows.append("   * - " + "\n     - ".join(map(str, cells)) + "\n")
        if proved < every:
            wrong.append(f"{example}: {every - proved} not proved")
        elif solver == "z3" and seconds > MOST and used > SHARE * jobs * seconds:
            wrong.append(f"{example}: {seconds:.0f} s, more than {MOST:.0f}")
    if table:
        described = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
        commit = subprocess.run(described, capture_output=True, text=True, check=True).stdout.strip()
        command = " ".join(["nice -n 10 python benchmarks/c_examples.py", *given])
        table.write_text(HEAD.format(command=command, commit=commit) + "".join(rows), "utf-8")
    if wrong:
        raise SystemExit("; ".join(wrong))


if __name__ == "__main__":
    main()
