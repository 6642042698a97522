"""Every state of a scope with ranges: their number, what wrong readings break, and what is refused."""

import json
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner

from model.ranges.readings import RANGE_DIALECTS, range_dialect_named
from model.ranges.scope import RangeScope
from model.ranges.trace import RangeTrace
from model.scope import ArgumentError
from musigma.cli import app
from proofs.explorer.result import SearchEnd
from proofs.obligations.ranges.inventory import of_ranges
from proofs.report.storyboard.replays.ranges import range_board
from proofs.searches.range_exploration import effects, explore_ranges, invariants, properties_of_ranges
from proofs.searches.range_search import shortest
from tests.proofs.searches.conftest import counted

SMALL = RangeScope(2, 2, 2, 0b11)


@pytest.mark.slow
def test_a_small_scope_is_exhausted_and_nothing_is_wrong() -> None:
    found = explore_ranges(SMALL)
    assert (found.verdict, found.complete, found.violations) == (SearchEnd.EXHAUSTED, True, ())
    assert (found.states, found.layers) == (156, (1, 10, 33, 61, 44, 7))
    assert found.transitions == counted(SMALL)
    assert found.properties == (*invariants(), *effects())
    assert (found.scope, found.dialect, found.ranges, found.rights) == (SMALL, "canonical", "canonical", "none")


@pytest.mark.slow
def test_three_spaces_are_exhausted_without_being_asked_for_more() -> None:
    found = explore_ranges(RangeScope(3, 2, 2, 0b11))
    assert (found.verdict, found.states, found.violations) == (SearchEnd.EXHAUSTED, 20_670, ())


@pytest.mark.long
@pytest.mark.parametrize(
    ("ranges", "obligation", "steps"),
    [
        ("canonical with own=range", "ranges__flush_range__preserves__no_dangling_link", 4),
        ("canonical with own=range", "ranges__flush_range__leaves__nothing_below", 3),
        ("canonical with unit=mapping", "ranges__flush_range__changes__nothing_else", 2),
        ("fiasco", "ranges__grant_range__takes__sources", 1),
    ],
)
def test_what_a_reading_breaks_is_found_by_a_shortest_trace(ranges: str, obligation: str, steps: int) -> None:
    found = explore_ranges(SMALL, range_dialect_named(ranges))
    assert found.verdict is SearchEnd.VIOLATED
    violation = next(each for each in found.violations if each.property == obligation)
    assert len(violation.trace.operations) == steps
    assert (violation.clause, violation.sentence) == (of_ranges()[obligation].claim, of_ranges()[obligation].sentence)
    board = range_board(violation.trace)
    assert [each.kind for each in board.scenes[-1].findings][-1] == "violated"
    again = shortest([of_ranges()[obligation]], range_dialect_named(ranges), violation.trace.of_pages())
    assert again.trace is not None
    assert len(again.trace.operations) == steps


def test_a_search_cut_short_is_no_pass() -> None:
    found = explore_ranges(SMALL, max_states=30)
    assert (found.verdict, found.complete, found.reason) == (SearchEnd.TRUNCATED, False, "more than 30 states")
    assert found.verdict.exit_status == 3


def test_rights_and_properties_by_name() -> None:
    some = explore_ranges(RangeScope(2, 1, 1), rights="rw", properties=("ranges__flush_range__changes__nothing_else",))
    assert some.properties == ("ranges__flush_range__changes__nothing_else",)
    assert some.states > explore_ranges(RangeScope(2, 1, 1)).states
    assert properties_of_ranges("states") == invariants()
    with pytest.raises(ArgumentError, match="no property 'nothing'"):
        properties_of_ranges("nothing")
    with pytest.raises(ArgumentError, match="rights are none, rw, rwx"):
        explore_ranges(SMALL, rights="all")
    with pytest.raises(ArgumentError, match="at least one state"):
        explore_ranges(SMALL, max_states=0)


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["explore", "--spaces", "2", "--frames", "2", *arguments])
    return done.exit_code, done.output


@pytest.mark.long
def test_the_command_writes_what_it_found(tmp_path: Path) -> None:
    files = {name: tmp_path / f"out.{name}" for name in ("json", "trace", "svg", "html")}
    options = [text for name, path in files.items() for text in (f"--{name}", str(path))]
    status, said = run("--orders", "0,1", "--ranges", "canonical with own=range", *options)
    assert status == 1
    assert "flush σ1[0..1]" in said
    value = json.loads(files["json"].read_text("utf-8"))
    schema = json.loads(resources.files("proofs.report.writers").joinpath("explore.schema.json").read_text("utf-8"))
    jsonschema.validate(value, schema)
    assert (value["scope"]["orders"], value["ranges"]) == ([0, 1], "canonical with own=range")
    trace = RangeTrace.from_json(json.loads(files["trace"].read_text("utf-8")))
    assert trace.to_json() == value["violations"][0]["trace"]
    assert "flush σ1[0..1]" in files["svg"].read_text("utf-8")
    assert "flush σ1[0..1]" in files["html"].read_text("utf-8")
    drawn = tmp_path / "again.svg"
    done = CliRunner().invoke(app, ["replay", str(files["trace"]), "--svg", str(drawn)])
    assert done.exit_code == 0, done.output
    assert drawn.read_text("utf-8") == files["svg"].read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--orders", "1"), "order 0 must be among its orders"),
        (("--orders", "0,x"), "write numbers from 0 to 15"),
        (("--orders", "0,5"), "a range of order 5 has 32 pages; a space has 2"),
        (("--orders", "0", "--properties", "x"), "ranges have no property 'x'"),
        (("--orders", "0", "--ranges", "x"), "no dialect of ranges is called 'x'"),
        (("--orders", "0", "--tau", "2"), "a scope with ranges has no use for it: leave --tau out"),
        (("--orders", "0", "--fault", "range-own-stay"), "no fault of ranges is called 'range-own-stay'"),
        (("--orders", "0", "--fault", "range-own-stays", "--fault", "x"), "--orders takes one --fault at a time"),
        (("--orders", "0", "--fault", "range-own-stays", "--ranges", "nova"), "faults of ranges are of the canonical"),
        (("--orders", "0", "--fault", "half-widens", "--properties", "states"), "leave --properties out"),
        (
            ("--orders", "0", "--fault", "half-widens", "--html", "/dev/null"),
            "a page to walk in is of operations without",
        ),
        (("--ranges", "fiasco"), "say with --orders which there are, or leave --ranges out"),
    ],
)
def test_the_command_refuses_in_one_line(arguments: tuple[str, ...], said: str) -> None:
    status, output = run(*arguments)
    assert (status, len(output.splitlines())) == (2, 1)
    assert said in output


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("range-takes-own", "after flush_range: only a slot in use has a frame in P"),
        ("order-one-less", "the database shows what the model shows"),
    ],
)
def test_the_command_explores_with_a_fault(fault: str, said: str, tmp_path: Path) -> None:
    files = {name: tmp_path / f"out.{name}" for name in ("json", "trace", "svg")}
    options = [text for name, path in files.items() for text in (f"--{name}", str(path))]
    status, output = run("--orders", "0,1", "--fault", fault, *options)
    assert status == 1
    assert said in " ".join(output.split())
    value = json.loads(files["json"].read_text("utf-8"))
    schema = json.loads(resources.files("proofs.report.writers").joinpath("explore.schema.json").read_text("utf-8"))
    jsonschema.validate(value, schema)
    assert (value["faults"], {len(each["trace"]["operations"]) for each in value["violations"]}) == ([fault], {1})
    assert json.loads(files["trace"].read_text("utf-8"))["fault"] == fault
    assert f"Fault {fault}: " in files["svg"].read_text("utf-8")


def test_the_command_lists_faults_and_says_what_representatives_stand_for() -> None:
    status, output = run("--orders", "0", "--fault", "list")
    assert status == 0
    assert "range-own-stays" in output
    assert "half-widens" in output
    status, output = run("--orders", "0,1", "--properties", "ranges__flush_range__leaves__nothing_below")
    assert status == 0
    assert "The representatives stand for 156 states and 2,720 transitions." in output
    status, output = run(
        "--orders", "0,1", "--no-symmetry", "--properties", "ranges__flush_range__leaves__nothing_below"
    )
    assert "representatives" not in output


@pytest.mark.long
def test_the_dialect_of_pages_is_that_of_the_ranges_unless_one_is_named() -> None:
    assert explore_ranges(RangeScope(1, 1, 1), RANGE_DIALECTS["nova"]).dialect == "nova"
    status, said = run("--orders", "0", "--ranges", "nova", "--dialect", "canonical")
    assert status == 0, said
    assert "dialect canonical, ranges nova" in " ".join(said.split())
