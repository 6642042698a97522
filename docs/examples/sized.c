/*
 * A mapping database with page sizes: one node for a mapping of 2^k pages, taken apart where a range ends in it.
 *
 * A node shows as many frames as it has pages. A child's frames lie in its parent's, and a page of the child derives
 * from the page of the parent that shows the same frame; so no offsets are kept. Beside it stands a page table, and what
 * each core, which touches every page, remembers of mappings, each with its size; what it is told to forget is a mapping
 * of one size. Core 0 does the operations, and tells the others.
 *
 *     cc -O2 -shared -fPIC -I refinement/check -o sized.so docs/examples/sized.c
 *
 * With -DMUSIGMA_FAULT=EARLY_ASCENT, or another of the names below, it has that defect.
 */
#include <stddef.h>
#include <string.h>

#define MUSIGMA_PAGES_BY_RANGES
#include "musigma2.h"

enum fault {
    NO_FAULT,
    EARLY_ASCENT,           /* a flush goes up after the first small child, though others remain */
    GRANT_FIRST_PART,       /* of a range that several mappings show, the first alone is granted */
    LARGER_THAN_PARENT,     /* a child is made as large as the range, though its parent is smaller */
    FLUSH_TOO_WIDE,         /* a child that a flush meets in part goes whole */
    WRONG_OFFSET,           /* of a larger source the first part is sent, whatever the offset is */
    FIRST_PAGE_INVALIDATED, /* of a mapping that goes, the first page alone is invalidated */
    PARTIAL_SUCCESS_KEPT,   /* a range that is refused at one page has emptied those before it */
    MERGE_UNCONTIGUOUS,     /* neighbours become one mapping, though their frames are no neighbours */
    NO_SPLIT,               /* a destination that is replaced in part goes whole */
    SPLIT_FORGETS_CHILD,    /* when a mapping is split, all children stay with its first part */
    OFFSET_NOT_CUT,         /* the offset is taken as it is, so that a mapping is not aligned */
    OFFSET_NOT_WRAPPED,     /* an offset beyond the larger range leads out of it */
    CROSSING_UNCHECKED,     /* a source may derive from the destination of another page */
    OWN_PAGES_STAY,         /* of a flushed range all pages stay, also those that derive from others of it */
    OWN_FIRST_ONLY,         /* a flush with its own pages takes the first of them alone */
    RIGHTS_OF_FIRST,        /* all pages of a range get the rights of the first */
    SPLIT_WIDENS,           /* when a mapping is split, its later parts get all rights */
    GRANT_WHOLE,            /* who grants a part of a mapping loses all of it */
    FLUSH_FIRST_PAGE,       /* a flush of a range takes what derives from its first page */
    PAGE_LEFT,              /* the last page of a mapping that goes is still found */
    HOLES_EMPTIED,          /* where the source is nil, the destination is emptied */
    GRANT_KEEPS_RIGHTS,     /* a grant with fewer rights leaves all children theirs */
    CORE_FORGOTTEN,         /* the last core is told of no invalidation */
    NARROWED_ON_ONE_CORE,   /* of a mapping that loses some rights, core 0 alone forgets what it had */
    FRAME_OF_FIRST,         /* look-up tells the frame of the mapping's first page */
    SPLIT_INVALIDATED_LATE, /* a mapping that was split is invalidated as its first part, and stays remembered */
    TABLE_NOT_NARROWED,     /* of a mapping that loses some rights, the page table keeps what it had */
    ORDER_OF_PAGE,          /* look-up tells the order of a single page for the last page of a mapping */
    MISALIGNED_TAKEN,       /* a range that does not begin with a multiple of its size is taken */
};
#ifndef MUSIGMA_FAULT
#define MUSIGMA_FAULT NO_FAULT
#endif
#define FAULT(name) (MUSIGMA_FAULT == (name))

enum { MOST_SLOTS = 4096 };
struct node {
    struct node *parent; /* NULL: it holds its frames itself */
    struct node *child, *next, *previous;
    uint32_t space, page, order, frame, rights;
};
static struct node nodes[MOST_SLOTS], *unused;
static struct node *at_slot[MOST_SLOTS];
enum { CORES = 3 };
enum { ORDERS = 16 };
struct entry { int64_t frame; uint32_t rights; }; /* frame -1: none */
static struct entry remembered[CORES][ORDERS][MOST_SLOTS]; /* by the first page of the mapping */
static struct { struct entry shows; uint32_t order; } table[MOST_SLOTS];
static uint32_t spaces, pages;
static uint64_t orders;

static uint32_t slot_of(uint32_t space, uint32_t page) { return space * pages + page; }
static uint32_t size_of(uint32_t order) { return (uint32_t)1 << order; }
static int within(uint32_t base, uint32_t order, uint32_t outer, uint32_t above)
{
    return order <= above && (base ^ outer) >> above == 0;
}
static int meets(uint32_t base, uint32_t order, uint32_t other, uint32_t above)
{
    return within(base, order, other, above) || within(other, above, base, order);
}
static uint32_t frame_at(const struct node *n, uint32_t page) { return n->frame + (page - n->page); }

/* The first so many cores forget a mapping. */
static void invalidate_on(uint32_t cores, const struct node *n)
{
    uint32_t order = FAULT(FIRST_PAGE_INVALIDATED) ? 0 : n->order;
    for (uint32_t core = 0; core < cores; core++) remembered[core][order][slot_of(n->space, n->page)].frame = -1;
}

static void invalidate(const struct node *n) { invalidate_on(FAULT(CORE_FORGOTTEN) ? CORES - 1 : CORES, n); }

static void touch_all(void)
{
    for (uint32_t slot = 0; slot < spaces * pages; slot++) {
        struct node *n = at_slot[slot];
        for (uint32_t core = 0; n && core < CORES && n->page == slot % pages; core++)
            if (remembered[core][n->order][slot].frame < 0)
                remembered[core][n->order][slot] = (struct entry){n->frame, n->rights};
    }
}

/* The page table has what a mapping shows. */
static void enter(const struct node *n)
{
    for (uint32_t i = 0; i < size_of(n->order); i++) {
        table[slot_of(n->space, n->page + i)].shows = (struct entry){n->frame + i, n->rights};
        table[slot_of(n->space, n->page + i)].order = n->order;
    }
}

static void erase(const struct node *n)
{
    for (uint32_t i = 0; i < size_of(n->order); i++) table[slot_of(n->space, n->page + i)].shows.frame = -1;
}

static void link_below(struct node *n, struct node *parent)
{
    n->parent = parent, n->previous = NULL, n->next = NULL;
    if (!parent) return;
    n->next = parent->child;
    if (n->next) n->next->previous = n;
    parent->child = n;
}

static void unlink_node(struct node *n)
{
    if (n->next) n->next->previous = n->previous;
    if (n->previous) n->previous->next = n->next;
    else if (n->parent) n->parent->child = n->next;
}

static struct node *make(struct node *parent, uint32_t space, uint32_t page, uint32_t order, uint32_t frame, uint32_t rights)
{
    struct node *n = unused;
    unused = n->next;
    *n = (struct node){.space = space, .page = page, .order = order, .frame = frame, .rights = rights};
    link_below(n, parent);
    for (uint32_t i = 0; i < size_of(order); i++) at_slot[slot_of(space, page + i)] = n;
    enter(n);
    return n;
}

/* A node without children goes. */
static void drop(struct node *n)
{
    invalidate(n);
    erase(n);
    for (uint32_t i = 0; i < size_of(n->order); i++) {
        uint32_t slot = slot_of(n->space, n->page + i);
        if (at_slot[slot] == n && !(FAULT(PAGE_LEFT) && n->order && i == size_of(n->order) - 1)) at_slot[slot] = NULL;
    }
    unlink_node(n);
    n->next = unused, unused = n;
}

static uint32_t next_smaller(uint32_t order)
{
    do order--;
    while (!(orders >> order & 1));
    return order;
}

/* Take one node apart, of which no child is larger than the parts. */
static void split_alone(struct node *n)
{
    uint32_t part = next_smaller(n->order), count = size_of(n->order - part);
    static struct node *parts[MOST_SLOTS];
    if (!FAULT(SPLIT_INVALIDATED_LATE)) invalidate(n);
    n->order = part;
    if (FAULT(SPLIT_INVALIDATED_LATE)) invalidate(n);
    enter(n);
    parts[0] = n;
    for (uint32_t i = 1; i < count; i++) {
        uint32_t rights = FAULT(SPLIT_WIDENS) ? MUSIGMA_ALL : n->rights;
        parts[i] = make(n->parent, n->space, n->page + i * size_of(part), part, n->frame + i * size_of(part), rights);
    }
    if (FAULT(SPLIT_FORGETS_CHILD)) return;
    for (struct node *c = n->child, *next; c; c = next) {
        uint32_t i = (c->frame - n->frame) >> part;
        next = c->next;
        if (i) unlink_node(c), link_below(c, parts[i]);
    }
}

/* Take a node apart, and first what below it is as large. */
static void split(struct node *n)
{
    for (uint32_t order = n->order;;) {
        struct node *at = n;
        for (struct node *c = at->child; c;) {
            if (c->order == order) at = c, c = at->child;
            else c = c->next;
        }
        split_alone(at);
        if (at == n) return;
    }
}

/* All of a subtree loses the rights, from below; what has none left goes, the top perhaps too. */
static void restrict_subtree(struct node *top, uint32_t taken)
{
    struct node *at = top;
    while (at->child) at = at->child;
    for (;;) {
        struct node *next = at->next, *parent = at->parent;
        int is_top = at == top;
        at->rights &= ~taken;
        if (at->rights && !FAULT(TABLE_NOT_NARROWED)) enter(at);
        if (!at->rights) drop(at);
        else if (FAULT(NARROWED_ON_ONE_CORE)) invalidate_on(1, at);
        else invalidate(at);
        if (is_top) return;
        at = next ? next : parent;
        if (next)
            while (at->child) at = at->child;
    }
}

/* What derives from these frames of a node loses the rights; `kept` is left alone, if it is a range. */
static void flush_below(struct node *n, uint32_t frame, uint32_t order, uint32_t taken, const struct musigma_range *kept)
{
    for (struct node *c = n->child, *next; c; c = next) {
        next = c->next;
        if (!meets(c->frame, c->order, frame, order)) continue;
        if (!within(c->frame, c->order, frame, order) && !FAULT(FLUSH_TOO_WIDE)) {
            split(c);
            next = n->child;
            continue;
        }
        if (kept && c->space == kept->space && within(c->page, c->order, kept->page, kept->order)) continue;
        int early = FAULT(EARLY_ASCENT) && c->order == 0 && n->order > 0;
        restrict_subtree(c, taken);
        if (early) return;
    }
}

/* Nodes end where the block ends. */
static void cut_out(uint32_t space, uint32_t page, uint32_t order)
{
    for (uint32_t i = 0; i < size_of(order); i++)
        for (struct node *n; (n = at_slot[slot_of(space, page + i)]) && !within(n->page, n->order, page, order);) split(n);
}

/* The block loses the rights itself, with what derives from it. */
static void take_block(uint32_t space, uint32_t page, uint32_t order, uint32_t taken)
{
    if (!FAULT(NO_SPLIT)) cut_out(space, page, order);
    for (uint32_t i = 0; i < size_of(order); i++) {
        struct node *n = at_slot[slot_of(space, page + i)];
        if (n && (n->page == page + i || FAULT(NO_SPLIT))) restrict_subtree(n, taken);
    }
}

static int derives(uint32_t from_space, uint32_t from, uint32_t to_space, uint32_t to)
{
    const struct node *n = at_slot[slot_of(from_space, from)], *m = at_slot[slot_of(to_space, to)];
    if (!n || !m || frame_at(n, from) != frame_at(m, to)) return 0;
    while ((n = n->parent))
        if (n == m) return 1;
    return 0;
}

int musigma_init2(uint32_t space_count, uint32_t page_count, uint32_t frames, uint64_t sizes)
{
    uint64_t slots = (uint64_t)space_count * page_count;
    if (!slots || slots > MOST_SLOTS || sizes >> ORDERS) return 1;
    spaces = space_count, pages = page_count, orders = sizes | 1, unused = NULL;
    for (uint32_t slot = slots; slot-- > 0;) {
        nodes[slot].next = unused, unused = &nodes[slot];
        at_slot[slot] = NULL, table[slot].shows.frame = -1;
        for (uint32_t core = 0; core < CORES; core++)
            for (uint32_t order = 0; order < ORDERS; order++)
                if (orders >> order & 1) remembered[core][order][slot].frame = -1;
    }
    for (uint32_t at = 0, k; at < frames; at += size_of(k)) {
        for (k = ORDERS - 1; !(orders >> k & 1) || at % size_of(k) || at + size_of(k) > frames; k--) {}
        make(NULL, 0, at, k, at, MUSIGMA_ALL);
    }
    touch_all();
    return 0;
}

static int is_range(const struct musigma_range *r)
{
    return r->space < spaces && r->order < ORDERS && orders >> r->order & 1 && r->page < pages &&
           size_of(r->order) <= pages - r->page && (r->page % size_of(r->order) == 0 || FAULT(MISALIGNED_TAKEN));
}

static int passes(const struct node *n, uint32_t rights) { return n && n->rights & rights; }

static int pass(const struct musigma_range *src, const struct musigma_range *dst, uint32_t offset, uint32_t rights, int grants)
{
    if (!is_range(src) || !is_range(dst) || rights > MUSIGMA_ALL) return MUSIGMA_REFUSED;
    uint32_t small = src->order < dst->order ? src->order : dst->order, large = src->order + dst->order - small;
    uint32_t count = size_of(small), inside = offset & (size_of(large) - 1);
    if (!FAULT(OFFSET_NOT_CUT)) inside = inside >> small << small;
    if (FAULT(OFFSET_NOT_CUT) && inside + count > size_of(large)) inside = size_of(large) - count;
    if (FAULT(OFFSET_NOT_WRAPPED)) inside = offset >> small << small;
    if (FAULT(WRONG_OFFSET) && src->order > dst->order) inside = 0;
    uint32_t from = src->page + (src->order > dst->order ? inside : 0), to = dst->page + (src->order > dst->order ? 0 : inside);
    if (from + count > pages || to + count > pages) return MUSIGMA_REFUSED;

    int went = 0, refused = src->space == dst->space && from == to;
    for (uint32_t i = 0; i < count && !refused; i++) {
        const struct node *there = at_slot[slot_of(dst->space, to + i)];
        if (!passes(at_slot[slot_of(src->space, from + i)], rights)) continue;
        if (there && !there->parent) refused = 1;
        for (uint32_t j = 0; j < count && !refused; j++)
            if (passes(at_slot[slot_of(src->space, from + j)], rights) && (i == j || !FAULT(CROSSING_UNCHECKED)))
                refused = derives(src->space, from + i, dst->space, to + j);
        if (!refused) {
            went = 1;
            if (FAULT(PARTIAL_SUCCESS_KEPT) && count > 1) take_block(dst->space, to + i, 0, MUSIGMA_ALL);
        }
    }
    if (refused || !went) return MUSIGMA_REFUSED;

    uint32_t first_rights = 0;
    for (uint32_t i = 0, k; i < count; i += size_of(k)) {
        struct node *n = at_slot[slot_of(src->space, from + i)];
        k = 0;
        if (!passes(n, rights)) {
            if (FAULT(HOLES_EMPTIED) && at_slot[slot_of(dst->space, to + i)] && at_slot[slot_of(dst->space, to + i)]->parent)
                take_block(dst->space, to + i, 0, MUSIGMA_ALL);
            continue;
        }
        for (uint32_t larger = small; larger > 0 && !k; larger--) /* the largest mapping from here on, in node and range */
            if (orders >> larger & 1 && i % size_of(larger) == 0 && within(from + i, larger, n->page, n->order)) k = larger;
        if (FAULT(LARGER_THAN_PARENT) && !i && orders >> small & 1) k = small;
        if (FAULT(MERGE_UNCONTIGUOUS) && !i && orders >> small & 1 && at_slot[slot_of(src->space, from + count - 1)]) k = small;
        take_block(dst->space, to + i, k, MUSIGMA_ALL);
        n = at_slot[slot_of(src->space, from + i)]; /* the flush may have taken it apart */
        if (!n) continue;
        if (n->order < k && !FAULT(LARGER_THAN_PARENT) && !FAULT(MERGE_UNCONTIGUOUS)) k = n->order;
        uint32_t passed = n->rights & rights;
        if (FAULT(RIGHTS_OF_FIRST)) passed = first_rights = first_rights ? first_rights : passed;
        if (grants) {
            if (FAULT(GRANT_FIRST_PART) && i) continue;
            uint32_t whole = n->order, base = n->page;
            cut_out(src->space, from + i, k);
            n = at_slot[slot_of(src->space, from + i)];
            k = n->order;
            for (struct node *c = n->child, *next; c; c = next) {
                next = c->next;
                if (!FAULT(GRANT_KEEPS_RIGHTS)) restrict_subtree(c, ~rights & MUSIGMA_ALL);
            }
            invalidate(n);
            erase(n);
            for (uint32_t j = 0; j < size_of(k); j++) at_slot[slot_of(src->space, from + i + j)] = NULL;
            n->space = dst->space, n->page = to + i, n->rights = passed;
            for (uint32_t j = 0; j < size_of(k); j++) at_slot[slot_of(dst->space, to + i + j)] = n;
            enter(n);
            if (FAULT(GRANT_WHOLE))
                for (uint32_t j = 0; j < size_of(whole); j++) {
                    struct node *rest = at_slot[slot_of(src->space, base + j)];
                    if (rest && rest->parent) restrict_subtree(rest, MUSIGMA_ALL);
                }
        } else
            make(n, dst->space, to + i, k, frame_at(n, from + i), passed);
    }
    touch_all();
    return MUSIGMA_DONE;
}

int musigma_map2(const struct musigma_range *src, const struct musigma_range *dst, uint32_t offset, uint32_t rights)
{
    return pass(src, dst, offset, rights, 0);
}

int musigma_grant2(const struct musigma_range *src, const struct musigma_range *dst, uint32_t offset, uint32_t rights)
{
    return pass(src, dst, offset, rights, 1);
}

int musigma_flush2(const struct musigma_range *range, uint32_t rights, uint32_t flags)
{
    if (!is_range(range) || rights > MUSIGMA_ALL) return MUSIGMA_REFUSED;
    const struct musigma_range *kept = FAULT(OWN_PAGES_STAY) && range->order ? range : NULL;
    for (uint32_t i = 0, k; i < size_of(range->order); i += size_of(k)) {
        struct node *n = at_slot[slot_of(range->space, range->page + i)];
        k = n ? n->order < range->order ? n->order : range->order : 0; /* the node or the range, whichever is smaller */
        if (n) flush_below(n, frame_at(n, range->page + i), FAULT(FLUSH_FIRST_PAGE) ? 0 : k, rights, kept);
        if (FAULT(FLUSH_FIRST_PAGE)) break;
    }
    if (flags & MUSIGMA_OWN_PAGES) take_block(range->space, range->page, FAULT(OWN_FIRST_ONLY) ? 0 : range->order, rights);
    touch_all();
    return MUSIGMA_DONE;
}

int64_t musigma_lookup2(uint32_t space, uint32_t page, uint32_t *rights, uint32_t *order)
{
    const struct node *n = at_slot[slot_of(space, page)];
    if (!n) return -1;
    *rights = n->rights, *order = n->order;
    if (FAULT(ORDER_OF_PAGE) && page - n->page == size_of(n->order) - 1) *order = 0;
    return FAULT(FRAME_OF_FIRST) ? n->frame : frame_at(n, page);
}

int64_t musigma_lookup_hw2(uint32_t space, uint32_t page, uint32_t *rights, uint32_t *order)
{
    *rights = table[slot_of(space, page)].shows.rights, *order = table[slot_of(space, page)].order;
    return table[slot_of(space, page)].shows.frame;
}

/* Of several that hold the page the largest. */
int64_t musigma_lookup_tlb2(int core, uint32_t space, uint32_t page, uint32_t *rights, uint32_t *order)
{
    for (uint32_t k = ORDERS; k-- > 0;) {
        uint32_t inside = page & (size_of(k) - 1);
        const struct entry *at = &remembered[core][k][slot_of(space, page - inside)];
        if (!(orders >> k & 1) || at->frame < 0) continue;
        *rights = at->rights, *order = k;
        return at->frame + inside;
    }
    return -1;
}

uint32_t musigma_cores(void) { return CORES; }
