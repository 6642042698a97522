"""What C does beside what a rule looks at is demanded or refused: each of these was proved once, and is wrong."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from model.spaces.dialect import CANONICAL
from musigma.cli import app
from proofs.c_code.shapes import by_id
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.execution.path import ExecutionError
from proofs.obligations.c_code.binding import BindingError
from proofs.verdict import Verdict

ROOT = Path(__file__).parents[4]
CODE = (ROOT / "docs/examples/mapdb.c").read_text()
BINDING = (ROOT / "docs/examples/mapdb.toml").read_text().replace("../../refinement/check", f"{ROOT}/refinement/check")

LOOK = "const struct node *node = in_range(space, page) ? node_of[slot(space, page)] : NULL;\n"
GIVEN = "*rights = node ? node->rights : 0;"
CLEAR = "    table[slot(node->space, page)].frame = -1;\n"
VARIABLES = "static uint32_t spaces, pages, frames;"
FLUSH = "(space, page) || rights > MUSIGMA_ALL)\n        return MUSIGMA_REFUSED;\n    top"
FOUND = "    return node != NULL;"
ANSWER = "musigma_lookup__answers__what_the_database_says"

Change = tuple[str, str]

WRONG: dict[str, tuple[list[Change], str]] = {
    "a mask that only may have other bits, taken for one that has": (
        [(FLUSH, FLUSH.replace("rights >", "(rights & 15) >"))],
        "musigma_flush__ends__in_one_way",
    ),
    "an answer that is neither yes nor no": ([(FOUND, "    return node ? 2 : 0;")], "is_below__at_exit"),
    "an answer that is any number where it is to be no": (
        [(FOUND, "    return node ? 1 : (int)top->depth;")],
        "is_below__at_exit",
    ),
    "a look that removes what it finds": (
        [
            (LOOK, LOOK.removeprefix("const ")),
            (GIVEN, GIVEN + "int64_t frame = node ? (int64_t)node->frame : -1;"),
            (
                "    return node ? (int64_t)node->frame : -1;",
                "if (node && node->parent && !node->first_child) remove_node(node, node);\n    return frame;",
            ),
        ],
        ANSWER,
    ),
    "an answer with other bits than rights": ([(GIVEN, "*rights = node ? node->rights | 8 : 0;")], ANSWER),
    "a callee called with other bits than rights": (
        [("MUSIGMA_ALL & ~rights);\n    if (FAULT(FLUSH_TAKES", "~rights);\n    if (FAULT(FLUSH_TAKES")],
        "musigma_flush__calls__where_allowed",
    ),
    "a turn of a loop that writes, where the loop is to look only": (
        [
            (
                "    while (node && node != top)\n",
                "    while (node && node != top && (((struct node *)node)->rights = node->rights, 1))\n",
            )
        ],
        "is_below__keeps_invariant",
    ),
    "an entry too narrow for the mark of no frame": (
        [
            ("int64_t frame; /* -1", "uint32_t frame; /* -1"),
            ("if (FAULT(ENTRY_SURVIVES_OVERMAP) && entry->frame >= 0)\n        return;", ""),
            ("struct entry entry = {-1, 0};", "if (in_range(space, page)) {"),
            ("    if (in_range(space, page))\n        entry = table[slot(space, page)];\n", ""),
            (
                "    *rights = entry.rights;\n    return entry.frame;",
                "*rights = table[slot(space, page)].rights; return table[slot(space, page)].frame; } return -1;",
            ),
        ],
        "musigma_lookup_hw__answers__what_the_database_says",
    ),
    "a field of a local struct without a value": (
        [(LOOK, LOOK + "struct entry blank;\n"), (GIVEN, "*rights = node ? node->rights | (blank.rights == 5) : 0;")],
        "musigma_lookup__reads__nothing_uninitialised",
    ),
}

REFUSED: dict[str, tuple[list[Change], str]] = {
    "an index not scaled by the size of an element": (
        [(LOOK, LOOK.replace("node_of[slot(space, page)]", "*(struct node **)((char *)node_of + slot(space, page))"))],
        "an element of i8 of node_of, which has elements of 64 bits",
    ),
    "the second half of a field": (
        [(CLEAR, CLEAR + "    *(uint32_t *)((char *)&table[slot(node->space, page)] + 4) = 7;\n")],
        "an access 4 bytes into struct entry",
    ),
    "the next entry": (
        [(CLEAR, CLEAR + "    *(uint64_t *)((char *)&table[slot(node->space, page)] + 16) = 7;\n")],
        "an access 16 bytes into struct entry",
    ),
    "a part of a variable": (
        [("return space < spaces &&", "return space < *(uint8_t *)&spaces &&")],
        "i8 read or written where the variable spaces is i32",
    ),
    "more than a variable": (
        [(VARIABLES, f"static uint32_t counter; {VARIABLES}"), (LOOK, LOOK + "*(uint64_t *)&counter = 0;\n")],
        "i64 read or written where the variable counter is i32",
    ),
    "more than an argument points to": (
        [(GIVEN, GIVEN.replace("*rights", "*(uint64_t *)rights"))],
        "i64 read or written by an argument that points to 32 bits",
    ),
    "two elements of an array": (
        [("    mappings_of_frame[node->frame]--;", "    *(uint64_t *)&mappings_of_frame[node->frame] = 0;")],
        "i64 read or written of mappings_of_frame",
    ),
    "a field behind a bit field": (
        [
            (
                "uint32_t space, page, frame, rights, depth;",
                "unsigned flag : 1; uint32_t space, page, frame, rights, depth;",
            )
        ],
        "which has bit fields or is packed",
    ),
    "a number of a constant that has pointers, too": (
        [
            (VARIABLES, f"{VARIABLES}\nstatic const struct {{ uint32_t x; void *p; }} extra = {{5, 0}};"),
            (GIVEN, "*rights = node ? node->rights | *&extra.x : 0;"),
        ],
        "i32 at 0 bytes into the constant extra",
    ),
    "an alignment that is promised only": (
        [(LOOK, LOOK.replace("node_of[", "__builtin_assume_aligned(node_of[").replace("] :", "], 4096) :"))],
        "call void @llvm.assume",
    ),
    "a function that calls itself, once": (
        [(FOUND, "    if (node && top->depth) return is_below(node->parent, top);\n" + FOUND)],
        "recursion is not executed",
    ),
    "a number of a frame that another turn makes any number": (
        [
            ("    while (node && node != top)\n", "    uint32_t f = top->frame;\n    while (node && node != top)\n"),
            ("        node = node->parent;\n" + FOUND, "        node = node->parent, f++;\n    return node && f;"),
        ],
        "no invariant speaks of it",
    ),
}


def obligations_of(folder: Path, changes: list[Change], binding: str = BINDING) -> dict[str, object]:
    text = CODE
    for old, new in changes:
        assert text.count(old) == 1 or old == FOUND, old
        text = text.replace(old, new, 1)
    (folder / "m.c").write_text(text)
    if "counter" in text:  # it stands for nothing; a binding names only what there is
        binding = binding.replace('frames = "frames"', 'frames = "frames"\nignored = ["counter"]')
    (folder / "m.toml").write_text(binding)
    return dict(by_id(str(folder / "m.c"), str(folder / "m.toml"), (), "canonical"))


@pytest.mark.parametrize("what", sorted(WRONG))
@pytest.mark.slow
def test_wrong_c_is_not_proved(tmp_path: Path, what: str) -> None:
    changes, obligation = WRONG[what]
    found = obligations_of(tmp_path, changes)[obligation]
    conditions = list(found.conditions(CANONICAL, frozenset()))  # type: ignore[attr-defined]
    assert discharge_all(conditions, Satisfiable(), Settings(solvers=Solvers.Z3, seconds=30)).verdict != Verdict.PROVED


@pytest.mark.parametrize("what", sorted(REFUSED))
@pytest.mark.long
def test_what_no_rule_looks_at_is_refused(tmp_path: Path, what: str) -> None:
    changes, says = REFUSED[what]
    with pytest.raises(ExecutionError, match=says):
        obligations_of(tmp_path, changes)


@pytest.mark.slow
def test_a_truth_may_change_in_a_loop(tmp_path: Path) -> None:
    loop = "    while (node && node != top)\n"
    text = "    _Bool first = 1;\n    while (node && node != top && (first ? first = 0, 1 : 1))\n"
    assert "is_below__at_exit" in obligations_of(tmp_path, [(loop, text)])


def test_an_argument_stands_for_one_thing(tmp_path: Path) -> None:
    with pytest.raises(BindingError, match="'node' stands there twice"):
        obligations_of(tmp_path, [], BINDING.replace('arguments = ["node", "-"]', 'arguments = ["node", "node"]'))


def test_slots_have_one_numbering(tmp_path: Path) -> None:
    """Each may be one to one by itself, and what is written by the one is not found by the other."""
    column = "static size_t column(uint32_t space, uint32_t page) { return (size_t)page * spaces + space; }\n"
    more = '[functions.column]\nis = "slot_number"\narguments = ["space", "page"]\n\n[functions.remove_node]'
    with pytest.raises(BindingError, match=r"functions\.column: slot numbers slots already"):
        obligations_of(
            tmp_path,
            [("static int in_range(", column + "static int in_range("), (LOOK, LOOK.replace("slot(", "column("))],
            BINDING.replace("[functions.remove_node]", more),
        )


def test_rights_have_room_in_their_field(tmp_path: Path) -> None:
    with pytest.raises(BindingError, match="the field rights has 32 bits, not all of them"):
        obligations_of(tmp_path, [], BINDING.replace("r = 4\n", "r = 4294967296\n"))


@pytest.mark.slow
def test_a_report_tells_which_functions_no_proof_executes() -> None:
    files = [str(ROOT / "docs/examples/mapdb.c"), "--binding", str(ROOT / "docs/examples/mapdb.toml")]
    done = CliRunner().invoke(app, ["prove", "slot__numbers__in_range", "--c", *files, "--solver", "z3"])
    assert done.exit_code == 0
    assert "no proof executes musigma_abi_version, musigma_check, musigma_init" in done.output


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pattern", "said"), [("remove_node__at_exit", True), ("slot__numbers__*", False)], ids=["a caller", "the callee"]
)
def test_a_report_tells_what_was_relied_on_and_not_proved(pattern: str, said: bool) -> None:
    tree = Path(__file__).with_name("tree.c")
    command = ["prove", pattern, "--c", str(tree), "--binding", str(tree.with_suffix(".toml")), "--solver", "z3"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0
    assert ("rests on what was not proved here of slot" in done.output) == said
