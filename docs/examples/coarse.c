/*
 * A mapping database on hardware that cannot express every set of rights, to be checked: what can be written or
 * executed can be read, as on x86. The page table is all that it has, so that it never knows what was asked for.
 *
 *     cc -O2 -shared -fPIC -I refinement/check -o coarse.so docs/examples/coarse.c
 *
 * With -DCOARSE_FAULT=ASKED_FOR, or another of the names below, it has that defect.
 */
#include <string.h>

#include "musigma.h"

enum {
    NO_FAULT,
    ASKED_FOR,        /* a page gets the rights that were asked for, though no entry has these */
    FLUSH_AS_ASKED,   /* what a flush leaves is written as it is */
    GRANT_AS_ASKED,   /* what a grant with fewer rights leaves to children is written as it is */
    EMPTY_ENTRY,      /* a page that keeps no right stays */
    NOT_MONOTONE,     /* rw- is kept as r--, -w- as rw- */
    NOT_IDEMPOTENT,   /* --x is kept as -w-, and that as rw- */
    ROUNDED_DOWN,     /* the function says that -w- is kept as none, and the entries that it is rw- */
};

#ifndef COARSE_FAULT
#define COARSE_FAULT NO_FAULT
#endif
#define FAULT(name) (COARSE_FAULT == (name))

#define MOST 4096
enum { NOBODY = -1, FRAME = -2 };

static struct entry {
    int32_t parent; /* a slot, or one of the two above */
    int64_t frame;
    uint32_t rights;
} table[MOST];
static uint32_t spaces, pages;

static uint32_t entry_rights(uint32_t rights)
{
    return rights ? rights | MUSIGMA_R : 0;
}

uint32_t musigma_normalise(uint32_t rights)
{
    if (FAULT(NOT_MONOTONE) && rights == (MUSIGMA_R | MUSIGMA_W))
        return MUSIGMA_R;
    if (FAULT(NOT_IDEMPOTENT) && rights == MUSIGMA_X)
        return MUSIGMA_W;
    if (FAULT(ROUNDED_DOWN) && !(rights & MUSIGMA_R))
        return 0;
    return entry_rights(rights);
}

int musigma_abi_version(void) { return MUSIGMA_ABI_VERSION; }

int musigma_init(uint32_t s, uint32_t p, uint32_t frames)
{
    if ((uint64_t)s * p > MOST)
        return MUSIGMA_REFUSED;
    spaces = s, pages = p;
    for (uint32_t x = 0; x < s * p; x++)
        table[x] = (struct entry){NOBODY, -1, 0};
    for (uint32_t f = 0; f < frames; f++)
        table[f] = (struct entry){FRAME, f, MUSIGMA_ALL};
    return MUSIGMA_DONE;
}

static int is_in_range(uint32_t space, uint32_t page, uint32_t rights)
{
    return space < spaces && page < pages && rights <= MUSIGMA_ALL;
}

static int is_below(int32_t x, int32_t top)
{
    while (x >= 0 && (x = table[x].parent) >= 0)
        if (x == top)
            return 1;
    return 0;
}

/* Whatever is below the slot keeps only those rights; what has none left goes. */
static void restrict_below(int32_t top, uint32_t kept, int as_asked)
{
    uint8_t below[MOST];
    uint32_t slots = spaces * pages;

    for (uint32_t x = 0; x < slots; x++)
        below[x] = is_below(x, top);
    for (uint32_t x = 0; x < slots; x++)
        if (below[x]) {
            uint32_t left = table[x].rights & kept;
            table[x].rights = as_asked ? left : entry_rights(left);
            if (!table[x].rights && !FAULT(EMPTY_ENTRY))
                table[x] = (struct entry){NOBODY, -1, 0};
        }
}

static int is_refused(int32_t src, int32_t dst, uint32_t rights)
{
    return src == dst || table[src].parent == NOBODY || !(table[src].rights & rights) || table[dst].parent == FRAME ||
           is_below(src, dst);
}

static uint32_t passed_on(int32_t src, uint32_t rights)
{
    uint32_t both = table[src].rights & rights;
    return FAULT(ASKED_FOR) ? both : entry_rights(both);
}

int musigma_map(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t rights)
{
    int32_t src = a * pages + b, dst = c * pages + d;

    if (!is_in_range(a, b, rights) || !is_in_range(c, d, rights) || is_refused(src, dst, rights))
        return MUSIGMA_REFUSED;
    restrict_below(dst, 0, 0);
    table[dst] = (struct entry){src, table[src].frame, passed_on(src, rights)};
    return MUSIGMA_DONE;
}

int musigma_grant(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t rights)
{
    int32_t src = a * pages + b, dst = c * pages + d;

    if (!is_in_range(a, b, rights) || !is_in_range(c, d, rights) || is_refused(src, dst, rights))
        return MUSIGMA_REFUSED;
    restrict_below(dst, 0, 0);
    table[dst] = (struct entry){table[src].parent, table[src].frame, passed_on(src, rights)};
    for (uint32_t x = 0; x < spaces * pages; x++)
        if (table[x].parent == src)
            table[x].parent = dst;
    table[src] = (struct entry){NOBODY, -1, 0};
    restrict_below(dst, rights, FAULT(GRANT_AS_ASKED));
    return MUSIGMA_DONE;
}

int musigma_flush(uint32_t space, uint32_t page, uint32_t rights)
{
    if (!is_in_range(space, page, rights))
        return MUSIGMA_REFUSED;
    restrict_below(space * pages + page, MUSIGMA_ALL & ~rights, FAULT(FLUSH_AS_ASKED));
    return MUSIGMA_DONE;
}

int64_t musigma_lookup(uint32_t space, uint32_t page, uint32_t *rights)
{
    *rights = table[space * pages + page].rights;
    return table[space * pages + page].frame;
}
