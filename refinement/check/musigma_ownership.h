/*
 * musigma_ownership.h: what a library exports so that musigma can check who owns, borrows and accesses each page.
 *
 * This is an interface of its own, for hypervisors whose pages have one owner, who donates, lends and shares them and
 * takes them back; see "Ownership" in the specification. A library may export it beside that of musigma.h, or alone.
 *
 *     cc -O2 -shared -fPIC -I "$(python -c 'import refinement.check as c; print(c.__path__[0])')" -o my.so my.c
 *     musigma check --ownership pkvm my.so
 *
 * Parties are numbered from 0: a host, guests, domains, partitions. Party 0 owns every page at first, and has access.
 * A page is the same memory whoever names it. Numbers out of range are not tried, but a party may name itself.
 *
 * Which operations are refused, and whether a borrower has access at once or retrieves it, depends on the dialect
 * (--ownership). What is not offered there is always refused, and may be left out: musigma_lend with pkvm and xen;
 * musigma_retrieve and musigma_relinquish with pkvm.
 */
#ifndef MUSIGMA_OWNERSHIP_H
#define MUSIGMA_OWNERSHIP_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MUSIGMA_OWNERSHIP_VERSION 1
int musigma_ownership_version(void); /* returns MUSIGMA_OWNERSHIP_VERSION */

/*
 * What operations return. Refused: nothing changed. Who does not tell which of the two it was returns
 * MUSIGMA_NOT_TOLD; then the effect alone is compared.
 */
enum musigma_ownership_status { MUSIGMA_OWN_DONE = 0, MUSIGMA_OWN_REFUSED = 1, MUSIGMA_NOT_TOLD = 2 };

/* A fresh state, whatever was before. 0 on success; anything else says that so many do not fit, and the checks of that
 * size are left out. */
int musigma_init_ownership(uint32_t parties, uint32_t pages);

/* The page is the other's for good. */
int musigma_donate(uint32_t by, uint32_t other, uint32_t page);

/* The other may access the page, in place of its owner or beside it. */
int musigma_lend(uint32_t by, uint32_t other, uint32_t page);
int musigma_share(uint32_t by, uint32_t other, uint32_t page);

/* A borrower takes the access that it was offered, and gives it up; the loan stands until the owner ends it. */
int musigma_retrieve(uint32_t by, uint32_t page);
int musigma_relinquish(uint32_t by, uint32_t page);

/* The owner ends the loan to the other; in dialects in which a reclaim ends all loans of the page, other is
 * MUSIGMA_EVERYBODY. When none is left the page is the owner's alone. */
#define MUSIGMA_EVERYBODY 0xFFFFFFFFu
int musigma_reclaim(uint32_t by, uint32_t other, uint32_t page);

/* What a party has of a page, a sum of these; negative for an error. Who borrows a page has it by somebody's loan,
 * retrieved or not. Who accesses it may read or write it now. */
enum musigma_has { MUSIGMA_OWNS = 1, MUSIGMA_BORROWS = 2, MUSIGMA_ACCESSES = 4 };
int musigma_has(uint32_t party, uint32_t page);

/* Optional: whether the party's page table has an entry for the page: 1 or 0. It is compared with who may access it. */
int musigma_mapped(uint32_t party, uint32_t page);

/* Optional: the library's own check, asked after each comparison: 0 if all is well. */
int musigma_check_ownership(void);

#ifdef __cplusplus
}
#endif

#endif
