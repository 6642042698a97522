"""The file of equivalent mutants: what it must say, and when an entry is stale."""

import json
from pathlib import Path

import pytest

from proofs.mutation.equivalent import FILE, Equivalent, equivalents, parse, stale
from proofs.mutation.operators.mutants import Mutant, read
from proofs.mutation.targets import AREAS, ROOT

ENTRY = '["toy.f"]\n0123456789ab = {before = "a", after = "b", reason = "the same"}\n'


def toy(folder: Path, text: str) -> list[Mutant]:
    (folder / "toy_equivalent.py").write_text(text, "utf-8")
    return list(read("toy_equivalent", folder).mutants)


def test_an_entry_is_read() -> None:
    assert parse(ENTRY) == {"0123456789ab": Equivalent("0123456789ab", "toy.f", "a", "b", "the same")}


@pytest.mark.parametrize("reason", ['reason = ""', 'reason = "  "', "other = 1"])
def test_an_entry_without_a_reason_is_an_error(reason: str) -> None:
    with pytest.raises(ValueError, match=r"toy\.f: 0123456789ab lacks before, after or reason"):
        parse(ENTRY.replace('reason = "the same"', reason))


def test_an_entry_that_is_there_twice_is_an_error() -> None:
    with pytest.raises(ValueError, match="0123456789ab is there twice"):
        parse(ENTRY + ENTRY.replace("toy.f", "toy.g"))


def test_an_entry_is_stale_once_its_function_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    function = "def f(a):\n    return a + 1\n"
    one = toy(tmp_path, function)[0]
    entries = {one.id: Equivalent(one.id, one.function, one.before, one.after, "for a test")}
    assert stale(entries, [read("toy_equivalent", tmp_path)], tmp_path) == []
    toy(tmp_path, function.replace("+ 1", "+ 2"))
    assert stale(entries, [read("toy_equivalent", tmp_path)], tmp_path) == list(entries.values())


@pytest.mark.parametrize("function", ["toy_that_is_gone.f", "proofs.mutation.gone.f", "proofs.verdict.gone"])
def test_an_entry_is_stale_once_its_function_is_gone(function: str) -> None:
    entry = Equivalent("0123456789ab", function, "a", "b", "for a test")
    assert stale({entry.mutant: entry}, [], ROOT) == [entry]


@pytest.mark.long
def test_names_of_mutants_are_kept_until_a_source_changes(tmp_path: Path) -> None:
    entry = next(each for each in equivalents().values() if each.function.startswith("proofs.engines.smt.confirm."))
    gone = Equivalent("0123456789ab", entry.function, "a", "b", "for a test")
    entries = {each.mutant: each for each in (entry, gone)}
    assert stale(entries, [], ROOT, tmp_path) == [gone]
    (file,) = tmp_path.iterdir()
    names = json.loads(file.read_text("utf-8"))
    assert names["proofs.engines.smt.confirm"][entry.mutant] == entry.function
    assert stale(entries, [], ROOT, tmp_path) == [gone]
    file.write_text("{", "utf-8")  # what cannot be read is made again
    assert stale(entries, [], ROOT, tmp_path) == [gone]
    del names["proofs.engines.smt.confirm"][entry.mutant]
    file.write_text(json.dumps(names), "utf-8")
    assert stale(entries, [], ROOT, tmp_path) == [entry, gone]  # what is kept is what is read
    file.rename(file.with_name("of_other_sources.json"))
    assert stale(entries, [], ROOT, tmp_path) == [gone]


@pytest.mark.long
def test_every_entry_of_the_project_names_a_mutant() -> None:
    assert FILE.is_file()
    assert [f"{entry.mutant} of {entry.function}" for entry in stale(equivalents(), [], ROOT)] == []


def test_every_area_names_modules_and_tests_that_exist() -> None:
    for area in AREAS.values():
        assert list(area.walk())
        assert all((ROOT / path).exists() for path in area.tests), area.name
