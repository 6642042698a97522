"""Locals whose address is taken, and structs filled and copied: executed as C does, or refused with their line."""

import shutil
from pathlib import Path

import pytest
import z3

from proofs.c_code.shapes import by_id
from proofs.execution.llvm.compiler import compiled
from proofs.execution.llvm.interpreter import Interpreter
from proofs.execution.llvm.program import UnsupportedError
from proofs.execution.llvm.reader import read_program
from proofs.execution.path import ExecutionError, paths
from proofs.execution.path import Path as Way
from proofs.execution.values import Node, Value, no_node
from proofs.obligations.c_code.binding import Binding, read_binding
from proofs.obligations.c_code.domain import CDomain
from proofs.obligations.c_code.memory import CMemory

HERE = Path(__file__).parent
pytestmark = pytest.mark.skipif(
    not any(shutil.which(name) for name in ("clang", "clang-14", "clang-19")), reason="no clang on the PATH"
)
HEAD = """#include <stdint.h>
#include <string.h>
struct node { struct node *parent, *first_child, *next, *prev; uint32_t space, page, frame, rights; };
struct node **node_of; struct node *free_list; uint32_t spaces, pages;
"""
A, B = (Value(z3.Const(name, Node), Way()) for name in "AB")


@pytest.fixture(scope="module")
def binding() -> Binding:
    return read_binding(HERE / "tree.toml")


def run(folder: Path, binding: Binding, text: str, *arguments: object) -> tuple[Way, object, CMemory]:
    """The one path through the function f: the path, the result and the data."""
    file = folder / "code.c"
    file.write_text(HEAD + text)
    program = read_program(compiled(file), file)
    memories: list[CMemory] = []

    def execute(path: Way) -> object:
        memories.append(CMemory(path))
        domain = CDomain(program, binding, memories[-1])
        domain.interpreter = Interpreter(program, path, domain)
        return domain.interpreter.run("f", *arguments)

    ((path, result),) = paths(execute)
    return path, result, memories[0]


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("static void set(int *out) { *out = 7; } int f(void) { int m; set(&m); return m; }", 7),
        ("static void set(int *out) { *out += 1; } int f(void) { int m = 4; set(&m); set(&m); return m; }", 6),
        ("struct two { int a, b; }; static void set(struct two *t) { t->b = 5; } "
         "int f(void) { struct two t = {0}, u; set(&t); u = t; return u.b * 10 + u.a; }", 50),
        ("static int at(const int *p) { return p[1]; } int f(void) { int m[3] = {4, 5, 6}; return at(m); }", 5),
        ("int f(void) { unsigned m; memset(&m, 1, sizeof m); return m == 0x01010101; }", 1),
    ],
)  # fmt: skip
def test_locals_in_memory_hold_what_was_written(tmp_path: Path, binding: Binding, text: str, result: int) -> None:
    path, found, _ = run(tmp_path, binding, text)
    assert found == result
    assert not path.demands


def test_what_is_assumed_and_false_is_undefined_behaviour(tmp_path: Path, binding: Binding) -> None:
    path, result, _ = run(tmp_path, binding, "int f(void) { int n = 2; __builtin_assume(n == 1); return n; }")
    assert result is None
    assert [(demand.what, z3.is_false(demand.formula())) for demand in path.demands] == [
        ("comes__nowhere_unreachable", True)
    ]


def test_a_local_that_was_not_written_is_demanded_not_to_be_used(tmp_path: Path, binding: Binding) -> None:
    text = "static int get(int *p) { return *p + 1; } int f(void) { int m; return get(&m); }"
    path, result, _ = run(tmp_path, binding, text)
    assert result is None
    assert [(each.what, z3.is_false(each.formula())) for each in path.demands] == [
        ("reads__nothing_uninitialised", True)
    ]


def held(memory: CMemory, column: str, node: Value) -> object:
    """What a field of a node is known to be."""
    return z3.simplify(memory.columns[column].held(node.term))


def test_a_node_is_filled_and_copied_as_a_whole(tmp_path: Path, binding: Binding) -> None:
    text = "void f(struct node *a, struct node *b) { memset(a, 0, sizeof *a); a->next = b; *b = *a; }"
    _, _, memory = run(tmp_path, binding, text, A, B)
    for node in (A, B):
        assert held(memory, "parent", node).eq(no_node)  # type: ignore[attr-defined]
        assert held(memory, "next_sibling", node).eq(B.term)  # type: ignore[attr-defined]


def test_a_node_goes_through_a_local(tmp_path: Path, binding: Binding) -> None:
    text = "void f(struct node *a, struct node *b) { struct node t = *a; t.next = 0; *b = t; }"
    _, _, memory = run(tmp_path, binding, text, A, B)
    assert held(memory, "next_sibling", B).eq(no_node)  # type: ignore[attr-defined]
    assert held(memory, "parent", B).eq(held(memory, "parent", A))  # type: ignore[attr-defined]


def test_a_literal_makes_a_whole_node(tmp_path: Path, binding: Binding) -> None:
    text = "void f(struct node *a, struct node *b) { *a = (struct node){.prev = b}; }"
    _, _, memory = run(tmp_path, binding, text, A, B)
    assert held(memory, "prev_sibling", A).eq(B.term)  # type: ignore[attr-defined]
    assert held(memory, "first_child", A).eq(no_node)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("void f(struct node *a, struct node *b) { memset(a, 0, 12); }", "no whole fields"),
        ("void f(struct node *a, struct node *b) { memset(a, 1, sizeof *a); }", "a pointer made of equal bytes"),
        ("void f(struct node *a, struct node *b) { memcpy(a, b, sizeof *a + 4); }", "no whole fields"),
        ("static int *out(void) { int m = 3, *p = &m; return p; } int f(struct node *a, struct node *b) "
         "{ return *out(); }", "used after its function has ended"),
        ("void f(struct node *a, struct node *b) { int m[2]; int *p = m; p[2] = 1; }", "8 bytes into m, which has 8"),
        ("static void low(uint8_t *p) { p[1] = 0; } void f(struct node *a, struct node *b) "
         "{ uint64_t m = 1; low((void *)&m); }", "over a part of something else"),
        ("void f(struct node *a, struct node *b) { struct node *m; a->next = (void *)&m; }", "taken for a pointer"),
        ("int f(struct node *a, struct node *b) { int m[a->page]; return m[0]; }", "unsupported"),
    ],
)  # fmt: skip
def test_what_is_no_whole_is_refused_with_its_line(tmp_path: Path, binding: Binding, text: str, what: str) -> None:
    with pytest.raises(UnsupportedError, match=rf"code\.c:5: unsupported: .*{what}" if what != "unsupported" else what):
        run(tmp_path, binding, text, A, B)


@pytest.mark.long
def test_a_local_does_not_change_in_a_loop_that_stands_for_all_turns(tmp_path: Path) -> None:
    """One turn is executed: what it leaves in memory is not what the last one does."""
    text = (HERE / "tree.c").read_text().replace("*seen = top;", "*seen = top;\n    int turns = 0;")
    text = text.replace("        remove_node(cursor);", "        count(&turns);\n        remove_node(cursor);")
    text = text.replace("void flush_below", "static void count(int *turns) { *turns = 1; }\n\nvoid flush_below")
    (tmp_path / "tree.c").write_text(text)
    with pytest.raises(ExecutionError, match="the local turns, whose address is taken, written in or behind a loop"):
        by_id(str(tmp_path / "tree.c"), str(HERE / "tree.toml"), (), "canonical")


def test_no_address_but_a_node_s_is_handed_to_what_is_proved_by_itself(tmp_path: Path) -> None:
    text = (
        (HERE / "tree.c")
        .read_text()
        .replace("        remove_node(cursor);", "        remove_node((void *)&cursor->prev);")
    )
    (tmp_path / "tree.c").write_text(text)
    with pytest.raises(ExecutionError, match="an address of no node handed to remove_node"):
        by_id(str(tmp_path / "tree.c"), str(HERE / "tree.toml"), (), "canonical")


@pytest.mark.parametrize(
    ("use", "stays"),
    [
        ("store i32 1, ptr %m", False),
        ("store i64 1, ptr %m", True),
        ("%n = load i64, ptr %m", True),
        ("%n = getelementptr i32, ptr %m, i64 1\n  store i32 1, ptr %n", True),
        ("store ptr %m, ptr %other", True),
    ],
)
def test_only_what_is_used_as_a_whole_is_promoted(tmp_path: Path, use: str, stays: bool) -> None:
    """The pass that promotes drops what is written outside of a local, and reads nothing from there."""
    file = tmp_path / "f.ll"
    file.write_text(f"define void @f(ptr %other) {{\n  %m = alloca i32, align 4\n  {use}\n  ret void\n}}\n")
    assert ("alloca i32" in compiled(file)) == stays
