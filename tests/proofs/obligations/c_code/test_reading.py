"""C is read as it stands, and what is not understood is refused with its line: never passed over."""

import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import z3
from typer.testing import CliRunner

from musigma.cli import app
from proofs.execution.llvm.compiler import CompileError, compiled, find_clang
from proofs.execution.llvm.interpreter import Interpreter
from proofs.execution.llvm.program import Program, UnsupportedError
from proofs.execution.llvm.reader import read_program
from proofs.execution.path import Path as Way
from proofs.execution.path import paths
from proofs.obligations.c_code.draft import draft
from proofs.obligations.c_code.obligations import loaded
from tests import ROOT

HERE = Path(__file__).parent
TREE, BINDING = str(HERE / "tree.c"), str(HERE / "tree.toml")
RUN = CliRunner()

pytestmark = pytest.mark.skipif(
    not any(shutil.which(name) for name in ("clang", "clang-14", "clang-19")), reason="no clang on the PATH"
)


def program(folder: Path, text: str) -> Program:
    file = folder / "code.c"
    file.write_text(text)
    return read_program(compiled(file), file)


def run_of(code: Program, *arguments: object) -> list[tuple[Way, object]]:
    """The paths through the function f, of constants only."""
    return list(paths(lambda path: Interpreter(code, path, None).run("f", *arguments)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "argument", "result"),
    [
        ("return n + 1;", 0xFFFFFFFF, 0),
        ("return n ? 3 : 4;", 0, 4),
        ("switch (n) { case 1: return 7; case 2: return 8; default: return 9; }", 2, 8),
        ("unsigned char c = n; return c;", 0x1FF, 0xFF),
        ("signed char c = n; return c;", 0xFF, 0xFFFFFFFF),
        ("return (n >> 4 ^ n << 4) & 0xF0F;", 0xFF, 0xF0F),
    ],
)
def test_constants_are_computed_as_c_does(tmp_path: Path, body: str, argument: int, result: int) -> None:
    code = program(tmp_path, f"unsigned f(unsigned n) {{ {body} }}")
    assert [found for _, found in run_of(code, argument)] == [result]


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("int m; if (n) m = 1; return m;", "reads__nothing_uninitialised"),
        ("if (n) return 1;", "reads__nothing_uninitialised"),
        ("goto in; { int m; in: if (n) m = 1; return m; }", "reads__nothing_uninitialised"),
        ("switch (n) { int m; case 1: m = 2; case 0: return m; } return 3;", "reads__nothing_uninitialised"),
        ("_Bool b; return b ? 1 : 2;", "reads__nothing_uninitialised"),
        ("return 1u << 40;", "reads__nothing_uninitialised"),
        ("return 2147483647 + (int)n + 1;", "overflows__nowhere"),
        ("return 1 << (n + 32);", "overflows__nowhere"),
        ("return 5 / n;", "overflows__nowhere"),
        ("if (!n) __builtin_unreachable(); return 1;", "comes__nowhere_unreachable"),
    ],
)
def test_undefined_behaviour_is_demanded_not_to_happen(tmp_path: Path, body: str, what: str) -> None:
    ((path, result),) = run_of(program(tmp_path, f"int f(unsigned n) {{ {body} }}"), 0)
    assert result is None
    assert [(demand.what, z3.is_false(demand.formula())) for demand in path.demands] == [(what, True)]


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ('__asm__("nop"); return 0;', "asm"),
        ("return (int)(1.5 * n);", "uitofp"),
        ("return n ? f(n) : 0;", "recursion"),
        ("while (n) n--; return 0;", "loop 1 of f has no invariant"),
    ],
)
def test_what_is_not_executed_is_refused_by_name_with_its_line(tmp_path: Path, body: str, what: str) -> None:
    code = program(tmp_path, f"int f(unsigned n) {{\n {body} }}")
    with pytest.raises(UnsupportedError, match=rf"code\.c:[12]: unsupported: .*{what}"):
        run_of(code, 1)


@pytest.mark.parametrize(
    ("body", "what"),
    [("return 2147483647 + 1;", "overflow in expression"), ("return n++ + n++;", "multiple unsequenced modifications")],
)
def test_what_clang_computes_by_itself_has_to_be_defined(tmp_path: Path, body: str, what: str) -> None:
    with pytest.raises(CompileError, match=rf"code\.c:2:\d+: error: {what}"):
        program(tmp_path, f"int f(int n) {{\n {body} }}")
    with pytest.raises(CompileError, match=what):
        compiled(tmp_path / "code.c", ["-w", "-Wno-everything", "-Wno-error"])


@pytest.mark.parametrize(
    ("line", "argument", "decided"),
    [
        ("if (!n) return 1;", 0, ["if (!n) return 1; is True"]),
        ("if (!n) return 1;", 1, ["if (!n) return 1; is False"]),
        ("if (n && !(n & 1)) return 1;", 2, ["(decision 1) is True", "(decision 2) is True"]),
        ("if (n > 5 || !n) return 1;", 3, ["(decision 1) is False", "(decision 2) is False"]),
        ("return n > 5 ? 3 : 4;", 6, ["return n > 5 ? 3 : 4; is True"]),
        ("while (!n) return 1;", 0, ["while (!n) return 1; is True"]),
        ("switch (n) { case 4: return 1; default: break; }", 4, ["(4)"]),
    ],
)
def test_a_decision_is_told_as_c_has_it(tmp_path: Path, line: str, argument: int, decided: list[str]) -> None:
    code = program(tmp_path, f"int f(unsigned n) {{\n {line}\n return 0; }}")
    way = Way()
    interpreter = Interpreter(code, way, None)  # type: ignore[arg-type]
    interpreter.run("f", argument)
    found = [each.decided for each in interpreter.trail if each.decided]
    assert [name.endswith(end) for name, end in zip(found, decided, strict=True)] == [True] * len(decided)
    assert [point for point in code.points("f") if point in way.reached]


def in_three_files(folder: Path) -> Program:
    """A function of the file, one of a header, and one whose body is included."""
    (folder / "head.h").write_text("\n\nstatic int g(int n) {\n  return (int)(1.5 * n); }\n")
    (folder / "body.h").write_text("\n\n\n\nif (n > 4) n = 4;\n")
    text = '#include "head.h"\nint f(int n) {\n  if (n > 5) return g(n);\n#include "body.h"\n  return n; }\n'
    return program(folder, text)


def test_a_line_is_one_of_the_file_that_the_function_is_in(tmp_path: Path) -> None:
    code = in_three_files(tmp_path)
    assert code.begin("g") == (str(tmp_path / "head.h"), 3)
    assert code.place("g", 4) == f"{tmp_path / 'head.h'}:4"
    assert code.text_at("g", 4) == "return (int)(1.5 * n); }"
    assert code.place("f", 3) == f"{tmp_path / 'code.c'}:3"
    lines = {each.line for block in code.functions["f"].blocks.values() for each in block.instructions}
    assert lines == {3, 5}, "lines of what is included are those of what comes before"
    with pytest.raises(UnsupportedError, match=r"head\.h:4: unsupported: .*sitofp"):
        run_of(code, 7)


def test_the_intermediate_language_is_told_by_the_lines_of_c(tmp_path: Path) -> None:
    in_three_files(tmp_path)
    flags = ["-g", "-O0", "-Xclang", "-disable-O0-optnone", "-fno-discard-value-names", "-emit-llvm"]
    for end, more in ((".ll", ["-S"]), (".bc", ["-c"])):
        made = tmp_path / f"made{end}"
        subprocess.run([find_clang(), *flags, *more, "-o", str(made), str(tmp_path / "code.c")], check=True)
        code = read_program(compiled(made), made)
        assert code.begin("f") == (str(tmp_path / "code.c"), 2)
        assert code.text_at("f", 3) == "if (n > 5) return g(n);"
    (tmp_path / "code.c").write_text("\n\n\n")
    assert read_program(compiled(made), made).text_at("f", 3) == "", "the file is another one than was compiled"


def test_nothing_is_optimised_before_it_is_read(tmp_path: Path) -> None:
    """Here -O2 would leave the overflow out, whose result nobody uses."""
    file = tmp_path / "code.c"
    file.write_text("int f(int n) { int m = 2147483647; m += n; (void)m; return 0; }\n")
    ((path, _),) = run_of(read_program(compiled(file, ["-O2", "-g0"]), file), 1)
    assert [demand.what for demand in path.demands] == ["overflows__nowhere"]
    made = tmp_path / "made.ll"
    subprocess.run([find_clang(), "-O2", "-g", "-S", "-emit-llvm", "-o", str(made), str(file)], check=True)
    with pytest.raises(UnsupportedError, match="made with optimisation"):
        read_program(compiled(made), made)


@pytest.mark.parametrize("option", [["--witness"], ["--all"], ["--export", "x"], ["--theory", "x.py"]])
def test_an_option_that_c_code_does_not_have_is_refused(tmp_path: Path, option: list[str]) -> None:
    done = RUN.invoke(
        app, ["prove", "--c", TREE, "--binding", BINDING, *option[:1], *(str(tmp_path / x) for x in option[1:])]
    )
    assert done.exit_code == 2
    assert f"{option[0]} is not for C code" in done.output


def test_a_picture_is_of_c_code_only(tmp_path: Path) -> None:
    done = RUN.invoke(app, ["prove", "C1", "--svg", str(tmp_path / "a.svg")])
    assert done.exit_code == 2
    assert "--svg and --html draw a counterexample of C code: add --c FILE.c" in done.output.replace("\n", " ")


def test_loops_are_found_by_their_heads() -> None:
    functions = loaded(TREE, BINDING, ()).code.program.functions
    assert len(functions["flush_below"].loop_heads()) == 1
    assert functions["remove_node"].loop_heads() == ()


def test_a_volatile_access_ends_the_command_with_one_line() -> None:
    done = RUN.invoke(app, ["prove", "--c", TREE, "--binding", BINDING, "--cflag=-DWRONG=13"])
    assert done.exit_code == 2
    assert "tree.c:" in done.output
    assert "unsupported: an access that is volatile" in done.output
    assert "Traceback" not in done.output


def test_a_draft_is_printed_without_a_binding() -> None:
    done = RUN.invoke(app, ["prove", "--c", TREE])
    assert done.exit_code == 0
    assert 'prev_sibling = "prev"' in done.output
    assert 'free_list = "free_list"' in done.output
    assert "[functions.remove_node]" in done.output


OTHER_NAMES = """
typedef unsigned u32; typedef struct cap cap_t, *cap_p;
struct cap { cap_t *up, *kids; cap_p left, right; u32 dom, vpn, pfn; unsigned char perm; };
static cap_t **table; cap_p unused; u32 many, rows;
void unlink(cap_t *cap) { table[cap->dom * rows] = unused; }
"""


def test_a_draft_sees_through_typedefs_and_finds_variables_by_their_types(tmp_path: Path) -> None:
    (tmp_path / "caps.c").write_text(OTHER_NAMES)
    found = tomllib.loads(draft(tmp_path / "caps.c", []))
    assert found["node"] == {
        "struct": "cap", "parent": "up", "first_child": "kids", "next_sibling": "right", "prev_sibling": "left",
        "space": "dom", "page": "vpn", "frame": "pfn", "rights": "perm", "ignored": [],
    }  # fmt: skip
    assert found["globals"] == {"free_list": "unused", "node_of": "table", "spaces": "?", "pages": "?"}


def test_a_draft_for_lists_has_all_that_the_example_binds() -> None:
    """Where there is a depth and no parent; the fields and variables are those of the binding that is proved."""
    example = ROOT / "docs/examples/preorder"
    found = tomllib.loads(draft(example.with_suffix(".c"), [f"-I{ROOT}/refinement/check"]))
    bound = tomllib.loads(example.with_suffix(".toml").read_text())
    assert found["node"].pop("ignored") == []
    for key in ("shape", "node", "rights", "globals"):
        assert found[key] == bound[key]
    operations = {name: each for name, each in bound["functions"].items() if name.startswith("musigma_")}
    assert {name: found["functions"][name]["is"] for name in operations} == {
        name: each["is"] for name, each in operations.items()
    }


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('parent = "parent"', 'parent = "up"', "node.parent: struct node has no field up"),
        ('shape = "tree"', 'shape = "heap"', "shape: 'heap' is not one of"),
        ('rights = "rights"', 'rights = "page"', "the field page stands for two things"),
        ('arguments = ["top"]', 'arguments = ["above"]', "'above' is nothing that flush_below has"),
        ('loops = [{ follows = "flush", cursor = "cursor" }]', "", "flush_below has 1 loops"),
        ("[functions.remove_node]", "[functions.remove]", "defines no such function"),
        ('spaces = "spaces"', 'spaces = "?"', "globals.spaces: "),
        (
            'pages = "pages"',
            'pages = "rows"',
            "no variable rows, or none that its code uses; it has free_list, node_of",
        ),
        (
            'pages = "pages"',
            'pages = "pages"\npage_table = { variable = "node_of", struct = "entry", frame = "f", rights = "r" }',
            "globals: the variable node_of stands for two things",
        ),
        ('shape = "tree"', "shape", "this is no TOML"),
        ('shape = "tree"', f"shape = {'[' * 5_000}", "this is no TOML: it is nested too deeply"),
        ("x = 1", f"x = {'9' * 5_000}", "this is no TOML: "),
    ],
)
def test_a_wrong_binding_is_one_line_that_says_where(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = Path(BINDING).read_text()
    assert old in text
    (tmp_path / "tree.toml").write_text(text.replace(old, new, 1))
    done = RUN.invoke(app, ["prove", "--c", TREE, "--binding", str(tmp_path / "tree.toml")])
    assert done.exit_code == 2
    assert says in done.output.replace("\n", " ")


def test_without_clang_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(CompileError, match="apt-get install clang"):
        find_clang()
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}" if name == "clang-17" else None)
    assert find_clang() == "/bin/clang-17"


def test_the_intermediate_language_is_read_without_clang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "f.ll").write_text("define i32 @f(i32 %n) {\nentry:\n  ret i32 %n\n}\n")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert run_of(read_program(compiled(tmp_path / "f.ll"), tmp_path / "f.ll"), 5)[0][1] == 5


def test_a_function_is_called_by_its_own_types(tmp_path: Path) -> None:
    (tmp_path / "f.ll").write_text(
        "define i32 @g(i32 %n) {\nentry:\n  ret i32 %n\n}\n"
        "define i32 @f(i64 %n) {\nentry:\n  %r = call i32 @g(i64 %n)\n  ret i32 %r\n}\n"
    )
    code = read_program(compiled(tmp_path / "f.ll"), tmp_path / "f.ll")
    with pytest.raises(UnsupportedError, match="g called as if it had other types"):
        run_of(code, 1 << 32)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("int n; __attribute__((constructor)) static void g(void) { n = 1; }", "a constructor or destructor"),
        ("int n; __attribute__((destructor)) static void g(void) { n = 1; }", "a constructor or destructor"),
        ("__attribute__((weak)) int g(void) { return 1; }", "a weak function"),
        ("__attribute__((weak)) const int all = 7; int g(void) { return all; }", "a constant that is weak"),
        ('asm("nop");', "assembly beside the functions"),
        ("static _Thread_local int n; int g(void) { return n++; }", "a variable that each thread has for itself"),
        (
            "static int h(void) { return 1; } static int (*r(void))(void) { return h; } "
            'int g(void) __attribute__((ifunc("r")));',
            "a function that is chosen when the program starts",
        ),
    ],
)
def test_what_runs_beside_the_functions_is_refused(text: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match=what):
        program(tmp_path, f"{text}\nint f(int a) {{ return a; }}\n")
