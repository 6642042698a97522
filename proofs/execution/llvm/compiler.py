"""C made LLVM's intermediate language: clang compiles without optimising, llvmlite promotes locals to values.

No other pass runs: one that simplifies branches may use that undefined behaviour does not happen, and so remove what is
to be proved not to happen. For the same reason only locals that are read and written as a whole are promoted: of those
whose address is taken, the pass would drop what is written outside of them.
"""

import re
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import llvmlite
import llvmlite.binding as llvm

VERSIONS = range(22, 13, -1)
"""The versions of clang that are looked for under names of their own, the newest first."""

FLAGS = (
    "-O0",
    "-Xclang",
    "-disable-O0-optnone",
    "-g",
    "-fno-discard-value-names",
    "-ftrivial-auto-var-init=pattern",
    "-Werror=integer-overflow",
    "-Werror=unsequenced",
    "-emit-llvm",
    "-c",
)
"""What makes clang translate each statement as it stands, with names and lines.

A local without a value gets a pattern, which the execution knows, each time that its declaration is come to.
What clang computes by itself is not seen any more, nor in which order C leaves it free to: it tells of these.
"""

KEEP = "musigma.keep"
"""What a local whose address is taken is handed to while others are promoted."""

NOTHING = "musigma.nothing"
"""What each other local holds at first: LLVM may take what is undefined for what suits it, and drop a way to it.

clang's pattern is not everywhere: a jump passes a declaration by, and what a function returns is no local of C.
"""

_ALLOCA = re.compile(r'^  (%(?:[\w.$-]+|"[^"]*")) = alloca ([^,]*|\{.*\})(?:, |$)')

READ_AS_IT_IS = (".ll", ".bc")


class CompileError(Exception):
    """The file cannot be made into the intermediate language; says in one line why, and what to do."""


def find_clang() -> str:
    """The clang on the PATH, under its own name or that of a version.

    :raises CompileError: there is none.
    """
    for name in ("clang", *(f"clang-{version}" for version in VERSIONS)):
        found = shutil.which(name)
        if found:
            return found
    raise CompileError(
        f"no clang on the PATH (clang, or clang-{VERSIONS[-1]} to clang-{VERSIONS[0]}): install it "
        "(Debian and Ubuntu: apt-get install clang), or give a file .ll or .bc"
    )


def compiled(path: Path, flags: Sequence[str] = ()) -> str:
    """The text of the intermediate language for a C file, or for one that is in it already.

    :param flags: for clang, such as ``-I`` and ``-D``.
    :raises CompileError: clang or LLVM refuses the file.
    """
    if not path.is_file():
        raise CompileError(f"{path}: there is no such file")
    if path.suffix == ".ll":
        return _promoted(path, path.read_text("utf-8"))
    if path.suffix == ".bc":
        return _promoted(path, path.read_bytes())
    heard = [each for each in flags if each != "-w"]  # which would have clang say nothing
    command = [find_clang(), *heard, *FLAGS, "-o", "-", "-x", "c", str(path)]  # of two that differ it takes the last
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        error = next((line for line in said if "error:" in line), said[0] if said else "no reason given")
        raise CompileError(f"clang refuses it: {error}")
    return _promoted(path, done.stdout)


def _promoted(path: Path, module: str | bytes) -> str:
    """The module as LLVM prints it, once locals are values."""
    _initialized()
    try:
        context = llvm.create_context()  # of its own: in a shared one structs of other modules have taken their names
        read = llvm.parse_assembly(module, context) if isinstance(module, str) else llvm.parse_bitcode(module, context)
        read.verify()
        read = llvm.parse_assembly(_kept(str(read)), llvm.create_context())
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]
        raise CompileError(f"{path}: LLVM {llvm_version()} of llvmlite does not read it: {reason}") from None
    triple = read.triple or llvm.get_default_triple()
    target = llvm.Target.from_triple(triple).create_target_machine()
    manager = llvm.create_new_module_pass_manager()
    manager.add_sroa_pass()
    manager.run(read, llvm.create_pass_builder(target, llvm.create_pipeline_tuning_options(speed_level=0)))
    lines = (line for line in str(read).splitlines() if f"@{KEEP}(" not in line and f"@{NOTHING}." not in line)
    return "\n".join(re.sub(rf"%{re.escape(NOTHING)}\.\d+\b", "undef", line) for line in lines) + "\n"


def _kept(text: str) -> str:
    """The module in which locals whose address is taken are handed to an unknown function, so that they stay.

    Each other local gets at first what another unknown function answers, which stands for no value.
    """
    lines = text.splitlines()
    kept: dict[int, str] = {}
    declared = [f"declare void @{KEEP}(ptr)"]
    begin = 0
    for at, line in enumerate(lines):
        begin = at if line.startswith("define ") else begin
        found = _ALLOCA.match(line)
        if found is None:
            continue
        name, type = re.escape(found[1]), re.escape(found[2])
        used = re.compile(rf"{name}(?![\w.$-])")
        value = rf"(?!{used.pattern})(?:[\w ]*\(.*\)|\S+)"
        whole = re.compile(rf"(?:load {type}, ptr|store {type} {value}, ptr) {name}(?:,.*)?")
        end = lines.index("}", begin)
        uses = (each.strip().partition(" = ")[2] or each.strip() for each in lines[at + 1 : end] if used.search(each))
        if not all(whole.fullmatch(use) or use.startswith("#dbg") or "@llvm.dbg." in use for use in uses):
            kept[at] = f"  call void @{KEEP}(ptr {found[1]})"
            continue
        nothing = f"{NOTHING}.{at}"
        kept[at] = f"  %{nothing} = call {found[2]} @{nothing}()\n  store {found[2]} %{nothing}, ptr {found[1]}"
        declared.append(f"declare {found[2]} @{nothing}()")
    edited = [each for at, line in enumerate(lines) for each in (line, kept.get(at)) if each is not None]
    return "\n".join([*edited, *declared, ""])


@cache
def _initialized() -> None:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()


def llvm_version() -> str:
    """The version of LLVM that reads.

    >>> llvm_version().split(".")[0].isdecimal()
    True
    """
    return ".".join(map(str, llvm.llvm_version_info))


def versions() -> str:
    """Return the versions of the compiler and of the reader, for a report."""
    return f"llvmlite {llvmlite.__version__} with LLVM {llvm_version()}"
