"""The runtime that stands in for ThreadSanitizer's library, and a user's C, compiled on demand and kept."""

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from importlib import resources
from pathlib import Path

from model.running.notice import compiling
from refinement.check.target.target import Target, TargetError

SOURCES = (
    *("threads.c", "scheduler.c", "shadow.c", "access.c", "atomics.c", "locks.c"),
    *("run.c", "explore.c", "adopt.c"),
)
SUFFIXES = (".c", ".cc", ".cpp", ".cxx")
COMPILER = "cc -g -O1"
OTHERS = ("runtime.h", "exports.map")
FLAGS = ("-shared", "-fPIC", "-fsanitize=thread")
LIBRARY = re.compile(rb"\0(libtsan\.so\.\d+)\0")  # what a library that was linked by gcc -fsanitize=thread asks for


def header_folder() -> Path:
    """Return the folder of ``musigma.h``."""
    return Path(str(resources.files("refinement").joinpath("check")))


def cache_folder() -> Path:
    """Return the folder of compiled code; one of this process if the user's cannot be written."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / "musigma" / "races"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return Path(tempfile.mkdtemp(prefix="musigma-races-"))


def how_to_compile(source: str = "FILE.c") -> str:
    """The line by which a user compiles a database so that it can be raced."""
    library = Path(source).with_suffix(".so").name
    return f"cc -g -O1 {' '.join(FLAGS)} -I {header_folder()} -o {library} {source}"


def compile_quietly(command: list[str], what: str) -> None:
    """Run a compiler.

    :raises TargetError: it fails, or is not there.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=300)
    except FileNotFoundError:
        raise TargetError(
            f"{what}: there is no compiler {command[0]!r}; install one, or name another with --cc"
        ) from None
    except subprocess.TimeoutExpired:
        raise TargetError(f"{what}: {command[0]} takes longer than five minutes") from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        wrong = next((line for line in lines if "error" in line.lower()), lines[0] if lines else "no message")
        raise TargetError(f"{what}: {command[0]} fails: {wrong.strip()[:300]}")


def build_runtime(name: str = "libmusigma-races.so") -> Path:
    """The runtime, compiled; ``name`` is what it is called by libraries that ask for it.

    :raises TargetError: there is no C compiler.
    """
    folder = resources.files("refinement.check.races").joinpath("runtime")
    texts = [folder.joinpath(source).read_bytes() for source in (*OTHERS, *SOURCES)]
    digest = hashlib.sha256(b"\0".join([name.encode(), *texts])).hexdigest()[:24]
    kept = cache_folder() / f"runtime-{digest}.so"
    if kept.exists():
        return kept
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise TargetError("--threads: there is no C compiler (cc) for the runtime; install gcc or clang")
    compiling()
    with tempfile.TemporaryDirectory(dir=kept.parent) as work:
        for source, text in zip((*OTHERS, *SOURCES), texts, strict=True):
            (Path(work) / source).write_bytes(text)
        made = Path(work) / "runtime.so"
        options = ["-std=gnu11", "-O2", "-fno-stack-protector", "-shared", "-fPIC", "-o", str(made)]
        options += [f"-Wl,-soname,{name}", f"-Wl,--version-script,{Path(work) / 'exports.map'}"]
        sources = [str(Path(work) / source) for source in SOURCES]
        compile_quietly([compiler, *options, *sources, "-lpthread", "-ldl"], "the runtime for --threads")
        os.replace(made, kept)
    return kept


def build_source(source: Path, compiler: str = COMPILER) -> Path:
    """A user's C or C++, compiled with a call before each access; compiled again each time, as headers may change.

    :param compiler: its name and options.
    :raises TargetError: it does not compile.
    """
    words = shlex.split(compiler)
    if not words:
        raise TargetError("--cc: name a compiler and its options, as in 'cc -g -O1'")
    digest = hashlib.sha256(f"{source.resolve()}\0{compiler}".encode()).hexdigest()[:24]
    kept = cache_folder() / f"{source.stem}-{digest}.so"
    with tempfile.TemporaryDirectory(dir=kept.parent) as work:
        compiled, made = Path(work) / "target.o", Path(work) / "target.so"
        include = ["-I", str(header_folder())]
        compile_quietly(
            [*words, "-fPIC", "-fsanitize=thread", *include, "-c", "-o", str(compiled), str(source)], str(source)
        )
        compile_quietly(
            [words[0], "-shared", "-o", str(made), str(compiled)], str(source)
        )  # without the sanitizer's library
        os.replace(made, kept)
    return kept


def raced(where: str, compiler: str | None = None) -> Target:
    """The target that a library, or a source that is compiled first, becomes for threads.

    :raises TargetError: it does not compile, or nothing in it was compiled with ``-fsanitize=thread``.
    """
    path = Path(where)
    if path.suffix in SUFFIXES:
        library = build_source(path, compiler or COMPILER)
    elif compiler is not None:
        raise TargetError(f"{where}: --cc is for a source that is compiled first; this is none")
    else:
        library = path
    data = library.read_bytes()
    if b"__tsan_" not in data:
        raise TargetError(
            f"{where}: it was not compiled with -fsanitize=thread, so that no access of it can be seen; "
            f"compile it so: {how_to_compile()}"
        )
    asked = LIBRARY.search(data)
    runtime = build_runtime(asked[1].decode()) if asked else build_runtime()
    return Target("threads", str(library.resolve()), str(runtime), source=where if library != path else "")
