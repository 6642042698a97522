"""C that tries what no proof sees is refused with its line, or refuted by a named obligation; none of it is proved.

Each line is put into ``remove_node`` of tree.c, behind the unlinking; ``first`` are declarations before it.
"""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import z3

from model.spaces.dialect import CANONICAL
from proofs.c_code.shapes import by_id
from proofs.execution.path import ExecutionError
from proofs.obligations.c_code.binding import BindingError
from proofs.obligations.c_code.obligations import CObligation

pytestmark = pytest.mark.skipif(
    not any(shutil.which(name) for name in ("clang", "clang-14", "clang-19")), reason="no clang on the PATH"
)

HERE = Path(__file__).parent
CODE, BINDING = ((HERE / f"tree{end}").read_text("utf-8") for end in (".c", ".toml"))
UNLINKED = "    unlink(node);\n"
HEAD = "void remove_node(struct node *node)\n{"


@dataclass(frozen=True)
class Try:
    """A line of C, and what is said of it: a part of the refusal, or the obligation that falls."""

    line: str
    said: str
    first: str = ""


REFUSED = {
    "a pointer as a number": Try("if ((uintptr_t)node & 1) return;", "ptrtoint"),
    "a number as a pointer": Try("((struct node *)(uintptr_t)node->space)->rights = 0;", "inttoptr"),
    "the node behind a node": Try("(node + 1)->rights = 0;", "an address computed from node"),
    "a node before its array": Try("node[-1].rights = 0;", "an address computed from node"),
    "a byte of a pointer": Try("*(char *)node = 0;", "i8 read or written where node.parent has 64 bits"),
    "two fields at once": Try("*(uint64_t *)&node->space = 0;", "i64 read or written where node.space has 32 bits"),
    "a field by way of the one before it": Try("(&node->next)[1] = 0;", "an address computed from byte 16 of struct"),
    "a node by way of its field": Try(
        "((struct node *)((char *)&node->next - 16))->rights = 8;", "an address computed from byte"
    ),
    "some bytes of a node": Try("__builtin_memcpy(node, node->parent, 12);", "12 bytes at 0 of struct node"),
    "more bytes than a node has": Try(
        "__builtin_memcpy(node, node->parent, sizeof *node + 8);", "56 bytes at 0 of struct node"
    ),
    "bytes that are no NULL": Try("__builtin_memset(node, 1, sizeof *node);", "a pointer made of equal bytes"),
    "bytes that may overlap": Try("__builtin_memmove(node, node->prev, sizeof *node);", "llvm.memmove"),
    "a union": Try("union { struct node *p; uint64_t n; } u; u.p = node; if (u.n & 8) free_list = 0;", "union"),
    "a volatile local": Try("volatile int v = 1; if (!v) return;", "volatile"),
    "an atomic addition": Try("__atomic_fetch_add(&node->rights, 1, __ATOMIC_SEQ_CST);", "atomicrmw"),
    "an atomic read": Try("if (__atomic_load_n(&spaces, __ATOMIC_RELAXED)) return;", "load atomic"),
    "assembly": Try('__asm__ volatile("nop" ::: "memory");', "asm"),
    "assembly that changes a local": Try('__asm__("" : "+r"(node));', "asm"),
    "a jump that never ends": Try("again: if (node->rights) goto again;", "remove_node has 1 loops"),
    "a call of itself": Try("if (node->rights) remove_node(node);", "recursion"),
    "a pointer to a function": Try("hook(node);", "call void", "void (*hook)(struct node *);\n"),
    "a function of another file": Try("outside(node);", "a call of outside", "void outside(struct node *);\n"),
    "a node given back": Try("free(node->prev);", "a call of free", "void free(void *);\n"),
    "a program that ends": Try("if (node->rights == 3) abort();", "a call of abort", "_Noreturn void abort(void);\n"),
    "a trap": Try("if (node->space == 5) __builtin_trap();", "llvm.trap"),
    "a variable that is not bound": Try("count++;", "the variable count", "static int count;\n"),
    "a node in a variable that is not bound": Try(
        "if (last) last->rights = 0; last = node;", "the variable last", "static struct node *last;\n"
    ),
    "a static local": Try("static int once; if (once) return; once = 1;", "once"),
    "a number that is taken to stay": Try("pages--;", "a write to the variable pages"),
    "an array that is taken to stay": Try("node_of = 0;", "a write to the variable node_of"),
    "a constant written to": Try("static const uint32_t k = 1; *(uint32_t *)&k = 2;", "k"),
    "an index of a local that is any number": Try("int a[4] = {0}; a[node->space] = 1;", "the local a"),
    "an array of any size": Try("char a[node->space]; a[0] = 1;", ""),
    "a local that is no more": Try(
        "node = *leak(node);",
        "the local x used after its function has ended",
        "static struct node **leak(struct node *n) { struct node *x = n; return &x; }\n",
    ),
    "a pointer that is said not to be NULL": Try(
        "touch(node->parent);",
        "nonnull",
        "__attribute__((nonnull)) static void touch(struct node *n) { if (n) return; }\n",
    ),
    "a pointer that is said to be an array": Try(
        "touch(node->parent);", "dereferenceable", "static void touch(struct node n[static 1]) { if (n) return; }\n"
    ),
    "two pointers that are said to differ": Try(
        "both(node, node);",
        "noalias",
        "static void both(struct node *restrict a, struct node *restrict b) { a->rights = 0; b->rights = 0; }\n",
    ),
    "a function that is said to write nothing": Try(
        "if (peek(node)) return;",
        "memory",
        "__attribute__((pure)) static int peek(struct node *n) { n->rights = 1; return 0; }\n",
    ),
    "a function that is said to read nothing": Try(
        "if (peek(node)) return;",
        "memory",
        "__attribute__((const)) static int peek(struct node *n) { return !n->rights; }\n",
    ),
    "bytes that are in both places": Try(
        "__builtin_memcpy(&node->page, &node->space, 8);", "8 bytes at 32 of struct node copied to 36"
    ),
    "bytes of a local that are in both places": Try(
        "uint32_t a[4] = {0}; __builtin_memcpy(a + 1, a, 8);", "8 bytes of a copied to where some of them are"
    ),
    "a local of no whole bytes": Try(
        "uint8_t b[4] = {0}; *(_BitInt(20) *)b = 0x70000; if (b[2]) return;", "no whole number of bytes"
    ),
    "a pointer that is said to be aligned": Try(
        "if (take(node)) return;",
        "align 4096",
        "__attribute__((assume_aligned(4096))) static struct node *take(struct node *n) { return n; }\n",
    ),
    "a fraction": Try("float f = node->rights; if (f > 2.5f) return;", "uitofp"),
    "a number of an overflow": Try(
        "uint32_t o; if (__builtin_add_overflow(node->rights, 1u, &o)) return;", "extractvalue"
    ),
}

REFUTED = {
    "NULL is followed": Try("node->parent->parent->rights = 1;", "remove_node__accesses__nodes"),
    "a sum with a sign": Try("int z = (int)node->space; z = z * 7; (void)z;", "remove_node__overflows__nowhere"),
    "a sum that is taken not to overflow": Try(
        "int i = (int)(node->space & 0x7fffffff); i++; if (i < 0) free_list = 0;", "remove_node__overflows__nowhere"
    ),
    "a shift by any number": Try("uint32_t z = 1u << node->space; (void)z;", "remove_node__overflows__nowhere"),
    "a division by any number": Try("uint32_t z = 100 / node->space; (void)z;", "remove_node__overflows__nowhere"),
    "a division that has no room for what comes out": Try(
        "int z = (int)node->space; z = z / -1; (void)z;", "remove_node__overflows__nowhere"
    ),
    "a case that is said never to come": Try(
        "if (node->rights) __builtin_unreachable();", "remove_node__comes__nowhere_unreachable"
    ),
    "numbers of slots out of range, taken for one": Try(
        "uint32_t far = node->rights * 3u; if (far >= spaces && slot(far, 0) != slot(far, 1)) __builtin_unreachable();",
        "remove_node__comes__nowhere_unreachable",
    ),
    "an assumption": Try("__builtin_assume(node->rights == 0);", "remove_node__comes__nowhere_unreachable"),
    "a case that falls through": Try(
        "switch (node->rights) { case 1: case 3: free_list = 0; default: break; }",
        "remove_node__preserves__neighbours",
    ),
    "bits of the parent that are no rights": Try(
        "if (node->parent) node->parent->rights |= 1u << 31;", "remove_node__keeps__rights_in_range"
    ),
    "a field of the parent": Try("if (node->parent) node->parent->rights = 0;", "remove_node__at_exit"),
    "the parent through another name": Try(
        "struct node *p = node->parent; if (p) { struct node *q = p; q->first_child = 0; }",
        "remove_node__preserves__no_child",
    ),
}


def obligations_of(folder: Path, wrong: Try) -> dict[str, CObligation]:
    """Those of tree.c with a line more."""
    text = CODE.replace(UNLINKED, f"{UNLINKED}    {wrong.line}\n", 1).replace(HEAD, wrong.first + HEAD, 1)
    (folder / "tree.c").write_text(text)
    (folder / "tree.toml").write_text(BINDING)
    return by_id(str(folder / "tree.c"), str(folder / "tree.toml"), (), "canonical")


@pytest.mark.parametrize("what", REFUSED)
def test_what_no_proof_sees_is_refused_with_its_line(tmp_path: Path, what: str) -> None:
    with pytest.raises((ExecutionError, BindingError)) as found:
        obligations_of(tmp_path, REFUSED[what])
    assert REFUSED[what].said in str(found.value)
    assert re.search(r"tree\.c:\d+: unsupported: |at lines \d+", str(found.value))
    assert len(str(found.value)) < 300, "no value of the execution is written out"


def test_a_part_of_a_variable_numbers_no_slot(tmp_path: Path) -> None:
    (tmp_path / "tree.c").write_text(CODE.replace("(size_t)space * pages", "(size_t)space * *(uint8_t *)&pages"))
    (tmp_path / "tree.toml").write_text(BINDING)
    found = by_id(str(tmp_path / "tree.c"), str(tmp_path / "tree.toml"), (), "canonical")["slot__numbers__one_to_one"]
    with pytest.raises(ExecutionError, match="unsupported: i8 read where the variable pages is i32"):
        list(found.conditions(CANONICAL, frozenset()))


@pytest.mark.slow
@pytest.mark.parametrize("what", REFUTED)
def test_what_is_undefined_or_wrong_is_refuted(tmp_path: Path, what: str) -> None:
    obligation = obligations_of(tmp_path, REFUTED[what])[REFUTED[what].said]
    answers = []
    for condition in obligation.conditions(CANONICAL, frozenset()):
        solver = z3.Solver()
        solver.set("timeout", 20_000)
        solver.add(*condition.hypotheses.values(), z3.Not(condition.goal))
        answers.append(solver.check())
    assert z3.sat in answers
