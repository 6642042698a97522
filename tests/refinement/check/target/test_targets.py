"""Whatever a target does, the tool says what it was."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Timer
from time import monotonic

import pytest

from refinement.check import (
    CheckReport,
    Conformance,
    Finding,
    Limits,
    Target,
    TargetError,
    check,
    command_target,
    parse_target,
    replay,
)
from refinement.check.target.loaders import load
from tests import ROOT

LEAST = """
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int musigma_abi_version(void) { return VERSION; }
#ifndef WITHOUT_MAP
int musigma_map(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t r)
{ (void)a, (void)b, (void)c, (void)d, (void)r; MAP; }
#endif
int musigma_init(uint32_t s, uint32_t p, uint32_t f) { (void)s, (void)p, (void)f; return 0; }
int musigma_grant(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t r)
{ (void)a, (void)b, (void)c, (void)d, (void)r; return 1; }
int musigma_flush(uint32_t s, uint32_t p, uint32_t r) { (void)s, (void)p, (void)r; return 0; }
int64_t musigma_lookup(uint32_t s, uint32_t p, uint32_t *r) { *r = 7; return s == 0 && p == 0 ? 0 : -1; }
"""

Build = Callable[..., Target]


def quick(target: Target) -> CheckReport:
    return check(target, seconds=0.5, seed=1, limits=Limits(hang=1.0, memory=1 << 28), shrinking=8.0)


@pytest.mark.long
@pytest.mark.parametrize(
    ("body", "verdict", "sentence"),
    [
        ("return 1", Conformance.DIVERGES, "map returned 1 (refused), the model 0 (done)"),
        ("return 0", Conformance.DIVERGES, "σ1[0] shows nothing, in the model frame 0 rwx"),
        ("return -3", Conformance.DIVERGES, "map returned -3, which is no status"),
        ("return 2", Conformance.DIVERGES, "map returned 2, which is no status"),
        ('fputs("no memory\\n", stderr); abort()', Conformance.CRASHED, "the target died of SIGABRT in map: no memory"),
        ("return *(volatile int *)8", Conformance.CRASHED, "the target died of SIGSEGV in map"),
        ("exit(3)", Conformance.CRASHED, "the target ended its process with status 3 in map"),
        ("_exit(0)", Conformance.CRASHED, "the target ended its process with status 0 in map"),
        ("for (;;) pause()", Conformance.HUNG, "the target did not return in map"),
        ("volatile int n = 1; while (n) {} return 0", Conformance.HUNG, "the target did not return in map"),
        (
            "for (;;) *(volatile char *)malloc(1 << 20) = 1",
            Conformance.CRASHED,
            "the target died of SIGSEGV in map",
        ),
    ],
)
def test_what_a_library_may_do(build: Build, body: str, verdict: Conformance, sentence: str) -> None:
    report = quick(build(LEAST, "VERSION=1", f"MAP={body}"))
    assert report.verdict == verdict
    assert report.exit_status == 1
    assert report.finding is not None
    assert report.finding.failure.sentence == sentence
    assert report.finding.reproducible
    assert report.finding.length == 1


def test_a_crash_while_loading(build: Build) -> None:
    source = LEAST + "__attribute__((constructor)) static void begin(void) { abort(); }"
    report = quick(build(source, "VERSION=1", "MAP=return 1"))
    assert report.verdict == Conformance.CRASHED
    assert report.finding is not None
    assert report.finding.failure.sentence == "the target died of SIGABRT while it was loaded"


def test_what_does_not_have_the_interface(build: Build, tmp_path: Path) -> None:
    right = Path(build(LEAST, "VERSION=1", "MAP=return 1").where)
    other = bytearray(right.read_bytes())
    other[18:20] = (0xF7, 0x00)  # the machine in its header: another
    narrow = bytearray(right.read_bytes())
    narrow[4] = 1  # 32 bits
    for name, data in (("other.so", other), ("narrow.so", narrow), ("text.so", b"hello"), ("empty.so", b"")):
        (tmp_path / name).write_bytes(data)
    (tmp_path / "archive.so").write_bytes(b"!<arch>\n")
    libraries = {
        "other.so": "does not fit this machine",
        "narrow.so": "does not fit this machine",
        "text.so": "this is no shared library",
        "empty.so": "this is no shared library",
        "archive.so": "this is a static library",
    }
    for name, message in libraries.items():
        with pytest.raises(TargetError, match=message) as caught:
            quick(parse_target(str(tmp_path / name)))
        assert "\n" not in str(caught.value)
    with pytest.raises(TargetError, match=r"it does not export musigma_map; see musigma\.h"):
        quick(build(LEAST, "VERSION=1", "MAP=", "WITHOUT_MAP"))
    with pytest.raises(TargetError, match=r"musigma_abi_version\(\) returns 3; versions 1 and 2 are known"):
        quick(build(LEAST, "VERSION=3", "MAP=return 1"))
    with pytest.raises(TargetError, match="a program or an object file"):
        quick(parse_target("/bin/sh"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nowhere.so", "there is no such file"),
        (".", "this is not a file"),
        (__file__, "name the class to check as well"),
        (f"{__file__}:not a name", "is no name of a class"),
    ],
)
def test_names_of_targets(text: str, message: str) -> None:
    with pytest.raises(TargetError, match=message):
        parse_target(text)


def test_a_file_that_goes_or_is_replaced_after_it_was_named(build: Build, tmp_path: Path) -> None:
    library = tmp_path / "kernel.so"
    right, other = (Path(build(LEAST, "VERSION=1", f"MAP=return {n}").where).read_bytes() for n in (1, 2))
    library.write_bytes(right)
    target = parse_target(str(library))
    library.unlink()
    with pytest.raises(TargetError, match=r"kernel\.so: there is no such file"):
        quick(target)
    library.write_bytes(other)
    with pytest.raises(TargetError, match="it was replaced while it was checked"):
        quick(target)
    library.write_bytes(right)
    load(target)
    database = class_target(tmp_path, "return 1")
    class_target(tmp_path, "return 0")
    with pytest.raises(TargetError, match="it was replaced while it was checked"):
        load(database)


CLASS = """
class Right:
    def __init__(self, spaces, pages, frames): pass
    def map(self, a, b, c, d, rights): {map}
    def grant(self, a, b, c, d, rights): return 1
    def flush(self, a, b, rights): return 0
    def lookup(self, space, page): return (0, 7) if (space, page) == (0, 0) else None
class Short:
    map = grant = flush = lambda *arguments: 0
class Lonely(Right):
    def __init__(self): pass
"""


def class_target(folder: Path, body: str, name: str = "Right") -> Target:
    path = folder / "database.py"
    path.write_text(CLASS.format(map=body), "utf-8")
    return parse_target(f"{path}:{name}")


@pytest.mark.long
@pytest.mark.parametrize(
    ("body", "verdict", "sentence"),
    [
        ("return 1", Conformance.DIVERGES, "map returned 1 (refused), the model 0 (done)"),
        ("return True", Conformance.DIVERGES, "map failed: map returned True: return 0 for done, 1 for refused"),
        ("pass", Conformance.DIVERGES, "map failed: map returned None: return 0 for done, 1 for refused"),
        ("return {}[5]", Conformance.DIVERGES, "map failed: KeyError: 5 (line 4 of database.py)"),
        ("raise SystemExit", Conformance.DIVERGES, "map failed: SystemExit:  (line 4 of database.py)"),
        ("import os; os.abort()", Conformance.CRASHED, "the target died of SIGABRT in map"),
        ("\n        while True: pass", Conformance.HUNG, "the target did not return in map"),
    ],
)
def test_what_a_class_may_do(tmp_path: Path, body: str, verdict: Conformance, sentence: str) -> None:
    report = quick(class_target(tmp_path, body))
    assert report.finding is not None
    assert (report.verdict, report.finding.failure.sentence) == (verdict, sentence)
    assert report.finding.length == 1


def test_classes_without_the_interface(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="class Short has no method lookup"):
        quick(class_target(tmp_path, "return 1", "Short"))
    with pytest.raises(TargetError, match="there is no class Rihgt; it defines Right, Short, Lonely"):
        quick(class_target(tmp_path, "return 1", "Rihgt"))
    with pytest.raises(TargetError, match=r"must be made as Lonely\(spaces, pages, frames\)"):
        quick(class_target(tmp_path, "return 1", "Lonely"))
    with pytest.raises(TargetError, match="importing it ends in SyntaxError"):
        quick(class_target(tmp_path, "return ("))


def command_of(*words: str) -> Target:
    import shlex

    return command_target(shlex.join([sys.executable, *words]))


def test_commands_without_the_interface() -> None:
    with pytest.raises(TargetError, match="there is no program"):
        command_target("no-such-program-anywhere")
    with pytest.raises(TargetError, match="No closing quotation"):
        command_target("'")
    with pytest.raises(TargetError, match="name a program"):
        command_target(" ")
    for program, message in (
        ("", "the command ended with exit status 0 when asked"),
        ("print(5)", "it answered '5', no JSON object"),
        ("print('hello')", "it answered 'hello', no JSON object"),
        ("print('{\"version\": 2}')", "it answers version 2; answer 1; ranges are named in has"),
        ("print('{\"version\": 3}')", "it answers version 3; this is version 1"),
        ('print(\'{"status": "ok"}\')', "it answers without a version; this is version 1"),
        ("print(input())", "has is None; answer a list"),
    ):
        with pytest.raises(TargetError, match=message):
            quick(command_of("-c", program))


HELLO = 'print(\'{"version": 1, "has": []}\', flush=True)'


FOREVER = "import sys\ninput()\nfor line in sys.stdin:"


@pytest.mark.long
@pytest.mark.parametrize(
    ("program", "verdict", "sentence"),
    [
        (HELLO, Conformance.DIVERGES, "init failed: the command ended with exit status 0 when asked"),
        (f"{HELLO}\nimport time; time.sleep(60)", Conformance.HUNG, "the target did not return in init"),
        (f"{HELLO}\n{FOREVER} print('[]', flush=True)", Conformance.DIVERGES, "it answered '[]', no JSON object"),
        (f"{HELLO}\n{FOREVER} print('{{}}', flush=True)", Conformance.DIVERGES, "without 'status'"),
        (
            f'{HELLO}\n{FOREVER} print(\'{{"status": "ok"}}\', flush=True)',
            Conformance.DIVERGES,
            "with status 'ok', which is no whole number",
        ),
    ],
)
def test_what_a_command_may_do(program: str, verdict: Conformance, sentence: str) -> None:
    report = quick(command_of("-c", program))
    assert report.finding is not None
    assert report.verdict == verdict
    assert sentence in report.finding.failure.sentence


@pytest.mark.long
def test_the_examples_in_python(example: Callable[[str], Path]) -> None:
    right = check(parse_target(f"{example('mapdb.py')}:MappingDatabase"), seconds=2, seed=1)
    assert right.verdict == Conformance.CONFORMS
    assert right.exit_status == 0
    texts = {}
    for name in ("Forgetful", "Generous"):
        target = parse_target(f"{example('mapdb.py')}:{name}")
        finding = check(target, seconds=4, seed=1).finding
        assert isinstance(finding, Finding)
        texts[name] = finding.texts()
        assert replay(target, finding.program).failure == finding.failure
    assert texts == {
        "Forgetful": ["map σ0[0] → σ1[0]", "grant σ0[0] → σ2[0] rw-"],
        "Generous": ["grant σ0[0] → σ1[0] -w-", "map σ1[0] → σ0[0]"],
    }


@pytest.mark.long
def test_the_example_in_json_lines(example: Callable[[str], Path]) -> None:
    path = example("json_lines.py")
    assert len(path.read_text("utf-8").splitlines()) <= 40
    report = check(command_of(str(path)), seconds=1, seed=1)
    assert report.verdict == Conformance.CONFORMS, report.finding
    assert any(phase.complete and "441 sequences" in phase.sentence for phase in report.phases)


def test_the_reference_compiles_without_a_warning(example: Callable[[str], Path], tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *("cc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-c", "-I", "refinement/check"),
            *("-o", tmp_path / "mapdb.o", example("mapdb.c")),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.long
def test_an_interrupt_keeps_what_was_searched(reference: Target) -> None:
    def interrupt_later(line: str) -> None:
        if not timers and line.startswith("exhaustive"):
            timers.append(Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)))
            timers[0].start()

    timers: list[Timer] = []
    begun = monotonic()
    report = check(reference, seconds=600, seed=1, tell=interrupt_later)
    assert monotonic() - begun < 120
    assert report.interrupted
    assert report.verdict == Conformance.UNDECIDED
    assert report.exit_status == 130
    assert report.phases
    assert any(remark.startswith("interrupted") for remark in report.remarks)
    assert quick(reference).verdict == Conformance.CONFORMS  # processes for further jobs are there


BOOTING = """
print("booting ...")
print("ready")
import json, sys
for line in sys.stdin:
    question = json.loads(line)
    answer = {"version": 1, "has": []} if question["op"] == "musigma" else {"status": 1}
    print("[log] asked", flush=True)
    print("> " + json.dumps(answer), flush=True)
"""


def test_a_command_that_boots_and_logs(tmp_path: Path) -> None:
    (tmp_path / "kernel.py").write_text(BOOTING, "utf-8")
    command = f"{sys.executable} {tmp_path / 'kernel.py'}"
    report = quick(command_target(command, skip_until="^ready$", prefix="> "))
    assert report.finding is not None
    assert report.finding.failure.sentence == "init returned 1: it refuses this size"
    with pytest.raises(TargetError, match=r"ended with exit status 0 before it printed a line with 'never'"):
        quick(command_target(f"{sys.executable} -c 1", skip_until="never"))
    with pytest.raises(TargetError, match="this is no regular expression"):
        command_target(command, skip_until="(")


def test_last_words_at_the_handshake() -> None:
    with pytest.raises(TargetError, match="it printed: no such device"):
        quick(command_of("-c", "import sys; sys.exit('no such device')"))


def test_a_library_that_is_not_there(build: Build, tmp_path: Path) -> None:
    (tmp_path / "other.c").write_text("int other(void) { return 0; }\n", "utf-8")
    source = LEAST.replace("#include <stdint.h>", "#include <stdint.h>\nint other(void);", 1)
    (tmp_path / "it.c").write_text(source.replace("return 0; }", "return other(); }", 1), "utf-8")
    other, library = tmp_path / "libother.so", tmp_path / "it.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", other, tmp_path / "other.c"], check=True)
    words = ["cc", "-shared", "-fPIC", "-DVERSION=1", "-DMAP=return 1", "-o"]
    subprocess.run([*words, library, tmp_path / "it.c", other], check=True)
    other.unlink()
    with pytest.raises(TargetError, match=r"it needs the library .*libother\.so, which is not found"):
        quick(parse_target(str(library)))


def test_a_program_that_may_not_be_executed(tmp_path: Path) -> None:
    (tmp_path / "kernel").write_text("#!/bin/sh\n", "utf-8")
    with pytest.raises(TargetError, match="may not be executed; chmod"):
        command_target(str(tmp_path / "kernel"))
