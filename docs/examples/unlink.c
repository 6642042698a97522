/*
 * The part of a mapping database that takes a leaf out of its tree: the first proof of the guide on C.
 *
 *     musigma prove --c docs/examples/unlink.c --binding docs/examples/unlink.toml
 */
#include <stddef.h>
#include <stdint.h>

struct node {
    struct node *parent, *first_child, *next, *prev;
    uint32_t space, page, frame, rights;
};

struct node **node_of;      /* by slot; NULL: nothing there */
struct node *free_list;     /* linked by next */
uint32_t spaces, pages;

static size_t slot(uint32_t space, uint32_t page) { return (size_t)space * pages + page; }

void remove_node(struct node *node)
{
    struct node *parent = node->parent, *before = node->prev, *after = node->next;

    node_of[slot(node->space, node->page)] = NULL;
    if (before)
        before->next = after;
    else if (parent)
        parent->first_child = after;
    if (after)
        after->prev = before;
    node->next = free_list;
    free_list = node;
}
