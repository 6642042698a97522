"""The face: cheap to import, complete, and results that print well and are true only if all is shown."""

import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

import musigma
from model.ranges.readings import range_dialect_named
from model.ranges.scope import RangeScope
from model.ranges.trace import RangeTrace
from musigma import runs
from musigma.printing import html_table
from musigma.theory import APPENDIX_A
from proofs.audits.spaces import audit
from proofs.registry import registry
from tests import ROOT

MAPDB = f"{ROOT / 'docs' / 'examples' / 'mapdb.py'}:MappingDatabase"


def test_importing_it_imports_nothing_else() -> None:
    code = "import sys; before = {*sys.modules}; import musigma; print(*sorted({*sys.modules} - before))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {name.split(".")[0] for name in ended.stdout.split()} <= {"musigma", *sys.stdlib_module_names}


def test_every_name_is_there() -> None:
    for name in musigma.__all__:
        assert getattr(musigma, name).__name__ if name not in ("CANONICAL", "CONDITIONS", "DIALECTS") else True
    assert set(musigma.__all__) <= set(dir(musigma))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        musigma.nothing  # noqa: B018


def test_what_type_checkers_are_told_is_what_there_is() -> None:
    text = (ROOT / "musigma" / "__init__.py").read_text("utf-8")
    told = {
        line.split()[3]: line.split()[1]
        for line in text.splitlines()
        if line.startswith("    from ") and " as " in line
    }
    assert told == musigma._PLACES


@pytest.mark.long
def test_a_proof_is_true_and_prints() -> None:
    proof = musigma.prove("initial__has__forest", jobs=1)
    assert proof
    assert proof.exit_status == 0
    assert proof.verdicts == {"initial__has__forest": musigma.Verdict.PROVED}
    assert "initial__has__forest" in str(proof)
    assert "color:#15803d'>proved" in proof._repr_html_()
    assert proof.to_json()["exit_status"] == 0


@pytest.mark.long
def test_a_refuted_proof_is_false_and_shows_its_trace() -> None:
    proof = musigma.prove("map__preserves__no_frame_lost", dialect="canonical without no-frame-holder", jobs=1)
    assert not proof
    assert proof.exit_status == 1
    assert len(proof.traces["map__preserves__no_frame_lost"].operations) == 1
    assert "<iframe" in proof._repr_html_()
    assert repr(proof) == "<Proof: canonical without no-frame-holder: 1 refuted>"


@pytest.mark.long
def test_what_is_not_claimed_is_no_proof() -> None:
    value = musigma.prove("initial__has__forest", jobs=1)
    assert not replace(value, run=replace(value.run, results=()))
    unknown = value.run.results[0].ended(musigma.Verdict.UNKNOWN)
    assert not replace(value, run=replace(value.run, results=(unknown,)))


def test_names_that_are_none() -> None:
    with pytest.raises(ValueError, match="no obligation matches 'C99'"):
        musigma.prove("C99")
    with pytest.raises(ValueError, match="no obligation matches 'KeyServr'; did you mean KeyServer"):
        musigma.prove("KeyServr")
    with pytest.raises(ValueError, match="early-ascent is a fault, which comes with its dialect: leave dialect out"):
        musigma.counterexample("early-ascent", dialect="tree")
    with pytest.raises(ValueError, match="nothing is called 'not-ancestors'; did you mean not-ancestor"):
        musigma.counterexample("not-ancestors")
    with pytest.raises(ValueError, match="no dialect is called 'canonic'; did you mean canonical"):
        musigma.explore(dialect="canonic")
    lavish = replace(musigma.CANONICAL, readings=musigma.CANONICAL.readings._replace(passing=musigma.Passing.AS_GIVEN))
    with pytest.raises(ValueError, match="'canonical' does not name these readings"):
        musigma.prove("C1", dialect=lavish)
    with pytest.raises(ValueError, match="name one target"):
        musigma.check()


@pytest.mark.long
def test_a_counterexample_is_drawn() -> None:
    found = musigma.counterexample("not-ancestor")
    assert found
    assert found.trace is not None
    assert str(found).splitlines()[0] == "Violated: after map: no link leads to a page that is gone"
    assert "srcdoc=" in found._repr_html_()
    assert found.storyboard.last == 3


def test_a_counterexample_of_ranges_is_drawn() -> None:
    found = musigma.counterexample("range-takes-own")
    assert found
    assert isinstance(found.trace, RangeTrace)
    assert [operation.text(found.trace.scope) for operation in found.trace.operations] == ["flush σ0[0]"]
    assert str(found).splitlines()[0] == "Fault range-takes-own: a flush takes the range itself"
    assert "srcdoc=" in found._repr_html_()
    assert found.storyboard.drawn == "the theory with the fault range-takes-own"


def test_no_counterexample() -> None:
    none = musigma.counterexample("C1")
    assert not none
    assert none.trace is None
    assert "there is none: 3 spaces" in repr(none)
    assert none._repr_html_().startswith("<pre>")
    with pytest.raises(ValueError, match="there is none"):
        none.storyboard  # noqa: B018


def test_an_exploration() -> None:
    whole = musigma.explore(musigma.Scope(3, 1, 1))
    assert whole
    assert "<td style='text-align:left;color:" not in whole._repr_html_()
    part = musigma.explore(musigma.Scope(3, 1, 1), max_states=2)
    assert not part
    assert part.verdict == "truncated"
    assert "not known" in part._repr_html_()
    assert ">holds<" not in part._repr_html_()
    broken = musigma.explore(musigma.Scope(2, 2, 2), dialect="canonical without no-frame-holder")
    assert not broken
    assert "color:#b91c1c'>violated" in broken._repr_html_()
    assert "no-frame-lost" in broken.traces


@pytest.mark.long
def test_a_check_and_its_replay(tmp_path: Path) -> None:
    database = tmp_path / "broken.py"
    database.write_text(
        Path(MAPDB.rpartition(":")[0]).read_text("utf-8") + BROKEN.format(name="MappingDatabase"), "utf-8"
    )
    found = musigma.check(f"{database}:Broken", seconds=2, seed=1)
    assert not found
    assert found.verdict == "diverges"
    assert "diverges" in str(found)
    assert "srcdoc=" in found._repr_html_()
    trace = musigma.Trace("canonical", musigma.Scope(2, 1, 1), (musigma.Operation("map", 0, 1),))
    flushed = replace(trace, operations=(*trace.operations, musigma.Operation("flush", 0)))
    assert musigma.replay(flushed, MAPDB)
    again = musigma.replay(flushed.to_json(), f"{database}:Broken")
    assert not again
    assert "diverges in step 2" in repr(again)
    assert "srcdoc=" in again._repr_html_()
    assert musigma.replay(flushed).report is None


def test_steps_that_can_stand_in_no_trace() -> None:
    program = ["init 2 × 1 × 1", "map σ0[0] → σ1[0]", "look σ1[0]", "init 2 × 1 × 1", "flush σ9[0]"]
    steps = {"musigma_steps": 1, "dialect": "canonical", "steps": program, "shows": ""}
    again = musigma.replay(steps, MAPDB)
    assert again
    assert again.trace is None
    assert "4  flush σ9[0]" in str(again)
    assert "5 steps, dialect canonical: " in repr(again)
    assert "look σ1[0]" in again._repr_html_()
    with pytest.raises(ValueError, match="there is no picture"):
        again.storyboard  # noqa: B018
    with pytest.raises(ValueError, match="only a target can run these steps"):
        musigma.replay(steps)
    plain = musigma.replay({**steps, "steps": program[:2]})
    assert plain.trace is not None
    assert len(plain.trace.operations) == 1


BROKEN = """

class Broken({name}):
    def flush(self, *arguments):
        return 0
"""


@pytest.mark.long
def test_an_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proofs.audits.spaces.claimed", lambda: [registry()["map__preserves__irreflexive"]])
    monkeypatch.setattr("proofs.audits.spaces.audit", partial(audit, conditions=musigma.CONDITIONS[:2]))
    found = musigma.audit(["canonical"], jobs=1)
    assert found.verdicts["C1", "canonical"] == musigma.Verdict.PROVED
    assert [each.sentence[:10] for each in found.found.necessities] == ["not needed", "needed for"]
    assert not replace(found, found=replace(found.found, left=("tree",)))
    assert "Claims of the paper × dialects" in str(found)
    assert found._repr_html_().count("<tr>") == 13


def test_what_is_shown_is_escaped() -> None:
    assert html_table("a < b", ("&",), [("<script>",)]) == (
        "<table><caption>a &lt; b</caption><thead><tr><th style='text-align:left'>&amp;</th></tr></thead>"
        "<tbody><tr><td style='text-align:left'>&lt;script&gt;</td></tr></tbody></table>"
    )


@pytest.mark.long
def test_a_script_needs_no_guard(tmp_path: Path) -> None:
    """Worker processes do not run the user's script again."""
    script = tmp_path / "script.py"
    script.write_text("import musigma\nprint(repr(musigma.prove('initial__has__forest')))\n", "utf-8")
    ended = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert (ended.stdout, ended.stderr, ended.returncode) == ("<Proof: canonical: 1 proved>\n", "", 0)


def test_a_theory_is_taken_as_a_file() -> None:
    example = ROOT / "docs" / "examples" / "unmap_own.py"
    assert runs._theory(None, str(example))[0] is runs._theory(None, example)[0]
    assert "unmap_own" in runs._theory(None, example)[0].actions
    with pytest.raises(TypeError, match="a Theory is given as theory; write it into a file as THEORY"):
        musigma.prove("C1", theory=APPENDIX_A)  # type: ignore[arg-type]


def test_a_walk_shows_itself_and_is_true_only_if_all_is_there_and_right(tmp_path: Path) -> None:
    walk = musigma.walk(musigma.Scope(3, 1, 1))
    assert walk
    assert "<iframe" in walk._repr_html_()
    walk.save(tmp_path / "walk.html")
    assert "3 spaces × 1 page × 1 frame" in (tmp_path / "walk.html").read_text("utf-8")
    assert not musigma.walk(musigma.Scope(3, 1, 1), most=1)
    assert not musigma.walk(musigma.Scope(3, 1, 1), dialect="literal-lazy")
    assert not musigma.walk(musigma.Scope(3, 1, 1), faults=["frame-lost"])


@pytest.mark.long
def test_a_walk_of_ranges() -> None:
    scope = RangeScope(2, 2, 1, 0b11)
    walk = musigma.walk(scope)
    assert walk
    assert repr(walk).startswith(f"<Walk: {scope}, dialect canonical, ranges canonical: ")
    assert not musigma.walk(RangeScope(2, 2, 2, 0b11), ranges=range_dialect_named("canonical with own=range"))
    with pytest.raises(ValueError, match="with ranges is walked without faults"):
        musigma.walk(scope, faults=["frame-lost"])


def test_one_fault_alone_is_in_a_list_as_well() -> None:
    for asked in (musigma.walk, musigma.explore):
        with pytest.raises(ValueError, match=r"faults are a list of names, as in faults=\['frame-lost'\]"):
            asked(musigma.Scope(3, 1, 1), faults="frame-lost")


def test_a_walk_of_a_system() -> None:
    from musigma.searches import shootdown

    assert musigma.walk(shootdown())
    assert repr(musigma.walk(shootdown(waits=False))) == "<Walk: shootdown on two cores: 12 states>"


def test_a_walk_of_a_theory_of_ones_own() -> None:
    theory = ROOT / "docs" / "examples" / "unmap_own.py"
    walk = musigma.walk(musigma.Scope(2, 1, 1), theory=theory)
    assert walk
    assert repr(walk) == "<Walk: unmap_own: 2 spaces × 1 page × 1 frame, dialect canonical: 4 states>"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"theory": "x.py", "faults": ["frame-lost"]}, "without faults"),
        ({"rights": "q"}, "rights are none"),
        ({"faults": ["x"]}, "there is no fault 'x'"),
        ({"most": 0}, "at least one"),
    ],
)
def test_a_walk_of_nonsense(arguments: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        musigma.walk(**arguments)  # type: ignore[arg-type]


@pytest.mark.long
def test_a_dialect_is_found() -> None:
    found = musigma.check(MAPDB, dialect="auto", seconds=1, seed=1)
    assert found.dialects is not None
    assert found.dialects.dialect.name == "canonical"
