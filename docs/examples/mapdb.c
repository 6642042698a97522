/*
 * A mapping database: one tree of mappings a frame, and a page table beside it.
 *
 * It implements the canonical dialect of musigma.h. A mapping is a node; its children are the mappings made from it.
 * No operation recurses, and none but flush, and what replaces a mapping, takes more than constant time, except that
 * a destination in use is compared with the ancestors of the source.
 *
 *     cc -O2 -shared -fPIC -I refinement/check -o mapdb.so docs/examples/mapdb.c
 *
 * With -DMUSIGMA_FAULT=EARLY_ASCENT, or another of the names below, it has that defect. Each stands for a defect
 * that kernels of this family have had.
 */
#include <stdlib.h>
#include <string.h>

#include "musigma.h"

enum fault {
    NO_FAULT,
    /* Tree and revocation. */
    STALE_CURSOR,             /* a sibling is remembered across a flush that may free it */
    EARLY_ASCENT,             /* the walk goes up after the first child, though siblings remain */
    DEPTH_WRAP_8,             /* depth is kept in 8 bits */
    DEPTH_WRAP_16,            /* depth is kept in 16 bits */
    RECURSION_OVERFLOW,       /* flush recurses once a level */
    SELF_MAP_LOSES_PAGE,      /* a page mapped onto itself is flushed and not put back */
    ANCESTOR_SLOT,            /* a page is mapped onto the slot that it comes from */
    EAGER_GRANT_CYCLE,        /* a page is granted onto the slot that it comes from */
    FRAME_LOST,               /* a slot that holds a frame is overwritten */
    GRANT_FORGETS_CHILDREN,   /* the children of a granted node stay with the old one */
    GRANT_KEEPS_SOURCE,       /* a granted page stays with the granter as well */
    GRANT_TO_GRANTER,         /* a granted page is linked below the granter, whose flush then takes it */
    FLUSH_TOO_WIDE,           /* the page's siblings lose what was mapped from them, too */
    FLUSH_ONE_LEVEL,          /* only direct children go, theirs become orphans */
    FLUSH_TAKES_OWN_PAGE,     /* the flusher's own page goes */
    FOREIGN_UNMAP,            /* a replaced mapping stays in its old tree, whose flush then clears a stranger's entry */
    /* The page table. */
    DATABASE_NOT_PAGE_TABLE,  /* the database forgets a mapping, its entry stays */
    ENTRY_SURVIVES_OVERMAP,   /* an entry in use is not written over */
    WRONG_SLOT_UNMAPPED,      /* another page's entry is cleared */
    NON_FINAL_DELETE,         /* an entry is cleared only when its frame has no other mapping */
    HANDLE_FRAME_MISMATCH,    /* an entry gets the frame that its number suggests */
    NARROWING_SKIPPED,        /* taking x away does not reach the entry */
    /* Rights. */
    RIGHTS_NOT_INTERSECTED,   /* map gives the rights asked for */
    GRANT_WIDENS,             /* grant gives the rights asked for */
    RIGHTS_CACHED,            /* "has been without w" is remembered, and later children keep w */
    UPGRADE_WRONG,            /* mapped again from the same page: old rights are kept beside the new */
    EMPTY_RIGHTS_MAP,         /* a mapping without any right is made */
    GRANT_RESTRICT_CHILD_KEEPS, /* a grant with fewer rights leaves the children theirs */
    UNMAP_WRONG_RIGHTS,       /* the complement is taken away */
    /* Accounting. */
    NODE_LEAK,                /* a refused map loses the node that it had taken */
    DOUBLE_RELEASE,           /* taking some rights away releases the node as if it was gone */
    PARTIAL_SUCCESS_KEPT,     /* a refused map has flushed its destination already */
    INIT_KEEPS_STATE,         /* a second init forgets to clear the page table */
    SPACE_IN_4_BITS,          /* a node keeps 4 bits of its space's number */
    RANGE_OFF_BY_ONE,         /* the page after the last is taken for one */
    LOCK_KEPT_ON_ALIAS,       /* source and destination in the same space: the space's lock is taken twice */
};

#ifndef MUSIGMA_FAULT
#define MUSIGMA_FAULT NO_FAULT
#endif
#define FAULT(name) (MUSIGMA_FAULT == (name))

struct node {
    struct node *parent; /* NULL: this node holds its frame itself */
    struct node *first_child, *next, *previous;
    uint32_t space, page, frame, rights, depth;
    int without_w;
};

struct entry {
    int64_t frame; /* -1: none */
    uint32_t rights;
};

static uint32_t spaces, pages, frames;
static struct node *pool, *free_nodes; /* free nodes are linked by next */
static struct node **node_of;
static struct entry *table;
static uint32_t *mappings_of_frame;
static int *locked;

static size_t slot(uint32_t space, uint32_t page) { return (size_t)space * pages + page; }

static int in_range(uint32_t space, uint32_t page)
{
    if (FAULT(RANGE_OFF_BY_ONE) && space + 1 < spaces)
        return page <= pages;
    return space < spaces && page < pages;
}

/* The page table. */

static void write_entry(const struct node *node)
{
    struct entry *entry = &table[slot(node->space, node->page)];

    if (FAULT(ENTRY_SURVIVES_OVERMAP) && entry->frame >= 0)
        return;
    entry->frame = FAULT(HANDLE_FRAME_MISMATCH) ? node->page % frames : node->frame;
    entry->rights = node->rights;
}

static void clear_entry(const struct node *node, const struct node *top)
{
    uint32_t page = FAULT(WRONG_SLOT_UNMAPPED) ? top->page : node->page;

    if (FAULT(DATABASE_NOT_PAGE_TABLE) || (FAULT(ENTRY_SURVIVES_OVERMAP) && node == top) || (FAULT(NON_FINAL_DELETE) && mappings_of_frame[node->frame] > 2))
        return;
    table[slot(node->space, page)].frame = -1;
}

/* The tree. */

static struct node *take_node(void)
{
    struct node *node = free_nodes;

    if (node)
        free_nodes = node->next;
    return node;
}

static void release_node(struct node *node)
{
    node->next = free_nodes;
    free_nodes = node;
}

/* The node becomes a child, behind the first. */
static void link_node(struct node *node, struct node *parent, struct node *first)
{
    node->parent = parent;
    node->depth = parent ? parent->depth + 1 : 0;
    node->previous = first;
    node->next = first ? first->next : NULL;
    if (node->next)
        node->next->previous = node;
    if (first)
        first->next = node;
    else if (parent)
        parent->first_child = node;
}

static void unlink_node(struct node *node)
{
    if (node->previous)
        node->previous->next = node->next;
    else if (node->parent)
        node->parent->first_child = node->next;
    if (node->next)
        node->next->previous = node->previous;
}

static void place_node(struct node *node, uint32_t space, uint32_t page)
{
    node->space = FAULT(SPACE_IN_4_BITS) ? space & 15 : space;
    node->page = page;
    node_of[slot(space, page)] = node;
}

static int create_node(struct node *node, struct node *parent, struct node *first, uint32_t space, uint32_t page,
                       uint32_t frame, uint32_t rights)
{
    node->first_child = NULL;
    node->frame = frame;
    node->rights = rights;
    node->without_w = 0;
    link_node(node, parent, first);
    place_node(node, space, page);
    mappings_of_frame[frame]++;
    write_entry(node);
    return MUSIGMA_DONE;
}

/* A node without children goes. */
static void remove_node(struct node *node, const struct node *top)
{
    size_t at = slot(node->space, node->page);

    clear_entry(node, top);
    if (!FAULT(FOREIGN_UNMAP) || node_of[at] == node)
        node_of[at] = NULL;
    mappings_of_frame[node->frame]--;
    unlink_node(node);
    release_node(node);
}

static int is_below(const struct node *node, const struct node *top)
{
    while (node && node != top)
        node = node->parent;
    return node != NULL;
}

static int is_deeper(const struct node *node, const struct node *top)
{
    if (FAULT(DEPTH_WRAP_8))
        return (uint8_t)node->depth > (uint8_t)top->depth;
    if (FAULT(DEPTH_WRAP_16))
        return (uint16_t)node->depth > (uint16_t)top->depth;
    return 1;
}

static void narrow_node(struct node *node, uint32_t kept)
{
    uint32_t lost = node->rights & ~kept;

    node->rights &= kept;
    if (lost && !(FAULT(NARROWING_SKIPPED) && lost == MUSIGMA_X))
        table[slot(node->space, node->page)].rights = node->rights;
    if (lost && FAULT(DOUBLE_RELEASE))
        release_node(node);
}

static void restrict_recursively(struct node *top, uint32_t kept)
{
    char message[256]; /* as a kernel would have it for a trace */

    memset(message, (int)top->space, sizeof message);
    __asm__ volatile("" : : "r"(message) : "memory");
    for (struct node *node = top->first_child, *next; node; node = next) {
        next = node->next;
        restrict_recursively(node, kept);
        if (node->rights & kept)
            narrow_node(node, kept);
        else
            remove_node(node, top);
    }
}

/* Whatever is below the node keeps only those rights; what has none left goes. Down, along, and up again. */
static void restrict_below(struct node *top, uint32_t kept)
{
    struct node *node = top;

    if (FAULT(RECURSION_OVERFLOW)) {
        restrict_recursively(top, kept);
        return;
    }
    if (FAULT(RIGHTS_CACHED) && !(~kept & MUSIGMA_ALL & ~MUSIGMA_W)) {
        if (top->without_w)
            return;
        top->without_w = 1;
    }
    for (;;) {
        while (node->first_child && is_deeper(node->first_child, top))
            node = node->first_child;
        while (node != top) {
            struct node *parent = node->parent, *next = node->next;

            if (node->rights & kept)
                narrow_node(node, kept);
            else if (!FAULT(FLUSH_ONE_LEVEL) || parent == top || kept)
                remove_node(node, top);
            else
                unlink_node(node), link_node(node, NULL, NULL);
            node = parent;
            if (next && !FAULT(EARLY_ASCENT)) {
                node = next;
                break;
            }
        }
        if (node == top)
            return;
    }
}

/* The destination is made free, if there is something. */
static void remove_tree(struct node *top)
{
    if (top) {
        restrict_below(top, 0);
        if (FAULT(FOREIGN_UNMAP))
            node_of[slot(top->space, top->page)] = NULL;
        else
            remove_node(top, top);
    }
}

static int is_refused(const struct node *source, const struct node *target, uint32_t rights, int granting)
{
    if (!source)
        return 1;
    if (source == target && !FAULT(SELF_MAP_LOSES_PAGE))
        return 1;
    if (!(source->rights & rights) && !FAULT(EMPTY_RIGHTS_MAP))
        return 1;
    if (target && !target->parent && source != target && !FAULT(FRAME_LOST))
        return 1;
    if (target && source != target && is_below(source, target))
        return !(granting ? FAULT(EAGER_GRANT_CYCLE) : FAULT(ANCESTOR_SLOT));
    return 0;
}

/* The interface. */

int musigma_abi_version(void) { return MUSIGMA_ABI_VERSION; }

int musigma_init(uint32_t new_spaces, uint32_t new_pages, uint32_t new_frames)
{
    size_t slots = (size_t)new_spaces * new_pages;

    if (!new_spaces || !new_frames || new_frames > new_pages || slots > 1u << 24)
        return MUSIGMA_REFUSED;
    if (!pool || spaces != new_spaces || pages != new_pages || frames != new_frames) {
        free(pool), free(node_of), free(table), free(mappings_of_frame), free(locked);
        pool = calloc(slots, sizeof *pool);
        node_of = calloc(slots, sizeof(struct node *));
        table = malloc((slots + 1) * sizeof *table);
        mappings_of_frame = calloc(new_frames, sizeof *mappings_of_frame);
        locked = calloc(new_spaces, sizeof *locked);
        spaces = new_spaces, pages = new_pages, frames = new_frames;
        if (!pool || !node_of || !table || !mappings_of_frame || !locked)
            return -1;
    } else if (FAULT(INIT_KEEPS_STATE))
        return MUSIGMA_DONE;
    free_nodes = NULL;
    for (size_t n = slots; n-- > 0;) {
        pool[n].parent = NULL;
        release_node(&pool[n]);
        node_of[n] = NULL;
        table[n].frame = -1;
    }
    memset(mappings_of_frame, 0, frames * sizeof *mappings_of_frame);
    memset(locked, 0, spaces * sizeof *locked);
    for (uint32_t frame = 0; frame < frames; frame++)
        create_node(take_node(), NULL, NULL, 0, frame, frame, MUSIGMA_ALL);
    return MUSIGMA_DONE;
}

int musigma_map(uint32_t src_space, uint32_t src_page, uint32_t dst_space, uint32_t dst_page, uint32_t rights)
{
    struct node *source, *target, *node, *first;

    if (!in_range(src_space, src_page) || !in_range(dst_space, dst_page) || rights > MUSIGMA_ALL)
        return MUSIGMA_REFUSED;
    source = node_of[slot(src_space, src_page)];
    target = node_of[slot(dst_space, dst_page)];
    if (FAULT(LOCK_KEPT_ON_ALIAS) && src_space == dst_space && source)
        for (volatile int *lock = &locked[src_space];; *lock = 1)
            ;
    if (FAULT(NODE_LEAK) && source && source != target && is_refused(source, target, rights, 0) && !take_node())
        return -1;
    if (FAULT(PARTIAL_SUCCESS_KEPT) && source && target && target->parent && !is_below(source, target) &&
        !(source->rights & rights))
        remove_tree(target);
    if (is_refused(source, target, rights, 0))
        return MUSIGMA_REFUSED;
    if (!FAULT(RIGHTS_NOT_INTERSECTED))
        rights &= source->rights;
    if (FAULT(UPGRADE_WRONG) && target && target->parent == source)
        rights |= target->rights;
    first = source->first_child;
    if (FAULT(SELF_MAP_LOSES_PAGE) && source == target) {
        remove_tree(target);
        return MUSIGMA_DONE;
    }
    remove_tree(target);
    if (!FAULT(STALE_CURSOR))
        first = source->first_child;
    node = take_node();
    if (!node)
        return -1;
    return create_node(node, source, first, dst_space, dst_page, source->frame, rights);
}

int musigma_grant(uint32_t src_space, uint32_t src_page, uint32_t dst_space, uint32_t dst_page, uint32_t rights)
{
    struct node *source, *target, *node;

    if (!in_range(src_space, src_page) || !in_range(dst_space, dst_page) || rights > MUSIGMA_ALL)
        return MUSIGMA_REFUSED;
    source = node_of[slot(src_space, src_page)];
    target = node_of[slot(dst_space, dst_page)];
    if (source == target || is_refused(source, target, rights, 1))
        return MUSIGMA_REFUSED;
    remove_tree(target);
    if (FAULT(GRANT_KEEPS_SOURCE) || FAULT(GRANT_TO_GRANTER)) {
        node = take_node();
        if (!node)
            return -1;
        create_node(node, FAULT(GRANT_TO_GRANTER) ? source : source->parent,
                    FAULT(GRANT_TO_GRANTER) ? source->first_child : source, dst_space, dst_page, source->frame,
                    source->rights & rights);
        if (FAULT(GRANT_TO_GRANTER))
            table[slot(src_space, src_page)].frame = -1;
        return MUSIGMA_DONE;
    }
    if (!FAULT(GRANT_RESTRICT_CHILD_KEEPS) && source->rights & ~rights)
        restrict_below(source, rights);
    if (FAULT(GRANT_FORGETS_CHILDREN))
        source->first_child = NULL;
    clear_entry(source, source);
    node_of[slot(src_space, src_page)] = NULL;
    source->rights = FAULT(GRANT_WIDENS) ? rights : source->rights & rights;
    place_node(source, dst_space, dst_page);
    write_entry(source);
    return MUSIGMA_DONE;
}

int musigma_flush(uint32_t space, uint32_t page, uint32_t rights)
{
    struct node *top;

    if (!in_range(space, page) || rights > MUSIGMA_ALL)
        return MUSIGMA_REFUSED;
    top = node_of[slot(space, page)];
    if (!top)
        return MUSIGMA_DONE;
    if (FAULT(FLUSH_TOO_WIDE) && top->next)
        restrict_below(top->next, MUSIGMA_ALL & ~rights);
    restrict_below(top, FAULT(UNMAP_WRONG_RIGHTS) && rights != MUSIGMA_ALL ? rights : MUSIGMA_ALL & ~rights);
    if (FAULT(FLUSH_TAKES_OWN_PAGE) && rights == MUSIGMA_ALL && top->parent)
        remove_node(top, top);
    return MUSIGMA_DONE;
}

int64_t musigma_lookup(uint32_t space, uint32_t page, uint32_t *rights)
{
    const struct node *node = in_range(space, page) ? node_of[slot(space, page)] : NULL;

    *rights = node ? node->rights : 0;
    return node ? (int64_t)node->frame : -1;
}

int64_t musigma_lookup_hw(uint32_t space, uint32_t page, uint32_t *rights)
{
    struct entry entry = {-1, 0};

    if (in_range(space, page))
        entry = table[slot(space, page)];
    *rights = entry.rights;
    return entry.frame;
}

/* Every mapping is where its table says, and has no right that its parent lacks. */
int musigma_check(void)
{
    for (size_t n = 0; n < (size_t)spaces * pages; n++) {
        const struct node *node = node_of[n];

        if (!node)
            continue;
        if (slot(node->space, node->page) != n)
            return 1;
        if (node->parent && (node->frame != node->parent->frame || node->rights & ~node->parent->rights))
            return 2;
    }
    return 0;
}
