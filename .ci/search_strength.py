"""Search the witnesses of strength of obligations that were not searched or have changed, or with new faults.

    python .ci/search_strength.py [PATTERN...]

Without a pattern it takes hours; what is found is kept after each obligation.
"""

import sys
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from proofs.faults.hunts.proof_of_code import CODE_FAULTS, concerns  # noqa: E402
from proofs.faults.hunts.strength import (  # noqa: E402
    FILE,
    Strength,
    StrengthResult,
    in_parts,
    number_of_parts,
    read_strength,
    search,
)


def main(patterns: list[str]) -> None:
    """Faults that were added are tried on what was searched before; then what is left is searched with all."""
    faults, found = frozenset(CODE_FAULTS), dict(read_strength().found)
    added = faults - read_strength().faults
    for name in in_parts():
        was = found.get(name)
        if was and was.parts != number_of_parts(name):
            was = None  # the demand is another one by now
            del found[name]
        if was and not any(concerns(CODE_FAULTS[fault], name) for fault in added):
            continue
        if was or any(fnmatchcase(name, pattern) for pattern in patterns or ["*"]):
            now = search(name, added if was else faults)
            found[name] = Strength(now.parts, dict(sorted({**now.alone, **(was.alone if was else {})}.items())))
            print(name, len(found[name].alone), "of", now.parts, flush=True)
            if not added:
                FILE.write_text(StrengthResult(faults, found).written(), "utf-8")
    FILE.write_text(StrengthResult(faults, found).written(), "utf-8")


main(sys.argv[1:])
