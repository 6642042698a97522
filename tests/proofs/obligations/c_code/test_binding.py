"""What a binding says and no proof would look at is refused: each entry matches something of the code."""

import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from musigma.cli import app
from proofs.execution.llvm.compiler import compiled
from proofs.execution.llvm.program import Program
from proofs.execution.llvm.reader import read_program
from proofs.obligations.c_code.binding import BindingError, read_binding
from proofs.obligations.c_code.binding_check import check_against
from tests import ROOT

EXAMPLES = ROOT / "docs/examples"
NEVER = 'never = ["return -1;"]'
TAKEN = 'never = ["if (node) is False"]'
ELSEWHERE = 'elsewhere = ["node->depth = parent ? parent->depth + 1 : 0;", "else if (parent) is False"]'

pytestmark = pytest.mark.skipif(
    not any(shutil.which(name) for name in ("clang", "clang-14", "clang-19")), reason="no clang on the PATH"
)


@pytest.fixture(scope="module")
def database() -> Program:
    file = EXAMPLES / "mapdb.c"
    return read_program(compiled(file, [f"-I{ROOT}/refinement/check"]), file)


def binding(folder: Path, old: str = "", new: str = "") -> Path:
    """The example's, changed in one place."""
    text = (EXAMPLES / "mapdb.toml").read_text()
    assert old in text
    text = text.replace(old, new, 1).replace("../../refinement/check", f"{ROOT}/refinement/check")
    (folder / "mapdb.toml").write_text(text)
    return folder / "mapdb.toml"


LINES = [
    ("another line", NEVER, 'never = ["return -2;"]', "functions.musigma_map.never: ", "'return -2;'", "'return -1;'"),
    (
        "a line of another function",
        NEVER,
        'never = ["free_nodes = node->next;"]',
        "functions.musigma_map.never: ",
        "'free_nodes = node->next;'",
        "",
    ),
    (
        "the other way is named otherwise",
        TAKEN,
        'never = ["if (node) is false"]',
        "functions.take_node.never: ",
        "'if (node) is false'",
        "'if (node) is True', 'if (node) is False'",
    ),
    (
        "which decision of the line is not said",
        "(decision 2) is False",
        "is False",
        "functions.is_refused.never: ",
        "'if (target && source != target && is_below(source, target)) is False'",
        "'if (target && source != target && is_below(source, target)) (decision 2) is False'",
    ),
    (
        "a space too many",
        ELSEWHERE,
        'elsewhere = ["else if  (parent) is False"]',
        "functions.link_node.elsewhere: ",
        "'else if  (parent) is False'",
        "'else if (parent) is False'",
    ),
]


@pytest.mark.parametrize(
    ("old", "new", "where", "named", "instead"), [each[1:] for each in LINES], ids=[each[0] for each in LINES]
)
def test_a_line_that_is_none_of_the_function_is_refused(
    tmp_path: Path, database: Program, old: str, new: str, where: str, named: str, instead: str
) -> None:
    """Passed over it would look as if the case was shown never to happen."""
    file = binding(tmp_path, old, new)
    with pytest.raises(BindingError, match=re.escape(f"{file}: {where}in ")) as caught:
        check_against(read_binding(file), database)
    said, _, there = str(caught.value).partition("; there are ")
    assert named in said
    assert f"of {EXAMPLES / 'mapdb.c'} no block begins" in said
    assert instead in there
    assert there


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            '"without_w"]',
            '"without_w", "colour"]',
            "node.ignored: struct node has no field colour, or one of some bits",
        ),
        (
            '"../../refinement/check"',
            '"no/such/folder"',
            "compile.include: there is no folder no/such/folder",
        ),
        (
            'is = "flush"\n',
            'is = "flush"\ncells = 5\n',
            "functions.musigma_flush.cells: flush has none: leave it out; those of map and grant are counted",
        ),
        (
            TAKEN,
            'loops = [{ follows = "climb", cursor = "node" }]',
            "functions.take_node.loops: inlined has none: leave it out; a function with loops is proved by itself",
        ),
        (
            'is = "slot_number"\n',
            'is = "slot_number"\nnever = ["x"]\n',
            "functions.slot.never: slot_number has none: leave it out; which of its lines are executed is not asked",
        ),
        (
            'is = "slot_number"\n',
            'is = "slot_number"\nelsewhere = ["x"]\n',
            "functions.slot.elsewhere: slot_number has none: leave it out",
        ),
        (
            'follows = "climb", cursor = "node"',
            'follows = "climb", cursor = "node", leaving = true',
            "functions.is_below.loops.0.leaving: climb does not speak of it: leave it out",
        ),
        (
            TAKEN,
            'arguments = ["node"]',
            "functions.take_node.arguments: 'node' is nothing that inlined has; write - for what does not matter",
        ),
        (
            'arguments = ["lower", "upper"]',
            'arguments = ["lower", "top"]',
            "functions.is_below.arguments: 'top' is nothing that is_below has; write lower, upper, or - for",
        ),
    ],
)
def test_what_no_proof_would_look_at_is_refused(
    tmp_path: Path, database: Program, old: str, new: str, says: str
) -> None:
    file = binding(tmp_path, old, new)
    with pytest.raises(BindingError, match=re.escape(f"{file}: {says}")):
        check_against(read_binding(file), database)


def test_the_example_fits(tmp_path: Path, database: Program) -> None:
    check_against(read_binding(binding(tmp_path)), database)


def test_the_command_says_in_one_line_what_matches_nothing(tmp_path: Path) -> None:
    file = binding(tmp_path, TAKEN, 'never = ["if (node) is false"]')
    done = CliRunner().invoke(app, ["prove", "--c", str(EXAMPLES / "mapdb.c"), "--binding", str(file)])
    said = " ".join(done.output.split())
    assert done.exit_code == 2
    assert "functions.take_node.never: in take_node of" in said
    assert "'if (node) is True', 'if (node) is False'" in said
    assert "Traceback" not in done.output
