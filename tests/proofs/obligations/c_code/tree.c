/* A part of a small mapping database, for tests; with -DWRONG=n it is wrong in one place. */
#include <stddef.h>
#include <stdint.h>

#ifndef WRONG
#define WRONG 0
#endif

struct node {
    struct node *parent, *first_child, *next, *prev;
    uint32_t space, page, frame, rights;
};

struct node **node_of;
struct node *free_list;
uint32_t spaces, pages;

static size_t slot(uint32_t space, uint32_t page)
{
#if WRONG == 10
    return (size_t)(space * pages + page); /* multiplied in 32 bits */
#elif WRONG == 11
    return (size_t)space + page; /* two slots, one number */
#else
    return (size_t)space * pages + page;
#endif
}

static void unlink(struct node *node)
{
    struct node *parent = node->parent, *before = node->prev, *after = node->next;

    if (before)
        before->next = after;
#if WRONG == 1
    else /* no test for NULL */
#else
    else if (parent)
#endif
        parent->first_child = after;
#if WRONG != 2 /* a back link is missing */
#if WRONG == 14
    if (after && after != parent) /* which it never is */
#else
    if (after)
#endif
        after->prev = before;
#endif
}

void remove_node(struct node *node)
{
#if WRONG == 3
    struct node **alias = &node->next; /* written to through another name */
#endif
#if WRONG == 13
    volatile uint32_t seen = node->rights;
    (void)seen;
#endif
#if WRONG == 12
    node_of[(uint8_t)slot(node->space, node->page)] = NULL; /* an index cut off */
#else
    node_of[slot(node->space, node->page)] = NULL;
#endif
    unlink(node);
#if WRONG == 4
    return; /* too early: the node is in no list */
#endif
    node->next = free_list;
    free_list = node;
#if WRONG == 3
    *alias = node;
#endif
#if WRONG == 5
    node->prev->next = NULL; /* a freed node is used */
#endif
}

void flush_below(struct node *top)
{
    struct node *cursor = top, *seen = top;
#if WRONG == 6
    struct node *left;
    if (top->first_child)
        left = top->first_child;
    if (left == top) /* without a value where there is no child */
        return;
#endif

#if WRONG == 7
    while (top->first_child && top->first_child->next) { /* once less */
#else
    while (top->first_child) {
#endif
        struct node *child = cursor->first_child, *parent;

#ifdef SEEN
        (void)seen->rights; /* the cursor, or its parent */
#endif
        if (child) {
            seen = cursor;
            cursor = child;
            continue;
        }
        parent = cursor->parent;
#if WRONG == 8
        remove_node(top); /* which has a child: more than its requirement allows */
#endif
        remove_node(cursor);
        cursor = seen = parent;
    }
#if WRONG == 9
    top->parent = NULL; /* a write after the loop */
#endif
}
