"""A finding of ownership to keep: as text, as a test for pytest, and as a C program."""

from collections.abc import Iterator
from pathlib import Path
from string import Template

from model.ownership.literal import initial
from model.ownership.operation import NOBODY_ELSE, Kind, PageOperation
from refinement.check.finding.artefacts import comment, replaying_test, shortened
from refinement.check.finding.ownership_finding import OwnershipFinding
from refinement.check.ownership.graph import holdings
from refinement.check.target.target import Target

PROGRAM = Template("""/*
 * $title
 *
 *     cc -I $include -o main main.c path/to/library.so && ./main
 *
 * Written by musigma check, ownership $dialect. It exits with 1, or dies, as long as the library has this defect.
 */
#include <stdio.h>
#include <unistd.h>

#include "musigma_ownership.h"

__attribute__((weak)) int musigma_mapped(uint32_t, uint32_t);
__attribute__((weak)) int musigma_check_ownership(void);

static int wrong;

static void step(const char *call, int status, int expected)
{
    if (status == expected || status == MUSIGMA_NOT_TOLD)
        return;
    printf("%s returned %d; it should be %d\\n", call, status, expected);
    wrong = 1;
}

static void has(uint32_t party, uint32_t page, int expected)
{
    int got = musigma_has(party, page), entry = (expected & MUSIGMA_ACCESSES) != 0;

    if (got != expected) {
        printf("party %u has %d of page %u; it should be %d\\n", party, got, page, expected);
        wrong = 1;
    }
    if (musigma_mapped && musigma_mapped(party, page) != entry) {
        printf("the page table of party %u has %s entry for page %u\\n", party, entry ? "no" : "an", page);
        wrong = 1;
    }
}

int main(void)
{
    alarm(60);
$steps
    if (musigma_check_ownership && musigma_check_ownership() != 0) {
        printf("the library's own check fails\\n");
        wrong = 1;
    }
    if (!wrong)
        printf("all is as it should be\\n");
    return wrong;
}
""")


def as_text(finding: OwnershipFinding, most: int = 40) -> str:
    """The steps, numbered, and what they show; of a long program the beginning and the end."""
    lines = [f"       {line}" for line in rounds_before(finding)]
    lines += [f"{number:5}  {text}" for number, text in enumerate(finding.texts(), 1)]
    return "\n".join([*shortened(lines, most), f"       {finding.failure.sentence}"])


def rounds_before(finding: OwnershipFinding) -> list[str]:
    """The rounds that have to come before, a line each."""
    before = finding.trace.before
    lines = [f"round {n}: {'; '.join(each.text() for each in operations)}" for n, operations in enumerate(before, 1)]
    return [*lines, "then, from a fresh init:"] if lines else []


def as_pytest(finding: OwnershipFinding, target: Target, folder: Path | None = None) -> str:
    """A test that fails now, and passes once the target agrees with the model here.

    :param folder: where the test will lie; the target is named from there.
    """
    trace, said = finding.trace, finding.failure.sentence
    return replaying_test(trace, said, target, folder, replay="replay_ownership", writer="musigma check --ownership")


def as_c(finding: OwnershipFinding) -> str:
    """A program that shows the finding without musigma: the steps, and what the model says after each."""
    return PROGRAM.substitute(
        title=comment(finding.failure.sentence),
        include="path/to/refinement/check",
        dialect=comment(finding.trace.dialect),
        steps="\n".join(_lines(finding)),
    )


def _lines(finding: OwnershipFinding) -> Iterator[str]:
    """The lines that begin, do each operation, and compare what everybody has then."""
    trace = finding.trace
    scope, readings = trace.scope, trace.resolved().readings
    for operations in trace.rounds:
        state = initial(scope)
        yield f'    step("init_ownership", musigma_init_ownership({scope.spaces}, {scope.pages}), 0);'
        for operation in (None, *operations):
            if operation is not None:
                expected = operation.apply(state, readings)
                yield f'    step("{operation.kind.word}", {call_of(operation)}, {expected});'
            for number, held in enumerate(holdings(state)):
                yield f"    has({number // scope.pages}, {number % scope.pages}, {held});"


def call_of(o: PageOperation) -> str:
    """The call of ``musigma_ownership.h`` that an operation is.

    >>> call_of(PageOperation(Kind.RECLAIM, 0, NOBODY_ELSE, 2))
    'musigma_reclaim(0, MUSIGMA_EVERYBODY, 2)'
    """
    if o.kind in (Kind.RETRIEVE, Kind.RELINQUISH):
        return f"musigma_{o.kind.word}({o.by}, {o.page})"
    other = "MUSIGMA_EVERYBODY" if o.other == NOBODY_ELSE else str(o.other)
    return f"musigma_{o.kind.word}({o.by}, {other}, {o.page})"
