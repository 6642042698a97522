"""A proof of C says which operations of the interface its binding leaves out, and does not look like a whole one."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from musigma.cli import app
from proofs.prove_c import left_out

ROOT = Path(__file__).parents[2]
INCLUDE = f'shape = "tree"\n\n[compile]\ninclude = ["{ROOT}/refinement/check"]\n'
HEAD = (ROOT / "docs/examples/mapdb.toml").read_text().partition("[functions.slot]")[0].partition("[node]")
SLOT = '[functions.slot]\nis = "slot_number"\narguments = ["space", "page"]\n'
LOOKUP = '[functions.musigma_lookup]\nis = "lookup"\narguments = ["src.space", "src.page", "out"]\n'
CODE = (ROOT / "docs/examples/mapdb.c").read_text()
TREE = ROOT / "tests/proofs/obligations/c_code/tree.c"


def bound(folder: Path, functions: str, code: str = CODE) -> tuple[Path, Path]:
    """The example with those functions bound only."""
    file, binding = folder / "m.c", folder / "m.toml"
    file.write_text(code)
    binding.write_text(INCLUDE + HEAD[1] + HEAD[2] + functions)
    return file, binding


@pytest.mark.parametrize(
    ("functions", "lacking"),
    [
        (SLOT, "map grant flush lookup lookup_hw"),
        (SLOT + LOOKUP, "map grant flush lookup_hw"),
        (SLOT + LOOKUP.replace("_lookup]", "_lookup_hw]"), "map grant flush lookup lookup_hw"),
    ],
    ids=["none", "lookup", "another as lookup"],
)
def test_operations_that_the_binding_leaves_out_are_named(tmp_path: Path, functions: str, lacking: str) -> None:
    assert left_out(*bound(tmp_path, functions), ()) == tuple(f"musigma_{name}" for name in lacking.split())


def test_an_operation_may_have_another_name(tmp_path: Path) -> None:
    functions = (SLOT + LOOKUP).replace("musigma_lookup", "my_lookup")
    code = CODE.replace("musigma_", "my_").replace("my_h", "musigma_h").replace('"my_', '"musigma_')
    code = code.replace("my_init", "musigma_init").replace("MY_", "MUSIGMA_")
    found = left_out(*bound(tmp_path, functions, code), ())
    assert found == ("musigma_map", "musigma_grant", "musigma_flush")  # and no lookup_hw, which is optional


@pytest.mark.long
def test_the_whole_example_leaves_nothing_out() -> None:
    for name in ("mapdb", "preorder"):
        assert left_out(ROOT / f"docs/examples/{name}.c", ROOT / f"docs/examples/{name}.toml", ()) == ()


def test_functions_alone_are_no_mapping_database() -> None:
    assert left_out(TREE, TREE.with_suffix(".toml"), ()) == ()


@pytest.mark.long
@pytest.mark.parametrize(("pattern", "status"), [([], 3), (["slot__*"], 0)], ids=["all", "chosen"])
def test_a_proof_that_leaves_operations_out_is_not_a_whole_one(tmp_path: Path, pattern: list[str], status: int) -> None:
    file, binding = bound(tmp_path, SLOT)
    command = ["prove", *pattern, "--c", str(file), "--binding", str(binding), "--solver", "z3", "--jobs", "1"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == status, done.output
    assert "the binding names no function as musigma_map, musigma_grant" in done.output
