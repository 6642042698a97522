"""Lists in pre-order, in C: the example is proved, and what is wrong in one place is refuted by a named obligation."""

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
import z3
from typer.testing import CliRunner

from model.spaces.dialect import CANONICAL
from musigma.cli import app
from proofs.c_code.shapes import by_id
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.execution.path import ExecutionError
from proofs.obligations.c_code.obligations import CObligation
from proofs.obligations.c_preorder.state import INVARIANTS, fresh, holds
from proofs.verdict import Verdict
from tests import ROOT
from tests.proofs.obligations.c_preorder.variants import (
    BINDING,
    CODE,
    GRANTED,
    WRONG,
    obligations_of,
)

pytestmark = pytest.mark.skipif(
    not any(shutil.which(name) for name in ("clang", "clang-14", "clang-19")), reason="no clang on the PATH"
)

QUICK = (
    "missing back link",
    "depth wraps in 8 bits",
    "freed node kept in node_of",
    "an answer with bits that are no rights",
)


def refuted(obligation: CObligation) -> bool:
    """Whether some condition has a counterexample."""
    for condition in obligation.conditions(CANONICAL, frozenset()):
        solver = z3.Solver()
        solver.set("timeout", 30_000)
        solver.add(*condition.hypotheses.values(), z3.Not(condition.goal))
        if solver.check() == z3.sat:
            return True
    return False


def verdict(obligation: CObligation) -> Verdict:
    """What z3 says; hypotheses of what is proved were evaluated in a model."""
    conditions = list(obligation.conditions(CANONICAL, frozenset()))
    outcome = discharge_all(conditions, Satisfiable(), Settings(solvers=Solvers.Z3, seconds=30))
    assert outcome.evaluated or outcome.verdict != Verdict.PROVED
    return outcome.verdict


@pytest.mark.long
@pytest.mark.parametrize(
    "what", [what if what in QUICK else pytest.param(what, marks=pytest.mark.slow) for what in WRONG]
)
def test_what_is_wrong_is_refuted(tmp_path: Path, what: str) -> None:
    wrong = WRONG[what]
    assert refuted(obligations_of(tmp_path, wrong.old, wrong.new, wrong.depth)[wrong.falls])


@pytest.mark.parametrize("depth", ["uint8_t", "uint16_t", "uint32_t"])
@pytest.mark.slow
def test_right_c_is_proved_whatever_the_width_of_a_depth(tmp_path: Path, depth: str) -> None:
    found = obligations_of(tmp_path, depth=depth)
    asked = sorted({wrong.falls for wrong in WRONG.values()} & found.keys())
    assert {name: verdict(found[name]) for name in asked} == dict.fromkeys(asked, Verdict.PROVED)


@pytest.mark.long
def test_what_the_ghost_says_is_what_is_meant(tmp_path: Path) -> None:
    found = obligations_of(tmp_path)
    for name in ("lists__define__below", "lists__pin__below"):
        assert verdict(found[name]) == Verdict.PROVED


@pytest.mark.long
def test_a_chain_that_wraps_is_told(tmp_path: Path) -> None:
    sentence = obligations_of(tmp_path, depth="uint8_t")["musigma_map__wraps__no_depth"].sentence
    assert "in 8 bits a chain of 257 mappings would" in sentence


@pytest.mark.parametrize("name", INVARIANTS)
def test_no_invariant_follows_from_the_others(name: str) -> None:
    """Each can be false where the others hold, so that none of them is true of whatever there is."""
    others = {each: formula for each, formula in holds(fresh("", 8)).items() if each != name}
    solver = z3.Solver()
    solver.set("timeout", 20_000)
    solver.add(*others.values(), z3.Not(INVARIANTS[name].formula(fresh("", 8))))
    assert solver.check() == z3.sat


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('depth = "depth"\n', "", "node: 'depth' is a required property"),
        ('depth = "depth"', 'parent = "depth"', "node: "),
        ('is = "create"', 'is = "flush_below"', "'flush_below' is not one of"),
        ('follows = "scan"', 'follows = "climb"', "'climb' is not one of"),
        (
            'cursor = "each"',
            'cursor = "it"',
            "lists.c:89: the loop has no one variable 'it' at its head; there are each",
        ),
        ('follows = "scan"', 'follows = "end"', "is_below has no loop that follows 'end'; write scan"),
        (
            'pages = "pages"\n',
            'pages = "pages"\npage_table = { variable = "t", struct = "t", frame = "f", rights = "r" }\n',
            "globals.page_table: data of the shape preorder has none: leave it out",
        ),
        (
            'arguments = ["node"]',
            'arguments = ["node"]\nnever = ["x"]',
            "functions.remove_node.never: data of the shape preorder has none: leave it out",
        ),
        ('shape = "preorder"', 'shape = "tree"', "node: "),
        ('pages = "pages"', 'pages = "spaces"', "globals: the variable spaces stands for two things"),
        (
            'pages = "pages"',
            'pages = "pages"\nignored = ["pages"]',
            "globals: the variable pages stands for two things",
        ),
    ],
)
def test_a_wrong_binding_is_one_line_that_says_where(tmp_path: Path, old: str, new: str, says: str) -> None:
    (tmp_path / "lists.c").write_text(CODE)
    assert BINDING.count(old) >= 1
    text = BINDING.replace(old, new, 1).replace("../../refinement/check", f"{ROOT}/refinement/check")
    (tmp_path / "lists.toml").write_text(text)
    command = ["prove", "--c", str(tmp_path / "lists.c"), "--binding", str(tmp_path / "lists.toml")]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 2
    assert says in " ".join(done.output.replace("│", " ").split())
    assert "Traceback" not in done.output


@pytest.mark.long
def test_reports_name_the_file_and_the_line_at_which_it_fails(tmp_path: Path) -> None:
    wrong = WRONG["missing back link"]
    obligations_of(tmp_path, wrong.old, wrong.new)
    file, said = tmp_path / "lists.c", {end: tmp_path / f"said.{end}" for end in ("sarif", "xml")}
    command = ["prove", wrong.falls, "--c", str(file), "--binding", str(tmp_path / "lists.toml"), "--solver", "z3"]
    done = CliRunner().invoke(app, [*command, "--sarif", str(said["sarif"]), "--junit", str(said["xml"])])
    assert done.exit_code == 1, done.output
    lines = file.read_text().splitlines()
    begins = next(number for number, text in enumerate(lines, 1) if text.startswith("static void create_node("))
    line = next(number for number, text in enumerate(lines, 1) if number > begins and text == "}")
    (result,) = json.loads(said["sarif"].read_text())["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert (Path(place["artifactLocation"]["uri"]).name, place["region"]["startLine"]) == ("lists.c", line)
    (case,) = ElementTree.parse(said["xml"]).getroot().iter("testcase")
    assert (case.findtext("failure") or "").endswith(f"lists.c:{line}")


@pytest.mark.long
def test_an_address_of_no_node_is_not_handed_to_what_is_proved_by_itself(tmp_path: Path) -> None:
    """Its proof takes pointers for nodes, so that what it writes there would be seen by nobody."""
    text = CODE.replace(
        "static void remove_node(struct node *node)", "static void remove_node(struct node *node, void *of)"
    )
    text = text.replace("remove_node(node);", "remove_node(node, NULL);").replace(
        "remove_node(top);", "remove_node(top, &spaces);"
    )
    (tmp_path / "lists.c").write_text(text)
    binding = BINDING.replace('arguments = ["node"]', 'arguments = ["node", "-"]')
    (tmp_path / "lists.toml").write_text(binding.replace("../../refinement/check", f"{ROOT}/refinement/check"))
    with pytest.raises(ExecutionError, match="an address of no node handed to remove_node"):
        by_id(str(tmp_path / "lists.c"), str(tmp_path / "lists.toml"), (), "canonical")


def test_promises_that_rest_on_each_other_are_refused(tmp_path: Path) -> None:
    """Two functions that only call each other would each be proved by what is taken of the other, and never end."""
    head = "static void remove_node(struct node *node)"
    body = CODE[CODE.index(head) : CODE.index("static int is_below")]
    one, other = (head.replace("remove_node", name) for name in ("remove_node", "remove_other"))
    text = CODE.replace(body, f"{other};\n{one} {{ remove_other(node); }}\n{other} {{ remove_node(node); }}\n")
    (tmp_path / "lists.c").write_text(text)
    more = '\n[functions.remove_other]\nis = "remove"\narguments = ["node"]\n'
    binding = BINDING.replace('[functions.unlink_node]\nis = "inlined"\n', "") + more
    (tmp_path / "lists.toml").write_text(binding.replace("../../refinement/check", f"{ROOT}/refinement/check"))
    with pytest.raises(ExecutionError, match="remove_node is called inside of itself: recursion"):
        by_id(str(tmp_path / "lists.c"), str(tmp_path / "lists.toml"), (), "canonical")


@pytest.mark.long
@pytest.mark.parametrize("more", ["", " | 8"])
def test_rights_may_be_narrow_and_have_no_other_bits(tmp_path: Path, more: str) -> None:
    """Rights that are cut off to the width of their field are the same rights, and other bits may be left."""
    text = CODE.replace("uint32_t space, page, frame, rights;", "uint32_t space, page, frame;\n    uint8_t rights;")
    (tmp_path / "lists.c").write_text(text.replace("node->rights = rights;", f"node->rights = rights{more};"))
    (tmp_path / "lists.toml").write_text(BINDING.replace("../../refinement/check", f"{ROOT}/refinement/check"))
    found = by_id(str(tmp_path / "lists.c"), str(tmp_path / "lists.toml"), (), "canonical")
    assert verdict(found["create_node__at_exit"]) == Verdict.PROVED
    others = found.get("create_node__keeps__rights_in_range")
    assert (others is not None and verdict(others) != Verdict.PROVED) == bool(more)


@pytest.mark.long
def test_a_grant_may_name_the_node_anew_before_the_old_slot_forgets_it(tmp_path: Path) -> None:
    erased, placed = GRANTED.splitlines(keepends=True)[1:]
    found = obligations_of(tmp_path, erased + placed, placed + erased)
    for name in ("musigma_grant__preserves__slot_node", "musigma_grant__preserves__room"):
        assert verdict(found[name]) == Verdict.PROVED


@pytest.mark.parametrize(
    ("old", "new", "binding", "says"),
    [
        ("", "", 'is = "slot_number"\narguments = ["space", "page"]', "names no function that numbers slots"),
        (
            "    node_of[slot(node->space, node->page)] = NULL;\n",
            "    heads[node->frame].next = node;\n",
            "",
            "an address in the variable heads: of neither shape are nodes that are named by numbers, or heads",
        ),
    ],
    ids=["no function that numbers slots", "an array of nodes"],
)
def test_what_is_not_recognised_is_said(tmp_path: Path, old: str, new: str, binding: str, says: str) -> None:
    text = CODE.replace(old, new, 1).replace("static uint32_t", "static struct node heads[9];\nstatic uint32_t", 1)
    (tmp_path / "lists.c").write_text(text)
    bound = BINDING.replace(binding, 'is = "inlined"') if binding else BINDING
    (tmp_path / "lists.toml").write_text(bound.replace("../../refinement/check", f"{ROOT}/refinement/check"))
    with pytest.raises(ExecutionError, match=says):
        by_id(str(tmp_path / "lists.c"), str(tmp_path / "lists.toml"), (), "canonical")
