"""No test changes what other threads of the process go by."""

import re
import time
from pathlib import Path

import pytest

from refinement.check.search import context
from tests import ROOT, clock

OF_ALL = re.compile(r"""(setattr|patch|patch\.object)\(\s*(time\s*,|["']time\.|(\w+\.)+time\s*,)""")
"""A clock, or another function of ``time``, is replaced for the whole process."""


def test_no_test_changes_the_clock_of_the_whole_process() -> None:
    files = (file for file in (ROOT / "tests").rglob("*.py") if file != Path(__file__))
    found = [str(file.relative_to(ROOT)) for file in files if OF_ALL.search(file.read_text("utf-8"))]
    assert not found, "write tests.clock.tells(monkeypatch, now, module)"


@pytest.mark.parametrize(
    "text",
    [
        'monkeypatch.setattr(time, "monotonic", clock)',
        'monkeypatch.setattr("time.monotonic", clock)',
        'monkeypatch.setattr(walk.time, "monotonic", clock)',
        'mock.patch("time.sleep")',
        'mock.patch.object(time, "sleep")',
    ],
)
def test_it_would_be_seen(text: str) -> None:
    assert OF_ALL.search(text)


def test_one_module_has_a_clock_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    clock.tells(monkeypatch, lambda: -7.0, context)
    assert vars(context)["time"].monotonic() == -7.0
    assert time.monotonic() >= 0
    assert vars(context)["time"].perf_counter is time.perf_counter
