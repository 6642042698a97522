"""A check that takes clearly more time than it was given says where it went; each second is in one part."""

import time
from pathlib import Path

import pytest

from refinement.check import Limits, check, parse_target
from refinement.check.search.context import LATE
from refinement.check.search.spent import Spent
from tests import EXAMPLES

SLOW = """
import time
from mapdb import MappingDatabase


class Slow(MappingDatabase):
    def flush(self, *args):
        time.sleep(0.2)
        return super().flush(*args)
"""


def test_what_was_compiled_is_not_counted_twice() -> None:
    spent = Spent(1.0)
    spent.since -= 5.0
    spent.note("searching", compiling=2.0)
    assert spent.parts["compiling"] == 2.0
    assert 3.0 <= spent.parts["searching"] < 3.5
    assert spent.too_much()
    assert spent.sentence().startswith("it took 5.")


def test_a_little_more_is_not_said() -> None:
    assert not Spent(2.0, {"loading": 0.3, "searching": 2.0}).too_much()
    assert Spent(2.0, {"loading": 0.5, "searching": 2.0}).too_much()


@pytest.mark.long
def test_a_slow_target_takes_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "mapdb.py").write_text((EXAMPLES / "mapdb.py").read_text("utf-8"), "utf-8")
    (tmp_path / "slow.py").write_text(SLOW, "utf-8")
    target, lines = parse_target(f"{tmp_path / 'slow.py'}:Slow"), list[str]()
    begun = time.monotonic()
    report = check(target, seconds=0.5, seed=1, limits=Limits(hang=2.0), tell=lines.append)
    took = time.monotonic() - begun
    (said,) = [remark for remark in report.remarks if remark.startswith("it took")]
    assert "for a search of 0.5 s: " in said
    assert abs(float(said.split()[2]) - took) < 0.5 + 0.1 * took
    assert LATE in lines
