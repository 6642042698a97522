"""A finding of ranges to keep: as a test for pytest, and as a C program."""

from collections.abc import Iterator
from pathlib import Path
from string import Template

from model.ranges.operation import RangeOperation
from model.ranges.scope import RangeScope
from model.spaces.operation import Kind
from refinement.check.finding.artefacts import comment, replaying_test
from refinement.check.finding.range_finding import RangeFinding
from refinement.check.target.target import Target

PROGRAM = Template("""/*
 * $title
 *
 *     cc -I $include -o main main.c path/to/library.so && ./main
 *
 * Written by musigma check, dialects $dialects. It exits with 1, or dies, as long as the library has this defect.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "musigma2.h"

__attribute__((weak)) int64_t musigma_lookup_hw2(uint32_t, uint32_t, uint32_t *, uint32_t *);
__attribute__((weak)) int64_t musigma_lookup_tlb2(int, uint32_t, uint32_t, uint32_t *, uint32_t *);
__attribute__((weak)) uint32_t musigma_cores(void);
__attribute__((weak)) int musigma_check(void);

enum { SPACES = $spaces, PAGES = $pages };

/* What each page has to show; frame -1: nothing. */
static int64_t frames[SPACES][PAGES];
static uint32_t rights[SPACES][PAGES];
static const uint64_t orders = $orders;
static int wrong;

typedef int64_t lookup(uint32_t, uint32_t, uint32_t *, uint32_t *);

static void step(const char *call, int status, int expected)
{
    if (status == expected || status == MUSIGMA_UNKNOWN)
        return;
    printf("%s returned %d; it should be %d\\n", call, status, expected);
    wrong = 1;
}

static void begin(int status)
{
    if (status == 0)
        return;
    printf("init2 returned %d; it should be 0\\n", status);
    exit(1);
}

static void shows(unsigned space, unsigned page, int64_t frame, uint32_t with)
{
    frames[space][page] = frame;
    rights[space][page] = with;
}

static void differs(const char *view, unsigned space, unsigned page, int64_t frame, uint32_t with)
{
    printf("%s of page %u of space %u: frame %lld, rights %u; it should be frame %lld, rights %u\\n", view, page, space,
           (long long)frame, with, (long long)frames[space][page], rights[space][page]);
    wrong = 1;
}

/* Whether the pages of a mapping of that order lie together, and, if asks is set, are said to be in one. */
static int is_mapping(lookup *asks, unsigned space, unsigned page, uint32_t order)
{
    if (order > 62 || !(orders >> order & 1) || (page | ((1ull << order) - 1)) >= PAGES)
        return 0;
    unsigned base = page & ~((1u << order) - 1);
    for (unsigned i = base; i < base + (1u << order); i++) {
        uint32_t with, other = order;
        if (frames[space][i] < 0 || frames[space][i] - i != frames[space][base] - base ||
            rights[space][i] != rights[space][base])
            return 0;
        if (asks)
            asks(space, i, &with, &other);
        if (other != order)
            return 0;
    }
    return 1;
}

static void look(const char *view, lookup *asks, int in_one)
{
    for (unsigned space = 0; space < SPACES; space++)
        for (unsigned page = 0; page < PAGES; page++) {
            uint32_t with = 0, order = 0;
            int64_t frame = asks(space, page, &with, &order);
            if (frame != frames[space][page] || (frame >= 0 && with != rights[space][page]))
                differs(view, space, page, frame, with);
            else if (frame >= 0 && !is_mapping(in_one ? asks : 0, space, page, order)) {
                printf("%s of page %u of space %u: there is no mapping of order %u\\n", view, page, space, order);
                wrong = 1;
            }
        }
}

static void look_in_buffer(int core)
{
    for (unsigned space = 0; space < SPACES; space++)
        for (unsigned page = 0; page < PAGES; page++) {
            uint32_t with = 0, order = 0;
            int64_t frame = musigma_lookup_tlb2(core, space, page, &with, &order);
            if (frame >= 0 && (frame != frames[space][page] || (with & ~rights[space][page])))
                differs("lookup_tlb2", space, page, frame, with);
        }
}

static void compare(void)
{
    look("lookup2", musigma_lookup2, 1);
    if (musigma_lookup_hw2)
        look("lookup_hw2", musigma_lookup_hw2, 0);
    if (musigma_lookup_tlb2 && !musigma_cores)
        look_in_buffer(-1);
    else if (musigma_lookup_tlb2)
        for (int core = 0; core < (int)musigma_cores(); core++)
            look_in_buffer(core);
    if (musigma_check && musigma_check() != 0) {
        printf("the database's own check fails\\n");
        wrong = 1;
    }
    if (wrong)
        exit(1);
}

int main(void)
{
    alarm(60);
$steps
    printf("all is as it should be\\n");
    return 0;
}
""")


def as_pytest(finding: RangeFinding, target: Target, folder: Path | None = None) -> str:
    """A test that fails now, and passes once the target agrees with the model here.

    :param folder: where the test will lie; the target is named from there.
    """
    trace, said = finding.trace, finding.failure.sentence
    return replaying_test(trace, said, target, folder, replay="replay_ranges")


def as_c(finding: RangeFinding) -> str:
    """A program that shows the finding without musigma: the operations, and what all pages have to show after each."""
    trace = finding.trace
    return PROGRAM.substitute(
        title=comment(finding.failure.sentence),
        include="path/to/refinement/check",
        dialects=comment(f"{trace.dialect} of pages and {trace.ranges} of ranges"),
        spaces=trace.scope.spaces,
        pages=trace.scope.pages,
        orders=hex(trace.scope.orders),
        steps="\n".join(_lines(finding)),
    )


def _lines(finding: RangeFinding) -> Iterator[str]:
    """The lines that begin, do each operation, say which pages changed, and compare."""
    scope = finding.trace.scope
    shown = [(0, 0)] * scope.slots  # as the program's arrays begin
    for operation, status, state in finding.trace.states():
        if operation is None:
            sizes = f"{scope.spaces}, {scope.pages}, {scope.frames}, orders"
            yield f"    begin(musigma_init2({sizes}));"
        else:
            yield from _call(operation, scope, int(status))
        for slot in range(scope.slots):
            new = (int(state.phys[slot]), int(state.rights[slot]))
            if new != shown[slot]:
                yield f"    shows({slot // scope.pages}, {slot % scope.pages}, {new[0]}, {new[1]});"
                shown[slot] = new
        yield "    compare();"


def _call(o: RangeOperation, scope: RangeScope, expected: int) -> Iterator[str]:
    """The lines of a call of ``musigma2.h``."""
    source = _range(o.src, o.order, scope)
    if o.kind == Kind.FLUSH:
        call = f"musigma_flush2({source}, {o.rights}, {'MUSIGMA_OWN_PAGES' if o.own else 0})"
    else:
        call = f"musigma_{o.kind.word}2({source}, {_range(o.dst, o.dst_order, scope)}, {o.offset}, {o.rights})"
    yield f"    /* {comment(o.text(scope))} */"
    yield f'    step("{o.kind.word}2", {call}, {expected});'


def _range(slot: int, order: int, scope: RangeScope) -> str:
    return f"&(struct musigma_range){{{slot // scope.pages}, {slot % scope.pages}, {order}}}"
