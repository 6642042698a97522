"""Which part of ``musigma check`` finds each fault of the example's IPC, in how many operations, and after how long.

    python benchmarks/check_messages.py [--seconds S] [FAULT ...]

Only threads and messages are searched. The seconds are from the start of the job to the difference, a shortest trace
is looked for afterwards; the first run compiles besides.
"""

import argparse
import re
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from model.messages.readings import CANONICAL_MESSAGES
from model.spaces.dialect import CANONICAL
from refinement.check import as_text, parse_target
from refinement.check.process.order import DEFAULT_LIMITS
from refinement.check.search.context import SearchContext
from refinement.check.search.messages.engine import conversation
from refinement.check.target.message_calls import MessageCall

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "docs" / "examples" / "ipc.c"


def fault_names() -> list[str]:
    """The faults of the example's IPC."""
    text = SOURCE.read_text("utf-8")
    text = text[text.index("NO_IPC_FAULT,") + len("NO_IPC_FAULT,") :]
    return re.findall(r"^    ([A-Z0-9_]+),", text[: text.index("};")], re.MULTILINE)


def search(library: Path, seconds: float) -> str:
    """What was found in a library, by what and when."""
    begun, found_after = time.monotonic(), [0.0]

    def tell(line: str) -> None:
        if line.startswith("found"):
            found_after[0] = time.monotonic() - begun

    with ThreadPoolExecutor(1) as pool:
        ground = SearchContext(parse_target(str(library)), CANONICAL, DEFAULT_LIMITS, seconds, 1, pool, tell=tell)
        talk = conversation(CANONICAL_MESSAGES, [True] * len(MessageCall))
        found = talk.search(ground, seconds)
        finding = None if found is None else talk.shrunk(ground, found, 20.0)
    if finding is None:
        return "not found"
    said = "" if finding.reproducible else " (not reproducible)"
    return (
        f"{finding.length} operations{said}, {found_after[0]:.1f} s, {finding.phase}\n{as_text(finding)}\n"
        f"       {finding.shortest}"
    )


def main() -> None:
    """Print what finds each fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("faults", nargs="*")
    parser.add_argument("--seconds", type=float, default=60.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for fault in asked.faults or fault_names():
            library = Path(folder) / f"{fault}.so"
            options = ["-O2", "-shared", "-fPIC", "-I", str(ROOT / "refinement" / "check"), f"-DIPC_FAULT={fault}"]
            subprocess.run(["cc", *options, "-o", str(library), str(SOURCE)], check=True)
            print(f"{fault}: {search(library, asked.seconds)}", flush=True)


if __name__ == "__main__":
    main()
