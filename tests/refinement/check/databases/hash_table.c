/*
 * A right database of a third design: one hash table of mappings by slot, deleted ones marked, each with its parent's
 * slot; who was mapped from a slot is found by looking at all. With -DFIRST_TOMBSTONE a look-up stops at a mark.
 */
#include <stdlib.h>

#include "musigma.h"

enum { EMPTY, DELETED, USED };

struct mapping {
    int state;
    int64_t slot, parent; /* parent -1: it holds the frame itself */
    uint32_t frame, rights;
};

static uint32_t spaces, pages;
static size_t size, marked;
static struct mapping *table;

static struct mapping *find(int64_t slot)
{
    for (size_t at = (uint64_t)slot * 7 % size;; at = (at + 1) % size) {
        if (table[at].state == USED && table[at].slot == slot)
            return &table[at];
#ifdef FIRST_TOMBSTONE
        if (table[at].state == DELETED)
            return NULL;
#endif
        if (table[at].state == EMPTY)
            return NULL;
    }
}

static void put(struct mapping mapping);

static void rebuild(void)
{
    struct mapping *old = table;

    table = calloc(size, sizeof *table);
    marked = 0;
    for (size_t n = 0; n < size; n++)
        if (old[n].state == USED)
            put(old[n]);
    free(old);
}

static void put(struct mapping mapping)
{
    size_t at = (uint64_t)mapping.slot * 7 % size;

    while (table[at].state == USED)
        at = (at + 1) % size;
    if (table[at].state == DELETED)
        marked--;
    mapping.state = USED;
    table[at] = mapping;
}

static void delete(struct mapping *mapping)
{
    mapping->state = DELETED;
    marked++;
}

static int is_below(int64_t slot, int64_t top)
{
    while (slot >= 0 && slot != top)
        slot = find(slot)->parent;
    return slot == top;
}

/* Rights go from what is below before anything is deleted, so that parents are there to be asked. */
static void take(int64_t top, uint32_t rights)
{
    for (size_t n = 0; n < size; n++)
        if (table[n].state == USED && table[n].slot != top && is_below(table[n].slot, top))
            table[n].rights &= ~rights;
    for (size_t n = 0; n < size; n++)
        if (table[n].state == USED && !table[n].rights)
            delete(&table[n]);
    if (marked > size / 4)
        rebuild();
}

int musigma_abi_version(void) { return 1; }

int musigma_init(uint32_t s, uint32_t p, uint32_t f)
{
    if (!s || !f || f > p || (uint64_t)s * p > 4096)
        return 1;
    free(table);
    spaces = s, pages = p;
    size = 2 * (size_t)s * p + 5, marked = 0;
    table = calloc(size, sizeof *table);
    for (uint32_t n = 0; n < f; n++)
        put((struct mapping){USED, n, -1, n, 7});
    return 0;
}

static int64_t slot_of(uint32_t s, uint32_t p) { return s < spaces && p < pages ? (int64_t)s * pages + p : -1; }

static int prepare(int64_t src, int64_t dst, uint32_t rights)
{
    struct mapping *source, *target;

    if (src < 0 || dst < 0 || rights > 7 || src == dst)
        return 1;
    source = find(src), target = find(dst);
    if (!source || !(source->rights & rights))
        return 1;
    if (target) {
        if (target->parent < 0 || is_below(src, dst))
            return 1;
        take(dst, 7);
        delete(find(dst));
    }
    return 0;
}

int musigma_map(uint32_t ss, uint32_t sp, uint32_t ds, uint32_t dp, uint32_t rights)
{
    int64_t src = slot_of(ss, sp), dst = slot_of(ds, dp);
    struct mapping *source;

    if (prepare(src, dst, rights))
        return 1;
    source = find(src);
    put((struct mapping){USED, dst, src, source->frame, source->rights & rights});
    return 0;
}

int musigma_grant(uint32_t ss, uint32_t sp, uint32_t ds, uint32_t dp, uint32_t rights)
{
    int64_t src = slot_of(ss, sp), dst = slot_of(ds, dp);
    struct mapping moved;

    if (prepare(src, dst, rights))
        return 1;
    moved = *find(src);
    delete(find(src));
    moved.slot = dst;
    moved.rights &= rights;
    put(moved);
    for (size_t n = 0; n < size; n++)
        if (table[n].state == USED && table[n].parent == src)
            table[n].parent = dst;
    take(dst, 7 & ~rights);
    return 0;
}

int musigma_flush(uint32_t s, uint32_t p, uint32_t rights)
{
    int64_t slot = slot_of(s, p);

    if (slot < 0 || rights > 7)
        return 1;
    if (find(slot))
        take(slot, rights);
    return 0;
}

int64_t musigma_lookup(uint32_t s, uint32_t p, uint32_t *rights)
{
    struct mapping *mapping = slot_of(s, p) < 0 ? NULL : find(slot_of(s, p));

    *rights = mapping ? mapping->rights : 0;
    return mapping ? (int64_t)mapping->frame : -1;
}
