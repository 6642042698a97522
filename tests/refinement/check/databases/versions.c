/*
 * Mappings that are taken back lazily: each names its parent by slot and version. A flush of all rights counts the
 * page's version up, and whatever is below is found gone when it is looked at. With VERSION as uint8_t or uint16_t what
 * is gone comes back as soon as the version does.
 */
#include "musigma.h"
#include <stdlib.h>

#ifndef VERSION
#define VERSION uint64_t
#endif

struct page {
    int64_t frame, parent;
    uint32_t rights;
    VERSION version, of_parent;
    int marked;
};

static struct page *pages;
static uint32_t spaces, width;
static int64_t count;

int musigma_abi_version(void) { return MUSIGMA_ABI_VERSION; }

int musigma_init(uint32_t s, uint32_t p, uint32_t f)
{
    if ((uint64_t)s * p > 20000)
        return 1;
    free(pages);
    spaces = s, width = p, count = (int64_t)s * p;
    pages = calloc(count + 1, sizeof *pages);
    for (int64_t n = 0; n < count; n++)
        pages[n] = (struct page){.frame = n < f ? n : -1, .parent = -1, .rights = n < f ? 7 : 0};
    return 0;
}

static int is_page(uint32_t s, uint32_t p) { return s < spaces && p < width; }

static int is_there(int64_t n)
{
    if (pages[n].frame < 0)
        return 0;
    for (int64_t up = pages[n].parent; up >= 0; n = up, up = pages[n].parent)
        if (pages[up].frame < 0 || pages[up].version != pages[n].of_parent)
            return 0;
    return 1;
}

static int is_below(int64_t n, int64_t top)
{
    while ((n = pages[n].parent) >= 0)
        if (n == top)
            return 1;
    return 0;
}

static void remove_page(int64_t n)
{
    pages[n].frame = pages[n].parent = -1;
    pages[n].version++;
}

static void keep_below(int64_t top, uint32_t rights)
{
    if (!rights) {
        pages[top].version++;
        return;
    }
    for (int64_t n = 0; n < count; n++)
        pages[n].marked = is_there(n) && is_below(n, top);
    for (int64_t n = 0; n < count; n++)
        if (pages[n].marked && !(pages[n].rights &= rights))
            remove_page(n);
}

static int pass(int64_t src, int64_t dst, uint32_t rights, int is_grant)
{
    if (!is_there(src) || !(pages[src].rights & rights) || src == dst || is_below(src, dst))
        return MUSIGMA_REFUSED;
    for (int64_t n = 0; n < count; n++)
        pages[n].marked = is_grant && n != dst && pages[n].parent == src && is_there(n);
    remove_page(dst);
    pages[dst].frame = pages[src].frame;
    pages[dst].rights = pages[src].rights & rights;
    pages[dst].parent = is_grant ? pages[src].parent : src;
    pages[dst].of_parent = is_grant ? pages[src].of_parent : pages[src].version;
    if (!is_grant)
        return MUSIGMA_DONE;
    for (int64_t n = 0; n < count; n++)
        if (pages[n].marked)
            pages[n].parent = dst, pages[n].of_parent = pages[dst].version;
    remove_page(src);
    keep_below(dst, rights);
    return MUSIGMA_DONE;
}

int musigma_map(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t r)
{
    int is_in_range = is_page(a, b) && is_page(c, d) && r <= MUSIGMA_ALL;
    return is_in_range ? pass((int64_t)a * width + b, (int64_t)c * width + d, r, 0) : MUSIGMA_REFUSED;
}

int musigma_grant(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t r)
{
    int is_in_range = is_page(a, b) && is_page(c, d) && r <= MUSIGMA_ALL;
    return is_in_range ? pass((int64_t)a * width + b, (int64_t)c * width + d, r, 1) : MUSIGMA_REFUSED;
}

int musigma_flush(uint32_t a, uint32_t b, uint32_t r)
{
    if (!is_page(a, b) || r > MUSIGMA_ALL)
        return MUSIGMA_REFUSED;
    if (r && is_there((int64_t)a * width + b))
        keep_below((int64_t)a * width + b, MUSIGMA_ALL & ~r);
    return MUSIGMA_DONE;
}

int64_t musigma_lookup(uint32_t a, uint32_t b, uint32_t *r)
{
    int64_t n = (int64_t)a * width + b;
    if (!is_page(a, b) || !is_there(n))
        return -1;
    *r = pages[n].rights;
    return pages[n].frame;
}
