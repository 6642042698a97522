"""Places in a library as people know them: the function, the file and the line, where debug information tells."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path


def places_of(library: str, offsets: Sequence[int]) -> list[str]:
    """Each place by its function and line; by its offset where ``addr2line`` or debug information is missing.

    :param offsets: of the instructions after the places, as return addresses are; 0 for none.
    """
    tool, names = shutil.which("addr2line"), {}
    wanted = sorted({offset for offset in offsets if offset > 0})
    if tool and wanted:
        command = [tool, "-f", "-e", library, *(hex(offset - 1) for offset in wanted)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=30)
            lines = done.stdout.splitlines()
        except (OSError, subprocess.TimeoutExpired):
            lines = []
        for offset, function, line in zip(wanted, lines[::2], lines[1::2], strict=False):
            where = Path(line.split(" (")[0]).name
            if function != "??":
                names[offset] = f"{function} ({where})" if not where.startswith("?") else function
    return [names.get(offset, f"offset {offset:#x}" if offset > 0 else "") for offset in offsets]
