"""The pages of the API leave no module out."""

import re
from collections import Counter

from tests import ROOT

PACKAGES = ("model", "machine", "refinement", "proofs", "musigma")
ENTRY = re.compile(r"^\.\. automodule:: (\S+)$", re.MULTILINE)


def modules() -> set[str]:
    """All that hold something: packages gather what their modules define, and one that is run defines nothing."""
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    return {
        ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for file in files
        if file.stem not in ("__init__", "__main__")
    }


def test_every_module_has_one_entry() -> None:
    pages = (ROOT / "docs" / "reference" / "api").glob("*.rst")
    entries = Counter(name for page in pages for name in ENTRY.findall(page.read_text("utf-8")))
    lacking = sorted(modules() - entries.keys())
    assert not lacking, f"give them an entry in docs/reference/api: {', '.join(lacking)}"
    assert [name for name, number in entries.items() if number > 1] == []
    gone = sorted(
        name for name in entries.keys() - modules() if not (ROOT.joinpath(*name.split(".")) / "__init__.py").is_file()
    )
    assert gone == []
