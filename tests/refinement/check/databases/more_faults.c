/*
 * Faults that show only at certain numbers, or only where something was looked at before: the reference database of the
 * documentation with a layer around it. Of the names below one is given as WRONG.
 */
#include "MAPDB"

enum { NONE, FEWER_SLOTS, CHILDREN_IN_8_BITS, SATURATING, WARM_CACHE, INIT_LEAKS, INIT_POOL, FLUSH_LEAKS, RIGHTS_MASKED,
       PAGE_IN_9_BITS };

static uint32_t children[1 << 18], cached_rights;
static int64_t cached_frame;
static int64_t cached_slot = -1;
static unsigned inits;
static void *volatile taken;

int musigma_init(uint32_t s, uint32_t p, uint32_t f)
{
    if (WRONG == FEWER_SLOTS && (uint64_t)s * p > 1024)
        return -1;
    if (WRONG == INIT_LEAKS && !(taken = malloc(64)))
        return -1;
    if (WRONG == INIT_POOL && ++inits > 1000)
        return -1;
    cached_slot = -1;
    memset(children, 0, sizeof children / 64);
    return reference_init(s, p, f);
}

int musigma_map(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t r)
{
    int status = reference_map(a, b, c, d, WRONG == RIGHTS_MASKED ? r & 7 : r);

    if (status == 0 && a == 0 && b < 1024)
        children[b]++;
    return status;
}

int musigma_grant(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t r)
{
    return reference_grant(a, b, c, d, WRONG == RIGHTS_MASKED ? r & 7 : r);
}

int musigma_flush(uint32_t a, uint32_t b, uint32_t r)
{
    if (WRONG == RIGHTS_MASKED)
        r &= 7;
    if (WRONG == FLUSH_LEAKS && !(taken = malloc(48)))
        return -1;
    if (a == 0 && b < 1024 && r <= 7) {
        if (WRONG == CHILDREN_IN_8_BITS && children[b] && (uint8_t)children[b] == 0)
            return 0;
        if (WRONG == SATURATING && children[b] >= 256)
            return 1;
    }
    return reference_flush(a, b, r);
}

int64_t musigma_lookup(uint32_t a, uint32_t b, uint32_t *r)
{
    int64_t slot = (int64_t)a << 32 | b;

    if (WRONG == WARM_CACHE && cached_slot == slot) {
        *r = cached_rights;
        return cached_frame;
    }
    int64_t frame = reference_lookup(a, WRONG == PAGE_IN_9_BITS ? b & 0x1ff : b, r);

    if (a == 1)
        cached_slot = slot, cached_frame = frame, cached_rights = *r;
    return frame;
}
