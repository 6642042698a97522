/*
 * musigma.h: the interface of a mapping database that `musigma check` can drive. Version 1.
 *
 * Export these functions from a shared library (cc -shared -fPIC). They are called from one thread.
 * A space is numbered from 0, a page of a space from 0, a frame from 0. Space 0 is sigma0, which holds the frames.
 * Rights are a set: r = 4, w = 2, x = 1.
 */
#ifndef MUSIGMA_H
#define MUSIGMA_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MUSIGMA_ABI_VERSION 1

enum musigma_rights { MUSIGMA_X = 1, MUSIGMA_W = 2, MUSIGMA_R = 4, MUSIGMA_ALL = 7 };

/*
 * What the operations return. Negative: an internal error, which is always reported as a finding.
 * Arguments out of range (a space, a page, rights above 7) are refused.
 */
enum musigma_status { MUSIGMA_DONE = 0, MUSIGMA_REFUSED = 1 /* and nothing changed */ };

/* MUSIGMA_ABI_VERSION of the header that the library was compiled with. */
int musigma_abi_version(void);

/*
 * A fresh state, whatever was there before: page v of space 0 holds frame v, for v < frames, with all rights;
 * everything else is nil. frames <= pages. 0 on success; anything else says that the database cannot be that large,
 * and the checks of that size are left out. What init accepts must fit: a later lack of memory is a divergence.
 */
int musigma_init(uint32_t spaces, uint32_t pages, uint32_t frames);

/* Page src is mapped, or granted, to page dst. */
int musigma_map(uint32_t src_space, uint32_t src_page, uint32_t dst_space, uint32_t dst_page, uint32_t rights);
int musigma_grant(uint32_t src_space, uint32_t src_page, uint32_t dst_space, uint32_t dst_page, uint32_t rights);

/* Whatever was mapped, directly or not, from the page loses those rights. */
int musigma_flush(uint32_t space, uint32_t page, uint32_t rights);

/* The frame that the database says the page shows, and in *rights with which rights; -1 if none. */
int64_t musigma_lookup(uint32_t space, uint32_t page, uint32_t *rights);

/* Optional: the same as the page table has it. Compared separately where exported. */
int64_t musigma_lookup_hw(uint32_t space, uint32_t page, uint32_t *rights);

/* Optional: a self check; 0 if all is well. */
int musigma_check(void);

#ifdef __cplusplus
}
#endif

#endif
