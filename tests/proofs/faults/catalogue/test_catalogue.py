"""The catalogue: each change in one row, each row with a mechanism and a source; nothing named that is not there."""

import re

import pytest

from model.spaces.dialect import CANONICAL
from proofs.faults.catalogue.catalogue import ABSENT, CATALOGUE
from proofs.faults.catalogue.mechanism import OWN, Mechanism
from proofs.faults.hunts import proof_of_code as code
from proofs.faults.hunts import sized
from proofs.faults.hunts.exploration import dialect_for
from proofs.faults.hunts.matrix import meant
from proofs.faults.hunts.proof import hints
from proofs.faults.hunts.proof_of_code import CODE_FAULTS, OUTSIDE
from proofs.faults.hunts.reference import SOURCE, names
from proofs.faults.hunts.selection import matching, quick_ones, traceable
from proofs.faults.interleaved import INTERLEAVED_FAULTS
from proofs.faults.record import Engine
from proofs.faults.theory import ALL_THEORY_FAULTS, THEORY_FAULTS
from proofs.registry import known
from proofs.report.writers.faults_report import layers
from refinement.faults import FAULTS
from refinement.faults.messages import MESSAGE_FAULTS
from refinement.faults.ranges import SIZED_FAULTS
from refinement.faults.tables_and_tags import KERNEL_FAULTS

SOURCES = {
    *("Appendix A itself", "Fiasco", "Hafnium", "L4 family rule", "NOVA", "Pistachio", "Xen", "a current kernel"),
    *("experiment", "folklore", "mung", "seL4"),
}
"""Whose histories and advisories were read, and where else a mechanism is from."""


def sources(each: Mechanism) -> list[str]:
    """The systems in which a mechanism was seen, without what is said of each."""
    named = re.sub(r" (before a check was added|of all of them)$", "", each.seen_in)
    return [
        re.sub(r" XSA-[1-9]\d*$", "", one) for one in re.split(r", (?!XSA-)", re.sub(r", (?=XSA-)", ", Xen ", named))
    ]


def test_every_source_is_one_that_was_read_and_each_of_them_taught_something() -> None:
    told = [each for each in CATALOGUE.values() if each.seen_in != OWN]
    assert {source for each in told for source in sources(each)} == SOURCES


def test_an_advisory_is_named_by_its_number() -> None:
    of_xen = [each.seen_in for each in CATALOGUE.values() if "Xen" in each.seen_in]
    assert of_xen
    assert all(re.fullmatch(r"Xen XSA-[1-9]\d*(, XSA-[1-9]\d*)*", seen) for seen in of_xen)


def test_no_row_is_also_said_to_be_absent() -> None:
    assert not set(CATALOGUE) & {absent.name for absent in ABSENT}


@pytest.mark.parametrize(
    ("layer", "register"),
    [
        ("theory", ALL_THEORY_FAULTS),
        ("kernel", {**KERNEL_FAULTS, **MESSAGE_FAULTS, **SIZED_FAULTS}),
        ("reference", dict.fromkeys(names())),
        ("sized", dict.fromkeys(sized.names())),
        ("interleaved", INTERLEAVED_FAULTS),
        ("code", {name: each for name, each in CODE_FAULTS.items() if name not in KERNEL_FAULTS | MESSAGE_FAULTS}),
    ],
)
def test_every_change_is_in_one_row(layer: str, register: dict[str, object]) -> None:
    listed = [change for each in CATALOGUE.values() for change in getattr(each, layer)]
    assert sorted(listed) == sorted(register)


def test_the_reference_says_what_it_can_have() -> None:
    text = SOURCE.read_text("utf-8")
    assert set(re.findall(r"FAULT\(([A-Z0-9_]+)\)", text)) == set(names())
    assert len(names()) == len(set(names())) > 0


def test_each_row_says_how_it_goes_wrong_and_some_engine_is_meant_for_it() -> None:
    for name, each in CATALOGUE.items():
        assert name == each.name
        assert re.fullmatch(r"[a-z0-9-]+", name)
        assert each.mechanism
        assert each.mechanism[-1] != "."
        assert layers(each)
        assert list(meant(each)), name
        assert {change for _, change in meant(each)} == set(each.changed)


def test_faults_that_the_kernel_tells_of_have_the_source_it_tells() -> None:
    for each in CATALOGUE.values():
        for change in each.kernel:
            if change == each.name and change in FAULTS and each.seen_in != OWN:
                assert FAULTS[change].seen == each.seen_in


def test_theory_faults_say_what_they_are() -> None:
    for name, fault in THEORY_FAULTS.items():
        assert name == fault.name
        assert name.startswith(fault.action + "-")
        assert fault.mechanism
        assert fault.applies(dialect_for(fault).readings)
    elsewhere = {name for name, fault in THEORY_FAULTS.items() if dialect_for(fault) is not CANONICAL}
    upgrades, idle = {"map-upgrade-wrong", "map-upgrade-replaces"}, {"map-idle-erases-entry", "grant-idle-erases-entry"}
    assert elsewhere == {*upgrades, *idle, "grant-keeps-children"}


def test_hints_name_what_there_is() -> None:
    assert set(hints()) <= set(ALL_THEORY_FAULTS)
    assert {obligation for obligations in hints().values() for obligation in obligations} <= set(known())


def test_hints_for_code_name_what_there_is_and_leave_out_nothing() -> None:
    assert set(code.hints()) == set(CODE_FAULTS)
    for name, obligations in code.hints().items():
        assert obligations
        assert all(code.concerns(CODE_FAULTS[name], obligation) for obligation in obligations)
    assert {name for obligations in code.hints().values() for name in obligations} == set(code.judged())


def test_a_kernel_is_put_to_the_proof_or_a_reason_is_given() -> None:
    assert set(OUTSIDE) | set(CODE_FAULTS) >= set(KERNEL_FAULTS)
    assert not set(OUTSIDE) & set(CODE_FAULTS)
    assert set(OUTSIDE) <= set(KERNEL_FAULTS)


@pytest.mark.long
def test_faults_of_code_say_what_they_are() -> None:
    for name, fault in CODE_FAULTS.items():
        assert name == fault.name
        assert fault.sentence.endswith(".")
        assert any(code.concerns(fault, obligation) for obligation in code.judged())


def test_patterns() -> None:
    every = list(CATALOGUE.values())
    assert [each.name for each in matching("ancestor-slot", every)] == ["ancestor-slot"]
    assert [each.name for each in matching("*-wrap", every)] == ["depth-wrap"]
    assert len(matching("grant", every)) > 5
    assert matching("no such thing", every) == []
    one = matching("NODE_LEAK", every)
    assert [(each.name, each.kernel, each.reference) for each in one] == [("node-leak", (), ("NODE_LEAK",))]


def test_the_quick_ones_take_every_engine() -> None:
    assert {engine for each in quick_ones() for engine, _ in meant(each)} == set(Engine)


def test_every_name_that_can_be_traced_is_a_fault() -> None:
    traced = ("theory", "kernel", "reference", "sized")
    changes = {change for each in CATALOGUE.values() for layer in traced for change in getattr(each, layer)}
    assert set(traceable()) <= set(CATALOGUE) | changes
    assert len(set(traceable())) == len(traceable())
