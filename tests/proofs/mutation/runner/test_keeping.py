"""Kills are taken over only from a run in which nothing was different; what else is kept says whom to ask first."""

import json
import signal
from pathlib import Path

import pytest

from proofs.mutation.digests import LISTS, digest
from proofs.mutation.record import Fate, MutantEnding
from proofs.mutation.runner import keeping
from proofs.mutation.runner.coverage import digest_with
from proofs.mutation.runner.forks import Ended
from proofs.mutation.runner.judging import judge
from proofs.mutation.runner.keeping import Keeping, basis

KILLED = Fate("aaaaaaaaaaaa", MutantEnding.TEST, "test_a", "it failed", 0.5)
SURVIVED = Fate("bbbbbbbbbbbb", MutantEnding.SURVIVED, "", "", 0.5)


def one_basis(by: str) -> str:
    return f"one of {by}"


def other_basis(by: str) -> str:
    return f"other of {by}"


def test_a_kill_is_taken_over_in_the_same_run_only(tmp_path: Path) -> None:
    first = Keeping("area", one_basis, tmp_path)
    assert first.kill(KILLED.mutant) is None
    first.add(KILLED)
    first.add(SURVIVED)
    first.write()
    again = Keeping("area", one_basis, tmp_path)
    assert again.kill(KILLED.mutant) == KILLED
    assert again.kill(SURVIVED.mutant) is None
    assert again.hint(SURVIVED.mutant) == ""
    other = Keeping("area", other_basis, tmp_path)
    assert other.kill(KILLED.mutant) is None
    assert other.hint(KILLED.mutant) == "test_a"
    assert Keeping("another", one_basis, tmp_path).hint(KILLED.mutant) == ""


def test_a_kill_depends_on_who_noticed_it(tmp_path: Path) -> None:
    """So that a new test, or a changed one, leaves the kills of others."""
    second = Fate("cccccccccccc", MutantEnding.TEST, "test_c", "it failed", 0.5)
    unknown = Fate("dddddddddddd", MutantEnding.TEST, "import", "it failed", 0.5)
    first = Keeping("area", {"test_a": "1", "test_c": "1", "import": ""}.__getitem__, tmp_path)
    for fate in (KILLED, second, unknown):
        first.add(fate)
    first.write()
    again = Keeping("area", {"test_a": "2", "test_c": "1", "import": ""}.__getitem__, tmp_path)
    assert [again.kill(each.mutant) for each in (KILLED, second, unknown)] == [None, second, None]
    assert again.hint(KILLED.mutant) == "test_a"


def test_what_survives_now_is_no_kill_any_more(tmp_path: Path) -> None:
    one = Keeping("area", one_basis, tmp_path)
    one.add(KILLED)
    one.add(Fate(KILLED.mutant, MutantEnding.SURVIVED))
    assert one.kill(KILLED.mutant) is None
    one.add(Fate(KILLED.mutant, MutantEnding.UNDECIDED))
    assert one.kill(KILLED.mutant) is None


def test_fates_are_written_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "EVERY", 2)
    one = Keeping("area", one_basis, tmp_path)
    one.add(KILLED)
    assert not list(tmp_path.iterdir())
    one.add(SURVIVED)
    assert [file.name for file in tmp_path.iterdir()] == ["area.json"]


@pytest.mark.parametrize(
    "change",
    [
        {"ending": "survived"},
        {"ending": "nothing"},
        {"mutant": "cccccccccccc"},
        {"seconds": "0.5"},
        {"by": 3},
        {"basis": None},
    ],
)
def test_an_entry_that_is_spoiled_is_none(tmp_path: Path, change: dict[str, object]) -> None:
    one = Keeping("area", one_basis, tmp_path)
    one.add(KILLED)
    one.write()
    file = tmp_path / "area.json"
    told = json.loads(file.read_text("utf-8"))
    told[KILLED.mutant] |= change
    file.write_text(json.dumps(told), "utf-8")
    found = Keeping("area", one_basis, tmp_path)
    assert (found.kill(KILLED.mutant), found.hint(KILLED.mutant)) == (None, "")


@pytest.mark.parametrize("text", ["", "{", "[]", "[1]", '{"aaaaaaaaaaaa": 3}', '{"aaaaaaaaaaaa": {}}'])
def test_a_file_that_is_spoiled_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "area.json").write_text(text, "utf-8")
    assert Keeping("area", one_basis, tmp_path).kill(KILLED.mutant) is None


def test_the_basis_is_every_file_but_tests(tmp_path: Path) -> None:
    folder = tmp_path / "part"
    (folder / "__pycache__").mkdir(parents=True)
    source = folder / "source.c"
    source.write_text("int a;", "utf-8")

    def now(*more: str) -> str:
        return basis(tmp_path, ["part", "proofs"], *more)

    first = now()
    assert now() == first
    assert now("x") != first
    assert now("x", "y") != now("xy")
    (folder / "__pycache__" / "source.pyc").write_text("b", "utf-8")
    for name in LISTS:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("b", "utf-8")
    (folder / "test_of_it.py").write_text("b", "utf-8")
    assert now() == first
    source.write_text("int b;", "utf-8")
    assert now() != first
    source.write_text("int a;", "utf-8")
    assert now() == first
    source.rename(folder / "other.c")
    assert now() != first
    source = folder / "other.c"
    source.rename(folder / "source.c")
    (folder / "conftest.py").write_text("b", "utf-8")
    assert now() != first


def test_a_record_stays_until_its_own_tests_change(tmp_path: Path) -> None:
    for name, text in (("test_one.py", "1"), ("test_two.py", "2"), ("helper.py", "3")):
        (tmp_path / name).write_text(text, "utf-8")

    def now(file: str) -> str:
        return digest_with(digest(tmp_path, ["."], "setting"), tmp_path, file, ["a", "b"])

    one, two = now("test_one.py"), now("test_two.py")
    assert one != two
    (tmp_path / "test_two.py").write_text("4", "utf-8")
    assert (now("test_one.py") == one, now("test_two.py") == two) == (True, False)
    (tmp_path / "helper.py").write_text("5", "utf-8")
    assert now("test_one.py") != one


def ended(status: int, *, proof: bool = False, late: bool = False) -> Ended:
    return Ended("key", [{"item": "test_a", "proof": proof, "number": 2}], late, status, 1.0)


def test_a_test_that_uses_up_its_time_of_a_processor_is_a_timeout() -> None:
    for each in (ended(-signal.SIGPROF), ended(0, late=True)):
        fate, fresh, skip = judge("m", each)
        assert fate is not None
        assert (fate.ending, fate.by, fresh, skip) == (MutantEnding.TIMEOUT, "test_a", False, 0)
    fate, _, _ = judge("m", ended(-signal.SIGSEGV))
    assert fate is not None
    assert fate.ending is MutantEnding.TEST
    assert judge("m", ended(-signal.SIGPROF, proof=True)) == (None, False, 3)
