"""A finding of either kind to keep, whether of threads or of address spaces alone: as JSON, text, a test or C."""

import json
from pathlib import Path
from string import Template
from typing import Any, TypeAlias

from model.messages import literal
from model.messages.operation import Kind, Operation
from model.messages.readings import message_dialect_named
from model.messages.scope import MessageScope, members, set_of
from model.messages.tables import RUNS, Board, Threads, board_of, first_row, view
from model.spaces.dialect import dialect_named
from refinement.check.finding import artefacts
from refinement.check.finding.finding import Finding
from refinement.check.finding.message_finding import MessageFinding
from refinement.check.target.target import Target

AnyFinding: TypeAlias = Finding | MessageFinding

TEST = Template('''"""$title

Written by musigma check. It fails as long as the target has this defect.
"""

import json
${path}
from refinement.check import $parser, replay_messages
from refinement.check.messages.steps import from_json

PROGRAM = """\\
$program
"""


def test_$name() -> None:
    target = $parser($target)
    report = replay_messages(target, from_json(json.loads(PROGRAM)))
    assert report.failure is None, report.failure.sentence
''')

PROGRAM = Template("""/*
 * $title
 *
 *     cc -I $include -o main main.c path/to/library.so && ./main
 *
 * Written by musigma check, dialect $dialect, messages $messages. It exits with 1, or dies, as long as the library has
 * this defect.
 */
#include <stdio.h>
#include <unistd.h>

#include "musigma.h"

__attribute__((weak)) extern __typeof__(musigma_lookup_hw) musigma_lookup_hw;
__attribute__((weak)) extern __typeof__(musigma_check) musigma_check;

static int wrong;

static void step(const char *what, int status, int expected)
{
    if (status != expected) {
        printf("%s returned %d; it should be %d\\n", what, status, expected);
        wrong = 1;
    }
}

static void thread(uint32_t n, int64_t state, int64_t space, int64_t sender, int64_t word)
{
    struct musigma_thread shows = {-2, -2, -2, -2};

    musigma_thread(n, &shows);
    if (shows.state == state && (space < 0 || (shows.space == space && shows.sender == sender && shows.word == word)))
        return;
    printf("thread %u: state %lld, space %lld, sender %lld, word %lld; it should be %lld, %lld, %lld, %lld\\n", n,
           (long long)shows.state, (long long)shows.space, (long long)shows.sender, (long long)shows.word,
           (long long)state, (long long)space, (long long)sender, (long long)word);
    wrong = 1;
}

static void page(uint32_t space, uint32_t page, int64_t frame, uint32_t rights)
{
    uint32_t got_rights = 0, hw_rights = 0;
    int64_t got = musigma_lookup(space, page, &got_rights);
    int64_t hw = musigma_lookup_hw ? musigma_lookup_hw(space, page, &hw_rights) : frame;

    if (got != frame || (frame >= 0 && got_rights != rights)) {
        printf("page %u of space %u: frame %lld, rights %u; it should be %lld, %u\\n", page, space, (long long)got,
               got_rights, (long long)frame, rights);
        wrong = 1;
    }
    if (musigma_lookup_hw && (hw != frame || (frame >= 0 && hw_rights != rights))) {
        printf("page %u of space %u in the page table: frame %lld, rights %u; it should be %lld, %u\\n", page, space,
               (long long)hw, hw_rights, (long long)frame, rights);
        wrong = 1;
    }
}

int main(void)
{
    alarm(60);
$steps
$threads
$pages
    if (musigma_check && musigma_check() != 0) {
        printf("the database's own check fails\\n");
        wrong = 1;
    }
    if (!wrong)
        printf("all is as it should be\\n");
    return wrong;
}
""")


def as_json(finding: AnyFinding) -> dict[str, Any]:
    """A file that can be replayed."""
    return finding.kept() if isinstance(finding, MessageFinding) else artefacts.as_json(finding)


def as_text(finding: AnyFinding, most: int = 40) -> str:
    """The steps, numbered, and what they show."""
    if not isinstance(finding, MessageFinding):
        return artefacts.as_text(finding, most)
    lines = [f"{number:5}  {text}" for number, text in enumerate(finding.program.texts())]
    lines += [f"       all of this {finding.rounds:,} times in one process"] if finding.rounds > 1 else []
    return "\n".join([*artefacts.shortened(lines, most), f"       {finding.failure.sentence}"])


def as_pytest(finding: AnyFinding, target: Target, folder: Path | None = None) -> str:
    """A test that fails now, and passes once the target agrees with the model here.

    :param folder: where the test will lie; the target is named from there.
    """
    if not isinstance(finding, MessageFinding):
        return artefacts.as_pytest(finding, target, folder)
    named = artefacts.target_in_test(target, folder)
    return TEST.substitute(
        title=artefacts.comment(f"{finding.failure.sentence}."),
        parser="command_target" if target.kind == "command" else "parse_target",
        program=json.dumps(finding.kept(), indent=1, ensure_ascii=False).replace("\\", "\\\\").replace('"""', '\\"""'),
        name=f"{target.kind}_agrees_with_the_model",
        target=named,
        path="from pathlib import Path\n" if "Path(" in named else "",
    )


def as_c(finding: AnyFinding) -> str:
    """A program that shows the finding without musigma: the steps, and what the model says of each."""
    if not isinstance(finding, MessageFinding):
        return artefacts.as_c(finding)
    scope, board = finding.scope, board_of(finding.scope)
    state = view(first_row(scope), board)
    state.known[:] = (1 << scope.words) - 1
    threads = (scope.threads, scope.ids, scope.versions, scope.booted, scope.hardware, scope.ports)
    steps = [
        _line(_call("init", scope.spaces, scope.pages, scope.frames), 0),
        _line(_call("init_threads", *threads), 0),
    ]
    readings = message_dialect_named(finding.messages).readings, dialect_named(finding.dialect).readings
    steps += [_line(call_of(o, scope), literal.act(state, board, o, *readings)) for o in finding.program.operations]
    if finding.rounds > 1:
        steps = [f"    for (int round = 0; round < {finding.rounds}; round++) {{", *steps, "    }"]
    return PROGRAM.substitute(
        title=artefacts.comment(finding.failure.sentence),
        include="path/to/refinement/check",
        dialect=finding.dialect,
        messages=finding.messages,
        steps="\n".join(steps),
        threads="\n".join(_thread(state, board, t) for t in range(scope.threads)),
        pages="\n".join(
            f"    page({x // scope.pages}, {x % scope.pages}, {state.spaces.phys[x]}, {state.spaces.rights[x]});"
            for x in range(scope.slots)
        ),
    )


def call_of(o: Operation, scope: MessageScope) -> str:
    """The call of ``musigma.h`` that an operation is.

    >>> call_of(Operation(Kind.WAIT, actor=1, willing=0b11, opens=0b10), MessageScope(2, 1, 1))
    'musigma_wait(1, MUSIGMA_ANY, 0)'
    """
    name = o.other % scope.ids
    waits = _partner(o.willing, scope), _window(o.opens, scope)
    claimed = "MUSIGMA_NO_NAME" if o.claimed < 0 else o.claimed
    match o.kind:
        case Kind.WAIT:
            return _call("wait", o.actor, *waits)
        case Kind.SEND:
            return _call("send", o.actor, name, o.word, "MUSIGMA_NO_ITEM", 0, 0, 0, claimed, *waits)
        case Kind.SEND_MAP | Kind.SEND_GRANT:
            item = "MUSIGMA_MAP_ITEM" if o.kind == Kind.SEND_MAP else "MUSIGMA_GRANT_ITEM"
            places = o.src % scope.pages, o.dst % scope.pages
            return _call("send", o.actor, name, o.word, item, *places, o.rights, claimed, *waits)
        case Kind.CREATE:
            return _call("create", o.actor, o.other, name, o.into, o.paged_by)
        case Kind.END:
            return _call("end", o.actor, name)
        case Kind.TIMEOUT:
            return _call("timeout", o.other)
        case Kind.PAGE_FAULT:
            return _call("page_fault", o.actor, o.dst % scope.pages)
        case Kind.INTERRUPT:
            return _call("interrupt", o.actor)
        case Kind.ASSOCIATE:
            return _call("associate", o.actor, o.other)
    return _call("flush_own", o.actor, o.src % scope.pages, o.rights)


def _call(name: str, *arguments: int | str) -> str:
    return f"musigma_{name}({', '.join(str(argument) for argument in arguments)})"


def _partner(willing: int, scope: MessageScope) -> str:
    if willing == 0:
        return "MUSIGMA_NOBODY"
    return "MUSIGMA_ANY" if willing == set_of(*range(scope.ids)) else str(members(willing)[0])


def _window(opens: int, scope: MessageScope) -> str:
    slots = members(opens)
    if not slots:
        return "MUSIGMA_NO_WINDOW"
    return str(slots[0] % scope.pages) if len(slots) == 1 else "MUSIGMA_WHOLE_SPACE"


def _line(call: str, status: int) -> str:
    """A line that calls, and compares the status."""
    return f'    step("{call.partition("(")[0]}", {call}, {status});'


def _thread(s: Threads, b: Board, t: int) -> str:
    """A line that compares what a thread shows."""
    if s.life[t] != RUNS:
        return f"    thread({t}, 0, -1, -1, -1);"
    state = 2 if s.awaits[t] else 1
    if b.hardware[t]:
        return f"    thread({t}, {state}, -1, -1, -1);"
    return f"    thread({t}, {state}, {s.space[t]}, {s.sender[t]}, {s.message[t]});"
