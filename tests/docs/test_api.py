"""The pages of the API leave no module out."""

import re
from collections import Counter
from contextlib import suppress
from importlib import import_module

import pytest
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.inspect import object_description, signature, stringify_signature

from tests import ROOT

PACKAGES = ("model", "machine", "refinement", "proofs", "musigma")
ENTRY = re.compile(r"^\.\. automodule:: (\S+)$", re.MULTILINE)
LEFT_OUT = re.compile(r"^\.\. automodule:: (\S+)\n   :exclude-members: (.+)$", re.MULTILINE)
PAGES = ROOT / "docs" / "reference" / "api"


def modules() -> set[str]:
    """All that hold something: packages gather what their modules define, and one that is run defines nothing."""
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    return {
        ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for file in files
        if file.stem not in ("__init__", "__main__")
    }


def test_every_module_has_one_entry() -> None:
    entries = Counter(name for page in PAGES.rglob("*.rst") for name in ENTRY.findall(page.read_text("utf-8")))
    lacking = sorted(modules() - entries.keys())
    assert not lacking, f"give them an entry in docs/reference/api: {', '.join(lacking)}"
    assert [name for name, number in entries.items() if number > 1] == []
    gone = sorted(
        name for name in entries.keys() - modules() if not (ROOT.joinpath(*name.split(".")) / "__init__.py").is_file()
    )
    assert gone == []


@pytest.mark.slow
def test_every_datum_that_is_described_can_be_shown() -> None:
    """The page shows its value: one with solvers' terms as keys, which have no order, ends the build."""
    left_out = {found for page in PAGES.rglob("*.rst") for found in LEFT_OUT.findall(page.read_text("utf-8"))}
    cannot = []
    for name in sorted(modules()):
        described = ModuleAnalyzer.for_module(name).find_attr_docs()
        for datum in sorted(datum for owner, datum in described if not owner and not datum.startswith("_")):
            if (name, datum) in left_out:
                continue
            value = getattr(import_module(name), datum, None)
            try:
                object_description(value)
                with suppress(ValueError):  # it has none
                    stringify_signature(signature(value)) if callable(value) else ""
            except Exception as error:
                cannot.append(f"{name}.{datum}: {error}")
    assert cannot == []
