"""Entries of equivalent mutants after a function changed: the same change in it keeps its entry under its new name.

Prints the entries that are dropped: look at each again. They name no mutant any more, or look like several, of which
not all were entered, so that it is not known for which of them the reason holds.
"""

import re
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from proofs.mutation.equivalent import FILE, Equivalent, _module, equivalents, stale  # noqa: E402
from proofs.mutation.operators.mutants import read  # noqa: E402


def _looks(entry: Equivalent) -> tuple[str, str, str]:
    return entry.function, entry.before, entry.after


def main() -> None:
    """Rewrite the file in place, line by line."""
    entries = equivalents()
    text = FILE.read_text("utf-8")
    dropped, mutants_of = 0, cache(lambda module: read(module, ROOT).mutants)
    for entry in stale(entries, [], ROOT):
        module = _module(entry.function)
        same = [
            mutant.id
            for mutant in (mutants_of(module) if module else ())
            if (mutant.function, mutant.before, mutant.after) == (entry.function, entry.before, entry.after)
        ]
        entered = [each for each in entries.values() if _looks(each) == _looks(entry)]
        same = [mutant for mutant in same if mutant not in text] if len(same) <= len(entered) else []
        written = re.compile(
            rf'^{entry.mutant} = .*\n|^\[".*"\."?{entry.mutant}"?\]\n(?:(?!\[).*\n)*',  # in a line, or as a table
            re.MULTILINE,
        )
        if same:
            text = text.replace(entry.mutant, same[0])
        else:
            dropped += 1
            print(f"dropped: {entry.function}: {entry.before} -> {entry.after}")
            text, count = written.subn("", text)
            if count != 1:
                sys.exit(f"{FILE.name}: {entry.mutant} stands there {count} times as an entry; nothing is written")
    text = re.sub(r'^\["[^\n]*"\]\n+(?=\[|\Z)', "", text, flags=re.MULTILINE)
    FILE.write_text(text.rstrip() + "\n", "utf-8")
    print(f"{dropped} of {len(entries)} entries dropped")


if __name__ == "__main__":
    main()
