"""A finding to keep: as a JSON file, as text, as a test for pytest, and as a C program."""

import json
import os
from pathlib import Path
from string import Template
from typing import Any

from model.scope import ALL_RIGHTS, Scope
from model.spaces import literal as spaces
from model.spaces.dialect import Readings, dialect_named
from model.spaces.literal import NIL
from model.spaces.operation import Kind, LiteralModel, Operation
from refinement.check.driver import indexed, steps
from refinement.check.driver.driver import StepKind
from refinement.check.driver.program import Program, scope_at
from refinement.check.finding.finding import Finding
from refinement.check.target.target import Target

FEW_SLOTS = 64
MOST_SLOTS = 4096  # of which the C program compares all

TEST = Template('''"""$title

Written by musigma check. It fails as long as the target has this defect.
"""

${path}from model.spaces.dialect import dialect_named
from refinement.check import $imports

STEPS = """\\
$steps
"""


def test_$name() -> None:
    target = $parser($target)
    report = replay(target, parse_steps(STEPS.splitlines()), dialect_named($dialect)$how)
    assert report.failure is None, report.failure.sentence
''')

REPLAYING = Template('''"""$title

Written by $writer. It fails as long as the target has this defect.
"""

import json
${path}
from $module import $record
from refinement.check import $parser, $replay

TRACE = """\\
$trace
"""


def test_${kind}_agrees_with_the_model() -> None:
    target = $parser($target)
    report = $replay(target, $record.from_json(json.loads(TRACE)))
    assert report.failure is None, report.failure.sentence
''')

PROGRAM = Template("""/*
 * $title
 *
 *     cc -o main main.c path/to/library.so && ./main
 *
 * Written by musigma check, dialect $dialect. It exits with 1, or dies, as long as the library has this defect.
 */
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

int musigma_abi_version(void);
int musigma_init(uint32_t, uint32_t, uint32_t);
int musigma_map(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
int musigma_grant(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
int musigma_flush(uint32_t, uint32_t, uint32_t);
int64_t musigma_lookup(uint32_t, uint32_t, uint32_t *);
__attribute__((weak)) int64_t musigma_lookup_hw(uint32_t, uint32_t, uint32_t *);
__attribute__((weak)) int musigma_check(void);

enum { INIT, MAP, GRANT, FLUSH, LOOK };

/* What is asked, and what the answer has to be. */
static const struct { uint32_t kind, a, b, c, d, rights; int status; } steps[] = {
$steps
};

/* What the pages have to show then; frame -1: nothing. */
static const struct { uint32_t space, page; int64_t frame; uint32_t rights; } pages[] = {
$pages
};

static int wrong;

static void compare(const char *view, int64_t (*lookup)(uint32_t, uint32_t, uint32_t *), unsigned n)
{
    uint32_t rights = 0;
    int64_t frame = lookup(pages[n].space, pages[n].page, &rights);

    if (frame == pages[n].frame && (frame < 0 || rights == pages[n].rights))
        return;
    printf("%s of page %u of space %u: frame %lld, rights %u; it should be frame %lld, rights %u\\n", view,
           pages[n].page, pages[n].space, (long long)frame, rights, (long long)pages[n].frame, pages[n].rights);
    wrong = 1;
}

int main(void)
{
    alarm(60);
    for (unsigned n = 0; n < sizeof steps / sizeof *steps; n++) {
        if (steps[n].kind == LOOK) {
            uint32_t ignored;
            musigma_lookup(steps[n].a, steps[n].b, &ignored);
            if (musigma_lookup_hw)
                musigma_lookup_hw(steps[n].a, steps[n].b, &ignored);
            continue;
        }
        uint32_t a = steps[n].a, b = steps[n].b, c = steps[n].c, d = steps[n].d, rights = steps[n].rights;
        int status = steps[n].kind == INIT    ? musigma_init(a, b, c)
                     : steps[n].kind == MAP   ? musigma_map(a, b, c, d, rights)
                     : steps[n].kind == GRANT ? musigma_grant(a, b, c, d, rights)
                                              : musigma_flush(a, b, rights);
        int untold = status == 2 && steps[n].kind != INIT && musigma_abi_version() >= 2;
        if (status != steps[n].status && !untold) {
            printf("step %u returned %d; it should be %d\\n", n, status, steps[n].status);
            wrong = 1;
        }
    }
    for (unsigned n = 0; n < sizeof pages / sizeof *pages; n++) {
        compare("lookup", musigma_lookup, n);
        if (musigma_lookup_hw)
            compare("lookup_hw", musigma_lookup_hw, n);
    }
    if (musigma_check && musigma_check() != 0) {
        printf("the database's own check fails\\n");
        wrong = 1;
    }
    if (!wrong)
        printf("all is as it should be\\n");
    return wrong;
}
""")


def as_json(finding: Finding) -> dict[str, Any]:
    """A trace where a trace can say it, else a list of steps."""
    try:
        dialect_named(finding.dialect)
        return finding.trace().to_json()
    except (KeyError, ValueError):
        pass
    return steps.to_json(
        finding.program, finding.dialect, finding.failure.sentence, stack=finding.stack, repeated=finding.repeated
    )


def as_text(finding: Finding, most: int = 40) -> str:
    """The steps, numbered, and what they show; of a long program the beginning and the end."""
    texts = [steps.step_text(row) for row in finding.program]
    lines = shortened([f"{number:5}  {text}" for number, text in enumerate(texts)], most)
    return "\n".join([*lines, f"       {finding.failure.sentence}"])


def shortened(lines: list[str], most: int) -> list[str]:
    """The lines; of many the first and the last."""
    if len(lines) <= most:
        return lines
    return [*lines[: most // 2], f"       … {len(lines) - most} more …", *lines[-most // 2 :]]


def as_pytest(finding: Finding, target: Target, folder: Path | None = None) -> str:
    """A test that fails now, and passes once the target agrees with the model here.

    :param folder: where the test will lie; the target is named from there.
    """
    named = target_in_test(target, folder)
    how = (f", limits=Limits(stack={finding.stack})" if finding.stack else "") + (
        f", repeated={finding.repeated}" if finding.repeated else ""
    )
    word = {"library": "library", "class": "class", "command": "command"}[target.kind]
    parser = "command_target" if target.kind == "command" else "parse_target"
    return TEST.substitute(
        title=comment(f"{finding.failure.sentence}."),
        parser=parser,
        steps="\n".join(steps.step_text(row) for row in finding.program),
        name=f"{word}_agrees_with_the_model",
        target=named,
        path="from pathlib import Path\n\n" if "Path(" in named else "",
        imports=("Limits, " if "Limits(" in how else "") + ", ".join(sorted({"parse_steps", parser, "replay"})),
        how=how,
        dialect=repr(finding.dialect),
    )


def replaying_test(
    trace: Any, sentence: str, target: Target, folder: Path | None, *, replay: str, writer: str = "musigma check"
) -> str:
    """A test that replays a trace of a theory of its own.

    :param trace: has ``to_json``, and its class ``from_json``.
    :param replay: what :mod:`refinement.check` calls the function that runs such traces.
    """
    named = target_in_test(target, folder)
    text = json.dumps(trace.to_json(), indent=1, ensure_ascii=False)
    return REPLAYING.substitute(
        title=comment(f"{sentence}."),
        writer=writer,
        module=type(trace).__module__,
        record=type(trace).__name__,
        parser="command_target" if target.kind == "command" else "parse_target",
        replay=replay,
        trace=text.replace("\\", "\\\\").replace('"""', '\\"""'),
        kind=target.kind,
        target=named,
        path="from pathlib import Path\n" if "Path(" in named else "",
    )


def target_in_test(target: Target, folder: Path | None) -> str:
    """The target as a test in a folder names it."""
    named = repr(target.where if target.kind != "class" else str(target))
    if folder is not None and target.kind != "command":
        named = f"str(Path(__file__).parent / {os.path.relpath(str(target), folder.resolve())!r})"
    if target.kind == "command":
        options = {"skip_until": target.skip_until, "prefix": target.prefix}
        named += "".join(f", {option}={value!r}" for option, value in options.items() if value)
    return named


def as_c(finding: Finding) -> str:
    """A program that shows the finding without musigma: the steps, and what the model says of each."""
    program = finding.program
    statuses, shows = expected(program, dialect_named(finding.dialect).readings)
    rows = [
        "    {" + ", ".join([StepKind(int(row[0])).name, *(f"{int(n)}u" for n in row[1:]), str(status)]) + "},"
        for row, status in zip(program, statuses, strict=True)
    ]
    pages = [f"    {{{space}, {page}, {frame}, {rights}}}," for space, page, frame, rights in shows]
    return PROGRAM.substitute(
        title=comment(finding.failure.sentence), dialect=finding.dialect, steps="\n".join(rows), pages="\n".join(pages)
    )


def comment(text: str) -> str:
    """A text that ends neither a comment nor a docstring."""
    return " ".join(text.split()).replace("*/", "* /").replace('"""', "'''").replace("\\", "/")


def expected(program: Program, readings: Readings) -> tuple[list[int], list[tuple[int, int, int, int]]]:
    """The status of each step by the model, and what the pages show at the end: space, page, frame, rights."""
    scope = max((scope_at(program, n) for n in range(len(program)) if program[n, 0] == StepKind.INIT), key=_slots)
    # Compiling takes seconds, which the literal model does not need for a small scope.
    state, statuses = indexed.allocate(scope.slots), []
    model = LiteralModel(state, readings, spaces if scope.slots <= FEW_SLOTS else indexed)
    for n, row in enumerate(program):
        kind, a, b, c, d, rights = (int(number) for number in row)
        if kind == StepKind.INIT:
            scope = scope_at(program, n)
            start(state, scope)
            statuses.append(0)
            continue
        if kind == StepKind.LOOK:
            statuses.append(0)
            continue
        pairs = [(a, b), (c, d)] if Kind(kind).names_destination else [(a, b)]
        if rights > ALL_RIGHTS or any(x >= scope.spaces or y >= scope.pages for x, y in pairs):
            statuses.append(1)
            continue
        state.changed[0] = 0
        slots = [scope.slot(x, y) for x, y in pairs]
        operation = Operation(Kind(kind), slots[0], slots[-1] if len(slots) > 1 else -1, rights)
        statuses.append(int(operation.on(model)))
    shown = [x for x in range(scope.slots) if scope.slots <= MOST_SLOTS or state.phys[x] != NIL]
    return statuses, [(*divmod(x, scope.pages), int(state.phys[x]), int(state.rights[x])) for x in shown]


def _slots(scope: Scope) -> int:
    return scope.slots


def start(state: indexed.Indexed, scope: Scope) -> None:
    """The initial state of a scope."""
    state.sigma[:], state.phys[:], state.rights[:], state.links[:] = NIL, NIL, 0, indexed.NOBODY
    for column, first in zip(state, spaces.initial(scope), strict=False):
        column[: scope.slots] = first
