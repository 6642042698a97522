/*
 * A mapping database that many threads call at once: a lock for each frame, which guards the tree of its mappings.
 *
 * A slot is one atomic word, a pointer to its node. An operation reads the slots, takes the locks of the frames that it
 * saw there, the lower first, and looks again: if something has changed, it begins anew. A slot with a node is changed
 * only under the lock of the node's frame; an empty slot is claimed by compare and exchange, since no frame's lock
 * guards it. Nodes come from a pool with a lock of its own; entries of the page table lie behind a spin lock.
 *
 *     musigma check docs/examples/mapdb_threads.c --threads 2
 *
 * With -DMUSIGMA_RACE=UNLOCKED_FLUSH, or another of the names below, it has that defect.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "musigma.h"

enum race {
    NO_RACE,
    UNLOCKED_FLUSH,               /* a flush takes no lock */
    LOOKED_UP_BEFORE_LOCK,        /* what was seen before the locks were taken is not looked at again */
    DROPPED_BETWEEN,              /* the locks are dropped and taken again between the tests and the link */
    LOCKS_IN_ARGUMENT_ORDER,      /* the source's frame is locked first, whichever it is */
    FREE_LIST_UNLOCKED,           /* the pool is used without its lock */
    READER_WITHOUT_LOCK,          /* a look-up reads frame and rights without a lock */
    PUBLISHED_BEFORE_INITIALISED, /* a slot points to the node before frame and rights are written there */
    DOUBLE_UNLOCK,                /* an operation that begins anew unlocks the second frame twice */
    LOCK_KEPT,                    /* an operation that begins anew leaves a frame locked */
    LOST_WAKEUP,                  /* whether the pool is empty is asked before its lock is taken */
    WAKE_FORGOTTEN,               /* who gives a node back wakes nobody */
    POOL_CHECKED_EARLY,           /* once a node was seen to be there, one is taken without a look */
    CLAIM_NOT_ATOMIC,             /* an empty slot is claimed by a look and a write */
    COUNTER_SPLIT,                /* a counter is loaded and stored, each atomically */
    ENTRY_AFTER_UNLOCK,           /* the page table is written when the locks are free again */
    RETRIES_STALE,                /* an operation that begins anew goes on with what it saw at first */
    NODE_ALONE_COMPARED,          /* a node that was given to another frame meanwhile is taken for the one that was seen */
    RIGHTS_SEEN_EARLY,            /* a map passes the rights that the source had before its frame was locked */
    RELAXED_SPIN,                 /* the spin lock orders nothing, which shows on some processors alone */
};

#ifndef MUSIGMA_RACE
#define MUSIGMA_RACE NO_RACE
#endif
#define RACE(name) (MUSIGMA_RACE == (name))

enum { MOST_FRAMES = 64, NO_FRAME = -1 };

struct node {
    struct node *parent, *first_child, *next, *previous; /* guarded by the lock of its frame */
    uint32_t space, page, rights;
    _Atomic int32_t frame; /* read without the lock, to find out which lock */
};

struct entry {
    int64_t frame;
    uint32_t rights;
};

static uint32_t spaces, pages;
static struct node *pool, *free_nodes; /* free nodes are linked by next */
static struct node *_Atomic *slots;
static struct entry *table;
static uint32_t table_changes; /* by which whoever walks the table knows that it is another */
static _Atomic uint32_t mappings;
static pthread_mutex_t frame_lock[MOST_FRAMES], pool_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t pool_filled = PTHREAD_COND_INITIALIZER;
static atomic_flag table_lock = ATOMIC_FLAG_INIT;

static size_t number(uint32_t space, uint32_t page) { return (size_t)space * pages + page; }

static int in_range(uint32_t space, uint32_t page) { return space < spaces && page < pages; }

/* The page table. */

static void lock_table(void)
{
    while (atomic_flag_test_and_set_explicit(&table_lock, RACE(RELAXED_SPIN) ? memory_order_relaxed : memory_order_acquire))
        sched_yield();
}

static void unlock_table(void)
{
    atomic_flag_clear_explicit(&table_lock, RACE(RELAXED_SPIN) ? memory_order_relaxed : memory_order_release);
}

static void write_entry(uint32_t space, uint32_t page, int64_t frame, uint32_t rights)
{
    lock_table();
    table[number(space, page)].frame = frame;
    table[number(space, page)].rights = rights;
    table_changes++;
    unlock_table();
}

static void count(int change)
{
    if (RACE(COUNTER_SPLIT))
        atomic_store(&mappings, atomic_load(&mappings) + (uint32_t)change);
    else
        atomic_fetch_add(&mappings, (uint32_t)change);
}

/*
 * The pool: there is one node more than slots. A map takes its node before any frame's lock, so that who waits for a
 * node holds nothing that others need; whoever has one gives it back, or makes another free, or fills an empty slot.
 */

static struct node *take_node(void)
{
    struct node *node;
    int empty = 0;

    if (RACE(LOST_WAKEUP) || RACE(POOL_CHECKED_EARLY)) {
        pthread_mutex_lock(&pool_lock);
        empty = !free_nodes;
        pthread_mutex_unlock(&pool_lock);
    }
    if (!RACE(FREE_LIST_UNLOCKED))
        pthread_mutex_lock(&pool_lock);
    if (RACE(LOST_WAKEUP) && empty)
        pthread_cond_wait(&pool_filled, &pool_lock);
    while (!free_nodes && !(RACE(POOL_CHECKED_EARLY) && !empty) && !RACE(FREE_LIST_UNLOCKED))
        pthread_cond_wait(&pool_filled, &pool_lock);
    node = free_nodes;
    free_nodes = node->next;
    if (!RACE(FREE_LIST_UNLOCKED))
        pthread_mutex_unlock(&pool_lock);
    return node;
}

static void release_node(struct node *node)
{
    if (!RACE(FREE_LIST_UNLOCKED))
        pthread_mutex_lock(&pool_lock);
    node->next = free_nodes;
    free_nodes = node;
    if (!RACE(WAKE_FORGOTTEN))
        pthread_cond_signal(&pool_filled);
    if (!RACE(FREE_LIST_UNLOCKED))
        pthread_mutex_unlock(&pool_lock);
}

/* Locks of frames; NO_FRAME has none. */

static void lock_frames(int a, int b)
{
    if (!RACE(LOCKS_IN_ARGUMENT_ORDER) && b != NO_FRAME && b < a) {
        int kept = a;
        a = b, b = kept;
    }
    pthread_mutex_lock(&frame_lock[a]);
    if (b != NO_FRAME && b != a)
        pthread_mutex_lock(&frame_lock[b]);
}

static void unlock_frames(int a, int b)
{
    pthread_mutex_unlock(&frame_lock[a]);
    if (b != NO_FRAME && b != a)
        pthread_mutex_unlock(&frame_lock[b]);
}

static void unlock_to_begin_anew(int a, int b)
{
    if (RACE(LOCK_KEPT) && b != NO_FRAME && b != a)
        pthread_mutex_unlock(&frame_lock[a]);
    else
        unlock_frames(a, b);
    if (RACE(DOUBLE_UNLOCK) && b != NO_FRAME)
        pthread_mutex_unlock(&frame_lock[b]);
}

static int is_still(size_t slot, const struct node *node, int frame)
{
    return atomic_load(&slots[slot]) == node &&
           (!node || RACE(NODE_ALONE_COMPARED) || atomic_load(&node->frame) == frame);
}

/* The tree of a frame, under its lock. */

static void link_node(struct node *node, struct node *parent)
{
    node->parent = parent;
    node->previous = NULL;
    node->next = parent ? parent->first_child : NULL;
    if (node->next)
        node->next->previous = node;
    if (parent)
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

/* A node without children goes; its slot is emptied unless something else stands there. */
static void remove_node(struct node *node, int empties)
{
    if (empties) {
        write_entry(node->space, node->page, NO_FRAME, 0);
        atomic_store(&slots[number(node->space, node->page)], NULL);
    }
    unlink_node(node);
    count(-1);
    release_node(node);
}

static int is_below(const struct node *node, const struct node *top)
{
    while (node && node != top)
        node = node->parent;
    return node != NULL;
}

/* Whatever is below the node keeps only those rights; what has none left goes. Down, along, and up again. */
static void restrict_below(struct node *top, uint32_t kept)
{
    struct node *node = top;

    for (;;) {
        while (node->first_child)
            node = node->first_child;
        while (node != top) {
            struct node *parent = node->parent, *next = node->next;

            if (!(node->rights & kept))
                remove_node(node, 1);
            else if (node->rights & ~kept) {
                node->rights &= kept;
                write_entry(node->space, node->page, atomic_load(&node->frame), node->rights);
            }
            node = parent;
            if (next) {
                node = next;
                break;
            }
        }
        if (node == top)
            return;
    }
}

static int is_refused(const struct node *source, const struct node *target, uint32_t rights)
{
    return source == target || !(source->rights & rights) || (target && (!target->parent || is_below(source, target)));
}

/* The slot points to the node, and what was there is gone; 0 if it was empty and somebody else was quicker. */
static int claim(size_t slot, struct node *node, struct node *target)
{
    struct node *expected = NULL;

    if (!target && !RACE(CLAIM_NOT_ATOMIC))
        return atomic_compare_exchange_strong(&slots[slot], &expected, node);
    if (!target && atomic_load(&slots[slot]))
        return 0;
    atomic_store(&slots[slot], node);
    if (target)
        remove_node(target, 0);
    return 1;
}

/* The node becomes one below the source, in that slot. */
static int create(struct node *node, struct node *source, struct node *target, uint32_t space, uint32_t page,
                  uint32_t rights, uint32_t seen)
{
    size_t slot = number(space, page);

    if (RACE(PUBLISHED_BEFORE_INITIALISED) && !claim(slot, node, target))
        return 0;
    node->first_child = NULL;
    node->space = space, node->page = page;
    node->rights = rights & (RACE(RIGHTS_SEEN_EARLY) ? seen : source->rights);
    atomic_store(&node->frame, atomic_load(&source->frame));
    if (!RACE(PUBLISHED_BEFORE_INITIALISED) && !claim(slot, node, target))
        return 0;
    link_node(node, source);
    count(1);
    if (!RACE(ENTRY_AFTER_UNLOCK))
        write_entry(space, page, atomic_load(&node->frame), node->rights);
    return 1;
}

/* The source moves to that slot. */
static int move(struct node *source, struct node *target, uint32_t space, uint32_t page, uint32_t rights)
{
    if (!claim(number(space, page), source, target))
        return 0;
    if (source->rights & ~rights)
        restrict_below(source, rights);
    write_entry(source->space, source->page, NO_FRAME, 0);
    atomic_store(&slots[number(source->space, source->page)], NULL);
    source->space = space, source->page = page;
    source->rights &= rights;
    write_entry(space, page, atomic_load(&source->frame), source->rights);
    return 1;
}

static int refuse(struct node *spare)
{
    if (spare)
        release_node(spare);
    return MUSIGMA_REFUSED;
}

static int pass(uint32_t src_space, uint32_t src_page, uint32_t dst_space, uint32_t dst_page, uint32_t rights, int grants)
{
    struct node *source = NULL, *target = NULL, *spare;
    size_t from = number(src_space, src_page), to = number(dst_space, dst_page);
    int first = NO_FRAME, second = NO_FRAME, done = 0;
    uint32_t seen = 0;

    if (!in_range(src_space, src_page) || !in_range(dst_space, dst_page) || rights > MUSIGMA_ALL)
        return MUSIGMA_REFUSED;
    spare = grants ? NULL : take_node();
    for (int anew = 0; !done; anew = 1) {
        if (!anew || !RACE(RETRIES_STALE)) {
            source = atomic_load(&slots[from]);
            if (!source)
                return refuse(spare);
            seen = RACE(RIGHTS_SEEN_EARLY) ? source->rights : 0;
            target = atomic_load(&slots[to]);
            first = atomic_load(&source->frame);
            second = target ? atomic_load(&target->frame) : NO_FRAME;
        }
        lock_frames(first, second);
        if (!RACE(LOOKED_UP_BEFORE_LOCK) && !(is_still(from, source, first) && is_still(to, target, second))) {
            unlock_to_begin_anew(first, second);
            continue;
        }
        if (is_refused(source, target, rights)) {
            unlock_frames(first, second);
            return refuse(spare);
        }
        if (RACE(DROPPED_BETWEEN))
            unlock_frames(first, second), lock_frames(first, second);
        if (target)
            restrict_below(target, 0);
        done = grants ? move(source, target, dst_space, dst_page, rights)
                      : create(spare, source, target, dst_space, dst_page, rights, seen);
        rights &= source->rights;
        unlock_frames(first, second);
    }
    if (RACE(ENTRY_AFTER_UNLOCK) && !grants)
        write_entry(dst_space, dst_page, first, rights);
    return MUSIGMA_DONE;
}

/* The interface. */

int musigma_abi_version(void) { return MUSIGMA_ABI_VERSION; }

int musigma_init(uint32_t new_spaces, uint32_t new_pages, uint32_t frames)
{
    size_t all = (size_t)new_spaces * new_pages;

    if (!new_spaces || !frames || frames > new_pages || frames > MOST_FRAMES || all > 1u << 20)
        return MUSIGMA_REFUSED;
    if (!pool || spaces != new_spaces || pages != new_pages) {
        free(pool), free((void *)slots), free(table);
        pool = calloc(all + 1, sizeof *pool);
        slots = calloc(all, sizeof *slots);
        table = calloc(all, sizeof *table);
        spaces = new_spaces, pages = new_pages;
        if (!pool || !slots || !table)
            return -1;
    }
    free_nodes = NULL;
    atomic_store(&mappings, 0);
    atomic_flag_clear(&table_lock);
    for (int frame = 0; frame < MOST_FRAMES; frame++)
        pthread_mutex_init(&frame_lock[frame], NULL);
    for (size_t n = all + 1; n-- > 0;)
        memset(&pool[n], 0, sizeof pool[n]), pool[n].next = free_nodes, free_nodes = &pool[n];
    for (size_t n = 0; n < all; n++)
        atomic_store(&slots[n], NULL), table[n].frame = NO_FRAME, table[n].rights = 0;
    for (uint32_t frame = 0; frame < frames; frame++) {
        struct node *node = free_nodes;

        free_nodes = node->next, node->next = NULL;
        node->page = frame, node->rights = MUSIGMA_ALL;
        atomic_store(&node->frame, (int32_t)frame);
        atomic_store(&slots[frame], node);
        table[frame].frame = frame, table[frame].rights = MUSIGMA_ALL;
        count(1);
    }
    return MUSIGMA_DONE;
}

int musigma_map(uint32_t src_space, uint32_t src_page, uint32_t dst_space, uint32_t dst_page, uint32_t rights)
{
    return pass(src_space, src_page, dst_space, dst_page, rights, 0);
}

int musigma_grant(uint32_t src_space, uint32_t src_page, uint32_t dst_space, uint32_t dst_page, uint32_t rights)
{
    return pass(src_space, src_page, dst_space, dst_page, rights, 1);
}

/* The node of a slot, with its frame locked; NULL if the slot is empty. */
static struct node *lock_slot(size_t slot)
{
    for (;;) {
        struct node *node = atomic_load(&slots[slot]);
        int frame = node ? atomic_load(&node->frame) : NO_FRAME;

        if (!node)
            return NULL;
        lock_frames(frame, NO_FRAME);
        if (is_still(slot, node, frame))
            return node;
        unlock_frames(frame, NO_FRAME);
    }
}

int musigma_flush(uint32_t space, uint32_t page, uint32_t rights)
{
    struct node *top;

    if (!in_range(space, page) || rights > MUSIGMA_ALL)
        return MUSIGMA_REFUSED;
    top = RACE(UNLOCKED_FLUSH) ? atomic_load(&slots[number(space, page)]) : lock_slot(number(space, page));
    if (!top)
        return MUSIGMA_DONE;
    restrict_below(top, MUSIGMA_ALL & ~rights);
    if (!RACE(UNLOCKED_FLUSH))
        unlock_frames(atomic_load(&top->frame), NO_FRAME);
    return MUSIGMA_DONE;
}

int64_t musigma_lookup(uint32_t space, uint32_t page, uint32_t *rights)
{
    struct node *node = NULL;
    int64_t frame = NO_FRAME;

    *rights = 0;
    if (in_range(space, page))
        node = RACE(READER_WITHOUT_LOCK) ? atomic_load(&slots[number(space, page)]) : lock_slot(number(space, page));
    if (node) {
        frame = atomic_load(&node->frame);
        *rights = node->rights;
        if (!RACE(READER_WITHOUT_LOCK))
            unlock_frames((int)frame, NO_FRAME);
    }
    return frame;
}

int64_t musigma_lookup_hw(uint32_t space, uint32_t page, uint32_t *rights)
{
    struct entry entry = {NO_FRAME, 0};

    if (in_range(space, page)) {
        lock_table();
        entry = table[number(space, page)];
        unlock_table();
    }
    *rights = entry.rights;
    return entry.frame;
}

/* Called when no other thread is inside. */
int musigma_check(void)
{
    uint32_t live = 0;

    for (size_t n = 0; n < (size_t)spaces * pages; n++) {
        const struct node *node = atomic_load(&slots[n]);

        if (!node)
            continue;
        live++;
        if (number(node->space, node->page) != n)
            return 1;
        if (node->parent && (node->rights & ~node->parent->rights || node->frame != node->parent->frame))
            return 2;
    }
    return live == atomic_load(&mappings) ? 0 : 3;
}
