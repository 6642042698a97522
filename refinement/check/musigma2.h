/*
 * musigma2.h: version 2 of the interface, mapping databases with ranges and page sizes. All that musigma.h says holds.
 *
 * A library of version 2 returns 2 from musigma_abi_version and exports the functions of version 1, which are those of
 * ranges of one page, and the functions below. Who defines MUSIGMA_PAGES_BY_RANGES before including this has those of
 * version 1 made of these. A library of version 1 works as before: it is asked for single pages only.
 *
 * A range is 2^order pages from `page` on, a multiple of that. In map and grant the two ranges may differ in size: the
 * smaller one lies in the larger one at `offset`, taken modulo the larger and cut to a multiple of the smaller. Of a
 * larger source the part there is sent; a smaller one arrives there. Pages that have nothing to pass on, being nil or
 * without any of the rights asked for, are left out: their destinations stay as they are. All others go at once.
 *
 * A call with what is no such range is refused, and changes nothing: pages that do not begin with a multiple of 2^order,
 * an order that is not among those of musigma_init2, a range that leaves its space, a space that is not there; and so are
 * rights above 7. Offsets are never out of range. musigma_check, where exported, is asked for after each operation.
 */
#ifndef MUSIGMA2_H
#define MUSIGMA2_H

#include "musigma.h"

#undef MUSIGMA_ABI_VERSION
#define MUSIGMA_ABI_VERSION 2

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What map, grant and flush, of ranges and of single pages, may return besides MUSIGMA_DONE and MUSIGMA_REFUSED, if they
 * do not tell which of the two it was: then the effect alone is compared, and what is to be refused must change nothing.
 * Init and the functions for threads and messages always tell, and so does all that `musigma check --threads N` calls.
 */
#define MUSIGMA_UNKNOWN 2

enum musigma_flags { MUSIGMA_OWN_PAGES = 1 /* a flush: the range's own pages lose the rights as well */ };

struct musigma_range {
    uint32_t space, page, order;
};

/*
 * As musigma_init. `orders` is a set: with bit k in it, mappings of 2^k pages can be; bit 0 is always in it. A positive
 * number refuses a size or a set, which is then left out of the search. Space 0 holds the frames, in mappings as large as
 * orders and frames allow.
 */
int musigma_init2(uint32_t spaces, uint32_t pages, uint32_t frames, uint64_t orders);

/* MUSIGMA_REFUSED: no page went, and nothing changed. Which pages may not go, and whether the others then do, depends on
 * the dialect of ranges (--ranges); canonically one that may not go refuses all. */
int musigma_map2(const struct musigma_range *src, const struct musigma_range *dst, uint32_t offset, uint32_t rights);
int musigma_grant2(const struct musigma_range *src, const struct musigma_range *dst, uint32_t offset, uint32_t rights);

/* Whatever derives from a page of the range loses the rights; with MUSIGMA_OWN_PAGES the range's own pages as well. That
 * flag is not tried where a page of the range holds its frame, as those of space 0 do: a frame would be lost. It is if
 * musigma_options says MUSIGMA_FRAMES_GO; then such a page becomes nil as others do. */
int musigma_flush2(const struct musigma_range *range, uint32_t rights, uint32_t flags);

/*
 * As musigma_lookup, of the page itself; in *order that of the mapping that shows it. How large that is is the database's
 * affair, but the order is one of those of musigma_init2, and the mapping what it says: 2^order pages from a multiple of
 * that on, which show as many frames one after another with the same rights, and of each of which this order is told.
 */
int64_t musigma_lookup2(uint32_t space, uint32_t page, uint32_t *rights, uint32_t *order);

/*
 * Optional: the same as the page table has it, whose leaves may be smaller than mappings; and as the translation buffer of
 * a core has it: that may be nothing, or no more than what is mapped, in entries of any size. Without musigma_cores, core
 * is always -1, any core's.
 */
int64_t musigma_lookup_hw2(uint32_t space, uint32_t page, uint32_t *rights, uint32_t *order);
int64_t musigma_lookup_tlb2(int core, uint32_t space, uint32_t page, uint32_t *rights, uint32_t *order);

/*
 * Optional, beside musigma_lookup_tlb2: how many cores have a buffer of their own, 1 to MUSIGMA_MOST_CORES. The buffer of
 * each is then asked, with core from 0 on, and never with -1. It may be called before musigma_init2, and does not change.
 * Which core does an operation is the database's affair; that every core translates what it can makes most of a check.
 */
#define MUSIGMA_MOST_CORES 64
uint32_t musigma_cores(void);

#ifdef MUSIGMA_PAGES_BY_RANGES
int musigma_abi_version(void) { return MUSIGMA_ABI_VERSION; }
int musigma_init(uint32_t spaces, uint32_t pages, uint32_t frames) { return musigma_init2(spaces, pages, frames, 1); }
int musigma_map(uint32_t src_space, uint32_t src_page, uint32_t dst_space, uint32_t dst_page, uint32_t rights)
{
    struct musigma_range src = {src_space, src_page, 0}, dst = {dst_space, dst_page, 0};
    return musigma_map2(&src, &dst, 0, rights);
}
int musigma_grant(uint32_t src_space, uint32_t src_page, uint32_t dst_space, uint32_t dst_page, uint32_t rights)
{
    struct musigma_range src = {src_space, src_page, 0}, dst = {dst_space, dst_page, 0};
    return musigma_grant2(&src, &dst, 0, rights);
}
int musigma_flush(uint32_t space, uint32_t page, uint32_t rights)
{
    struct musigma_range range = {space, page, 0};
    return musigma_flush2(&range, rights, 0);
}
int64_t musigma_lookup(uint32_t space, uint32_t page, uint32_t *rights)
{
    uint32_t order;
    return musigma_lookup2(space, page, rights, &order);
}
#endif

#ifdef __cplusplus
}
#endif

#endif
