/*
 * A mapping database: for each frame one list of its mappings, in pre-order.
 *
 * It implements the canonical dialect of musigma.h. A mapping stands behind the one that it was made from, and is one
 * deeper; what was made from a mapping, directly or not, is what follows it and is deeper, up to the first that is not.
 * So map inserts behind the source, flush takes a stretch of the list, and grant moves nothing but the slot.
 *
 *     cc -O2 -shared -fPIC -I refinement/check -o preorder.so docs/examples/preorder.c
 */
#include <stdlib.h>

#include "musigma.h"

#ifndef DEPTH
#define DEPTH uint32_t
#endif
#define DEEPEST ((DEPTH)-1)

struct node {
    struct node *next, *prev; /* in the list of the frame; free nodes are linked by next */
    DEPTH depth;              /* 0: this node holds its frame itself */
    uint32_t space, page, frame, rights;
};

static uint32_t spaces, pages;
static struct node *pool, *free_nodes; /* as many as there are slots, so that one is free for each that is nil */
static struct node **node_of;

static size_t slot(uint32_t space, uint32_t page) { return (size_t)space * pages + page; }

static int in_range(uint32_t space, uint32_t page) { return space < spaces && page < pages; }

static struct node *find(uint32_t space, uint32_t page)
{
    return in_range(space, page) ? node_of[slot(space, page)] : NULL;
}

/* The lists. */

static void insert_behind(struct node *node, struct node *before)
{
    struct node *after = before->next;

    node->prev = before;
    node->next = after;
    before->next = node;
    if (after)
        after->prev = node;
}

static void unlink_node(struct node *node)
{
    if (node->prev)
        node->prev->next = node->next;
    if (node->next)
        node->next->prev = node->prev;
}

static void place_node(struct node *node, uint32_t space, uint32_t page)
{
    node->space = space;
    node->page = page;
    node_of[slot(space, page)] = node;
}

/* A mapping is made from another that is not the deepest possible, for a slot that is nil. */
static void create_node(struct node *parent, uint32_t space, uint32_t page, uint32_t rights)
{
    struct node *node = free_nodes;

    free_nodes = node->next;
    insert_behind(node, parent);
    node->depth = parent->depth + 1;
    node->frame = parent->frame;
    node->rights = rights;
    place_node(node, space, page);
}

/* A mapping from which none was made goes. */
static void remove_node(struct node *node)
{
    node_of[slot(node->space, node->page)] = NULL;
    unlink_node(node);
    node->next = free_nodes;
    free_nodes = node;
}

static int is_below(const struct node *node, const struct node *top)
{
    for (const struct node *each = top->next; each && each->depth > top->depth; each = each->next)
        if (each == node)
            return 1;
    return 0;
}

/* What was made from a mapping keeps only those rights; what has none left goes. From the last back to the first. */
static void restrict_below(struct node *top, uint32_t kept)
{
    struct node *node = top;

    while (node->next && node->next->depth > top->depth)
        node = node->next;
    while (node != top) {
        struct node *before = node->prev;

        if (node->rights & kept)
            node->rights &= kept;
        else
            remove_node(node);
        node = before;
    }
}

/* What a slot names goes, and all that was made from it. */
static void remove_tree(struct node *top)
{
    if (top) {
        restrict_below(top, 0);
        remove_node(top);
    }
}

static int is_refused(const struct node *source, const struct node *target, uint32_t rights)
{
    if (!source || source == target || !(source->rights & rights))
        return 1;
    return target && (!target->depth || is_below(source, target));
}

/* The interface. */

int musigma_abi_version(void) { return MUSIGMA_ABI_VERSION; }

int musigma_init(uint32_t new_spaces, uint32_t new_pages, uint32_t new_frames)
{
    size_t slots = (size_t)new_spaces * new_pages;

    if (!new_spaces || !new_frames || new_frames > new_pages || slots > 1u << 24)
        return MUSIGMA_REFUSED;
    free(pool), free(node_of);
    pool = calloc(slots, sizeof *pool);
    node_of = calloc(slots, sizeof(struct node *));
    if (!pool || !node_of)
        return -1;
    spaces = new_spaces, pages = new_pages, free_nodes = NULL;
    for (size_t n = slots; n-- > new_frames;) {
        pool[n].next = free_nodes;
        free_nodes = &pool[n];
    }
    for (uint32_t frame = 0; frame < new_frames; frame++) {
        pool[frame].frame = frame;
        pool[frame].rights = MUSIGMA_ALL;
        place_node(&pool[frame], 0, frame);
    }
    return MUSIGMA_DONE;
}

int musigma_map(uint32_t src_space, uint32_t src_page, uint32_t dst_space, uint32_t dst_page, uint32_t rights)
{
    struct node *source, *target;

    if (!in_range(src_space, src_page) || !in_range(dst_space, dst_page) || rights > MUSIGMA_ALL)
        return MUSIGMA_REFUSED;
    source = find(src_space, src_page);
    target = find(dst_space, dst_page);
    if (is_refused(source, target, rights) || source->depth == DEEPEST)
        return MUSIGMA_REFUSED;
    remove_tree(target);
    create_node(source, dst_space, dst_page, source->rights & rights);
    return MUSIGMA_DONE;
}

int musigma_grant(uint32_t src_space, uint32_t src_page, uint32_t dst_space, uint32_t dst_page, uint32_t rights)
{
    struct node *source, *target;

    if (!in_range(src_space, src_page) || !in_range(dst_space, dst_page) || rights > MUSIGMA_ALL)
        return MUSIGMA_REFUSED;
    source = find(src_space, src_page);
    target = find(dst_space, dst_page);
    if (is_refused(source, target, rights))
        return MUSIGMA_REFUSED;
    remove_tree(target);
    restrict_below(source, rights);
    source->rights &= rights;
    node_of[slot(src_space, src_page)] = NULL;
    place_node(source, dst_space, dst_page);
    return MUSIGMA_DONE;
}

int musigma_flush(uint32_t space, uint32_t page, uint32_t rights)
{
    struct node *top = find(space, page);

    if (!in_range(space, page) || rights > MUSIGMA_ALL)
        return MUSIGMA_REFUSED;
    if (top)
        restrict_below(top, MUSIGMA_ALL & ~rights);
    return MUSIGMA_DONE;
}

int64_t musigma_lookup(uint32_t space, uint32_t page, uint32_t *rights)
{
    const struct node *node = find(space, page);

    *rights = node ? node->rights : 0;
    return node ? (int64_t)node->frame : -1;
}
