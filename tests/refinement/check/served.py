"""A database written in Python, served line by line in JSON by a process of its own."""

import sys
from pathlib import Path

from refinement.check import Target, command_target
from tests import EXAMPLES

SERVER = """
import json, sys
sys.path[:0] = {folders!r}
from {module} import {cls}
database = {cls}(1, 1, 1)
for line in sys.stdin:
    q = json.loads(line)
    op = q["op"]
    if op == "musigma":
        reply = {{"version": 1, "has": {has!r}}}
    elif op == "init":
        database, reply = {cls}(q["spaces"], q["pages"], q["frames"]), {{"status": 0}}
    elif op == "normalise":
        reply = {{"rights": database.normalise(q["rights"])}}
    elif op == "lookup":
        frame, rights = database.lookup(*q["src"]) or (-1, 0)
        reply = {{"frame": frame, "rights": rights}}
    else:
        reply = {{"status": getattr(database, op)(*q["src"], *q.get("dst", []), q["rights"])}}
    print(json.dumps(reply), flush=True)
"""


def served(folder: Path, module: str, cls: str, *has: str) -> Target:
    """The class of a module in the folder, as a command that has what is named."""
    server = folder / "server.py"
    text = SERVER.format(folders=[str(folder), str(EXAMPLES)], module=module, cls=cls, has=list(has))
    server.write_text(text, "utf-8")
    return command_target(f"{sys.executable} {server}")
