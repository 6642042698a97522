/*
 * A right database of another design: of each frame an array of its mappings in the order of a walk through the tree,
 * each with its depth. What was mapped from an entry follows it, for as long as depths are greater.
 */
#include <stdlib.h>
#include <string.h>

#include "musigma.h"

struct entry {
    uint32_t slot, depth, rights;
};

struct list {
    struct entry *entries;
    size_t used, room;
};

static uint32_t spaces, pages, frames;
static struct list *lists;

static struct entry *find(uint32_t slot, struct list **list)
{
    for (uint32_t f = 0; f < frames; f++)
        for (size_t n = 0; n < lists[f].used; n++)
            if (lists[f].entries[n].slot == slot) {
                *list = &lists[f];
                return &lists[f].entries[n];
            }
    return NULL;
}

static void insert(struct list *list, size_t at, struct entry entry)
{
    if (list->used == list->room) {
        list->room = list->room ? 2 * list->room : 4;
        list->entries = realloc(list->entries, list->room * sizeof entry);
    }
    memmove(&list->entries[at + 1], &list->entries[at], (list->used - at) * sizeof entry);
    list->entries[at] = entry;
    list->used++;
}

static size_t end_of(const struct list *list, size_t at)
{
    uint32_t depth = list->entries[at].depth;

    for (at++; at < list->used && list->entries[at].depth > depth; at++)
        ;
    return at;
}

static void cut(struct list *list, size_t from, size_t to)
{
    memmove(&list->entries[from], &list->entries[to], (list->used - to) * sizeof *list->entries);
    list->used -= to - from;
}

static void take(struct list *list, size_t at, uint32_t rights)
{
    size_t end = end_of(list, at), kept = at + 1;

    for (size_t n = at + 1; n < end; n++) {
        list->entries[n].rights &= ~rights;
        if (list->entries[n].rights)
            list->entries[kept++] = list->entries[n];
    }
    cut(list, kept, end);
}

int musigma_abi_version(void) { return 1; }

int musigma_init(uint32_t s, uint32_t p, uint32_t f)
{
    if (!s || !f || f > p || p > 65536 || s > 65536)
        return 1;
    for (uint32_t n = 0; n < frames; n++)
        free(lists[n].entries);
    free(lists);
    spaces = s, pages = p, frames = f;
    lists = calloc(f, sizeof *lists);
    for (uint32_t n = 0; n < f; n++)
        insert(&lists[n], 0, (struct entry){n, 0, 7});
    return 0;
}

static int pass(uint32_t ss, uint32_t sp, uint32_t ds, uint32_t dp, uint32_t rights, int granting)
{
    struct list *from, *over;
    struct entry *source, *target, moved;

    if (ss >= spaces || ds >= spaces || sp >= pages || dp >= pages || rights > 7)
        return 1;
    source = find(ss * pages + sp, &from);
    if (!source || (ss == ds && sp == dp) || !(source->rights & rights))
        return 1;
    target = find(ds * pages + dp, &over);
    if (target) {
        size_t at = target - over->entries;

        if (target->depth == 0)
            return 1;
#ifndef EXTEND_CHILD
        if (over == from && source > target && (size_t)(source - over->entries) < end_of(over, at))
            return 1;
#else
        if (!granting && over == from) {
            size_t parent = at;

            while (over->entries[--parent].depth >= target->depth)
                ;
            if (&over->entries[parent] == source) {
                target->rights |= source->rights & rights;
                return 0;
            }
        }
#endif
        cut(over, at, end_of(over, at));
        source = find(ss * pages + sp, &from);
        if (!source)
            return 0; /* it was mapped from the destination, and went with it */
    }
    if (granting) {
        source->slot = ds * pages + dp;
        source->rights &= rights;
        take(from, source - from->entries, 7 & ~rights);
        return 0;
    }
    moved = (struct entry){ds * pages + dp, source->depth + 1, source->rights & rights};
    insert(from, source - from->entries + 1, moved);
    return 0;
}

int musigma_map(uint32_t ss, uint32_t sp, uint32_t ds, uint32_t dp, uint32_t rights)
{
#ifdef EXTEND_CHILD
    if (ss == ds && sp == dp && ss < spaces && sp < pages && rights <= 7)
        return 0;
#endif
    return pass(ss, sp, ds, dp, rights, 0);
}

int musigma_grant(uint32_t ss, uint32_t sp, uint32_t ds, uint32_t dp, uint32_t rights)
{
#ifdef EXTEND_CHILD
    if (ss == ds && sp == dp && ss < spaces && sp < pages && rights <= 7)
        return 0;
#endif
    return pass(ss, sp, ds, dp, rights, 1);
}

int musigma_flush(uint32_t s, uint32_t p, uint32_t rights)
{
    struct list *list;
    struct entry *entry;

    if (s >= spaces || p >= pages || rights > 7)
        return 1;
    entry = find(s * pages + p, &list);
    if (entry)
        take(list, entry - list->entries, rights);
    return 0;
}

int64_t musigma_lookup(uint32_t s, uint32_t p, uint32_t *rights)
{
    struct list *list;
    struct entry *entry = s < spaces && p < pages ? find(s * pages + p, &list) : NULL;

    if (!entry)
        return -1;
    *rights = entry->rights;
    return list - lists;
}
