"""Every function of kernel and machine is executed in a proof, or it is said what stands for it."""

import ast

import pytest

from machine.formats import FORMATS
from model.spaces.dialect import CANONICAL
from proofs.engines.smt.outcome import Outcome
from proofs.obligations import inventory
from proofs.obligations.inventory import (
    FunctionEntry,
    How,
    InventoryError,
    classified,
    executed_whole,
    read,
    written_down,
)
from proofs.obligations.kernel.units import EXECUTED_WHOLE
from proofs.obligations.machine.bits import prefix
from proofs.obligations.sized_tables import arithmetic, table_numbers
from proofs.registry import registry
from proofs.report.writers.describe import evidence_lines
from proofs.report.writers.json_report import run_json
from proofs.result import Result, Run
from proofs.verdict import Verdict

pytestmark = pytest.mark.long  # which functions conditions about bits call takes 10 s

Classes = dict[str, FunctionEntry]


@pytest.fixture(scope="module")
def classes() -> Classes:
    """Each function's entry, by its name."""
    return {entry.name: entry for entry in classified()}


def test_every_function_is_in_one_class(classes: Classes) -> None:
    assert classes.keys() == {name for name, _, _ in inventory.functions()}
    assert {entry.how for entry in classes.values()} == set(How)


@pytest.mark.parametrize(
    ("name", "how", "by"),
    [
        ("refinement.kernel.kernel.Kernel.withdraw", How.WHOLE, "kernel_map__is__executed_whole"),
        ("refinement.kernel.mapping_tree.filled", How.WHOLE, "empty__is__executed_whole"),
        ("machine.formats.x86_64.x86_64.leaf", How.WORDS, "x86_64__decode__inverts__encode"),
        ("refinement.kernel.page_table.PageTables.reserve", How.WHOLE, "page_tables_reserve__is__executed_whole"),
        ("refinement.kernel.page_table.PageTables._item", How.WORDS, "x86_32__distinct_pages__have__distinct_entries"),
        ("refinement.kernel.mapping_tree.on_lists", How.OUTSIDE, ""),
    ],
)
def test_a_function_is_where_it_belongs(classes: Classes, name: str, how: How, by: str) -> None:
    assert (classes[name].how, classes[name].by) == (how, by)


def test_what_is_called_under_a_contract_is_executed_elsewhere_or_modelled(classes: Classes) -> None:
    under = {entry.name: entry.how for entry in classes.values() if entry.contract}
    assert under["refinement.kernel.operations.flush_below"] == How.WHOLE
    assert under.keys() == inventory.under_contract()
    assert set(under.values()) <= {How.WHOLE, How.MODELLED}


def test_the_obligations_that_say_executed_whole_are_those_of_the_inventory() -> None:
    said = {name for name in registry() if name.endswith(f"__{EXECUTED_WHOLE}")}
    tried = (arithmetic.ID, *table_numbers.OF_ID.values())  # of numbers, each of which is tried: all is run
    assert set(executed_whole().values()) == said | {f"{prefix(FORMATS[0])}__{name}" for name in tried}


def test_a_function_without_a_class_is_named() -> None:
    less = {name: why for name, why in written_down().items() if name != "refinement.kernel.mapping_tree.on_lists"}
    with pytest.raises(InventoryError, match=r"^refinement\.kernel\.mapping_tree\.on_lists is in no class: execute it"):
        classified(less)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("refinement.kernel.kernel.Kernel.mop", "speaks of refinement.kernel.kernel.Kernel.mop, which is no function"),
        (
            "refinement.kernel.kernel.Kernel.map",
            "Kernel.map is in more than one class: kernel_map__is__executed_whole, why",
        ),
        ("machine.bits.field", "machine.bits.field is in more than one class"),
        ("refinement.kernel.mapping_tree.on_l*", "mapping_tree.on_lists is in more than one class"),
    ],
)
def test_an_entry_too_many_is_named(pattern: str, said: str) -> None:
    with pytest.raises(InventoryError, match=said):
        classified({**written_down(), pattern: (How.MODELLED, "why")})


@pytest.mark.parametrize(
    "tables",
    [
        {"outside": [{"functions": ["f"], "reason": " "}]},
        {"outside": [{"functions": ["f"]}]},
        {"elsewhere": [{"functions": ["f"], "reason": "why"}]},
        {"outside": [{"functions": ["f", "f"], "reason": "why"}]},
        {"outside": [{"functions": ["f"], "reason": "why"}], "modelled": [{"functions": ["f"], "reason": "why"}]},
    ],
)
def test_an_entry_needs_a_reason_a_class_and_a_name_of_its_own(
    tables: dict[str, list[dict[str, list[str] | str]]] | dict[str, list[dict[str, list[str]]]],
) -> None:
    with pytest.raises(InventoryError):
        read(tables)


def test_two_homes_are_one_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory, "SOURCES", (inventory.of_units, lambda: [next(inventory.of_units())]))
    with pytest.raises(
        InventoryError, match=r"executed whole by two obligations: refinement\.kernel\.mapping_tree\.empty"
    ):
        executed_whole.__wrapped__()


@pytest.mark.parametrize(
    "text",
    [
        "if x: pass",
        "y = x or 1",
        "y = 1 if x else 2",
        "while x: pass",
        "y = [z for z in x]",
        "for y in x: pass",
    ],
)
def test_a_branch_is_not_straight(text: str) -> None:
    (function,) = ast.parse(f"def f(x):\n {text}").body
    assert isinstance(function, ast.FunctionDef)
    assert not inventory.is_straight(function)


def run_of(**verdicts: Verdict) -> Run:
    results = tuple(Result(registry()[name], "canonical", Outcome(verdict)) for name, verdict in verdicts.items())
    return Run(CANONICAL, results, frozenset())


def test_a_run_says_what_it_executed_whole() -> None:
    run = run_of(
        kernel_lookup__is__executed_whole=Verdict.PROVED,
        kernel_grant__is__executed_whole=Verdict.PROVED,
        kernel_flush__is__executed_whole=Verdict.VACUOUS,
    )
    assert evidence_lines(run)[0] == "executed whole: 4 functions, each statement and both ways of each branch"
    assert run_json(run, 1.0)["executed_whole"] == [
        "refinement.kernel.kernel.Kernel.grant",
        "refinement.kernel.kernel.Kernel.move_node",
        "refinement.kernel.kernel.Kernel.restrict_rights",
        "refinement.kernel.kernel.Kernel.lookup",
    ]


def test_a_run_that_executed_nothing_whole_does_not_say_so() -> None:
    run = run_of(kernel_lookup__is__executed_whole=Verdict.VACUOUS, kernel_lookup__shows__what_is_mapped=Verdict.PROVED)
    assert not any("executed whole" in line for line in evidence_lines(run))
    assert run_json(run, 1.0)["executed_whole"] == []


DEFAULTS = {
    "refinement.ranges.kernel.SizedKernel.map": {"rights": "ALL_RIGHTS"},
    "refinement.ranges.kernel.SizedKernel.grant": {"rights": "ALL_RIGHTS"},
    "refinement.ranges.kernel.SizedKernel.flush": {"rights": "ALL_RIGHTS"},
    "refinement.kernel.kernel.Kernel.map": {"rights": "ALL_RIGHTS"},
    "refinement.kernel.kernel.Kernel.grant": {"rights": "ALL_RIGHTS"},
    "refinement.kernel.kernel.Kernel.flush": {"rights": "ALL_RIGHTS"},
    "refinement.ranges.kernel.SizedKernel.flush_range": {"rights": "ALL_RIGHTS", "own": "False"},
    "refinement.ranges.kernel.SizedKernel.map_range": {"rights": "ALL_RIGHTS"},
    "refinement.ranges.kernel.SizedKernel.grant_range": {"rights": "ALL_RIGHTS"},
    **{
        f"refinement.ranges.sized_tables.SizedTables.{name}": {"order": "0"}
        for name in ("clear", "place", "release", "reserve")
    },
    "refinement.ranges.sized_tables.SizedTables.write": {"flags": "0", "order": "0"},
    "machine.core.Core.switch": {"tag": "0"},
    "machine.core.Core.load": {"size": "1"},
    "machine.core.Core.fetch": {"size": "1"},
    "machine.core.Core.store": {"size": "1"},
    "machine.tlb.Tlb.invalidate_page": {"tag": "None", "shared": "True"},
    "machine.tlb.Tlb.invalidate_all": {"shared": "True"},
    "machine.tlb.SplitTlb.invalidate_page": {"tag": "None", "shared": "True"},
    "machine.tlb.SplitTlb.invalidate_all": {"shared": "True"},
}
"""What is left out means this; proofs are of calls that give every argument."""


def test_what_is_executed_has_these_defaults_and_no_others() -> None:
    found = dict[str, dict[str, str]]()
    for name, _, definition in inventory.functions():
        arguments = definition.args
        given = [*arguments.posonlyargs, *arguments.args][::-1]
        pairs: list[tuple[ast.arg, ast.expr | None]] = [
            *zip(given, arguments.defaults[::-1], strict=False),
            *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
        ]
        defaults = {argument.arg: ast.unparse(value) for argument, value in pairs if value is not None}
        if defaults and name in executed_whole():
            found[name] = defaults
    assert found == DEFAULTS
