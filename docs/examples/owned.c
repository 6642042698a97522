/*
 * Pages with one owner, as a hypervisor keeps them: who owns each, to whom it is lent or shared, and a page table a
 * party. Nothing is passed on: who borrows a page can give its access up, and nothing else.
 *
 *     cc -O2 -shared -fPIC -I refinement/check -DDIALECT=PKVM -o owned.so docs/examples/owned.c
 *     musigma check owned.so --ownership pkvm
 *
 * DIALECT is FFA, PKVM or XEN. With -DMUSIGMA_FAULT=RECLAIM_MAPPED, or another of the names below, it has that defect.
 */
#include <string.h>

#include "musigma_ownership.h"

#define FFA 1
#define PKVM 2
#define XEN 3
#ifndef DIALECT
#define DIALECT FFA
#endif
#define IS(name) (DIALECT == (name))

enum fault {
    NO_FAULT,
    RECLAIM_MAPPED,         /* a page is taken back though a borrower has it mapped */
    RECLAIM_LEAVES_ENTRY,   /* who is taken a page from keeps its entry */
    RECLAIM_BY_ANYBODY,     /* a page is taken back whoever asks */
    RECLAIM_ANY_LOAN,       /* to end a loan, any loan of the page will do */
    RECLAIM_KEEPS_KIND,     /* a page that was lent counts as lent when it is back */
    OWNER_NOT_RESTORED,     /* who has lent a page has no access when it is back */
    OTHER_IS_OWNER,         /* who shares is not looked at, but whom with */
    SHARE_LENDS,            /* who shares a page loses its access */
    LEND_SHARES,            /* who lends a page keeps its access */
    LEND_SHARED,            /* a page that is shared is lent as well */
    SHARE_LENT,             /* a page that is lent is shared as well */
    SHARE_TWICE,            /* a page is shared again with who borrows it: done, and nothing changes */
    WITH_ONESELF,           /* a page is shared with its owner */
    BORROWER_SHARES,        /* who has borrowed a page shares it */
    BORROWER_DONATES,       /* who has borrowed a page gives it away */
    DONATE_SHARED,          /* a page is given away while somebody borrows it */
    DONATE_KEEPS_ENTRY,     /* who gives a page away keeps its entry */
    DONATE_UNMAPPED,        /* who is given a page has no entry for it */
    RETRIEVE_UNOFFERED,     /* whoever asks gets a page that is lent or shared to somebody */
    RETRIEVE_AGAIN,         /* a page is retrieved again by who has it: done, and counted twice */
    RELINQUISH_KEEPS_ENTRY, /* who gives its access up keeps its entry */
    RELINQUISH_UNCOUNTED,   /* who has given its access up counts as one who has it mapped */
    RELINQUISH_ENDS_LOAN,   /* who gives its access up cannot retrieve it again */
    CHANGED_THEN_REFUSED,   /* a page is given away before it is seen that it is shared */
    WRONG_PAGE,             /* a reclaim takes the entry of the next page */
    COUNT_OF_TWO_BITS,      /* the fourth who has a page mapped is none */
};
#ifndef MUSIGMA_FAULT
#define MUSIGMA_FAULT NO_FAULT
#endif
#define FAULT(name) (MUSIGMA_FAULT == (name))

enum { MOST_PARTIES = 32, MOST_PAGES = 64 };
struct page {
    uint32_t owner;
    uint32_t borrowers; /* a bit a party */
    uint32_t lent;      /* to them; else it is shared with them */
    uint32_t mapped;    /* how many borrowers have it mapped */
};
static struct page pages[MOST_PAGES];
static uint8_t table[MOST_PARTIES][MOST_PAGES]; /* the page tables: whether there is an entry */
static uint32_t parties, count;

int musigma_ownership_version(void) { return MUSIGMA_OWNERSHIP_VERSION; }

int musigma_init_ownership(uint32_t wanted, uint32_t of_pages)
{
    if (wanted > MOST_PARTIES || of_pages > MOST_PAGES)
        return 1;
    parties = wanted;
    count = of_pages;
    memset(pages, 0, sizeof pages);
    memset(table, 0, sizeof table);
    memset(table[0], 1, count);
    return 0;
}

static int borrows(const struct page *page, uint32_t party) { return page->borrowers >> party & 1; }

static void enter(uint32_t party, uint32_t page)
{
    table[party][page] = 1;
    if (party != pages[page].owner)
        pages[page].mapped++;
    if (FAULT(COUNT_OF_TWO_BITS))
        pages[page].mapped &= 3;
}

static void erase(uint32_t party, uint32_t page)
{
    if (party != pages[page].owner && table[party][page])
        pages[page].mapped--;
    table[party][page] = 0;
}

static int may_pass(uint32_t by, uint32_t other, const struct page *page, int borrower_may)
{
    uint32_t owner = FAULT(OTHER_IS_OWNER) ? other : by;

    return page->owner == owner || (borrower_may && borrows(page, by));
}

int musigma_donate(uint32_t by, uint32_t other, uint32_t n)
{
    struct page *page = &pages[n];

    if (!(page->owner == by || (FAULT(BORROWER_DONATES) && borrows(page, by))) || by == other)
        return MUSIGMA_OWN_REFUSED;
    if (FAULT(CHANGED_THEN_REFUSED))
        page->owner = other;
    if (page->borrowers && !FAULT(DONATE_SHARED) && !(FAULT(BORROWER_DONATES) && borrows(page, by)))
        return MUSIGMA_OWN_REFUSED;
    if (!FAULT(DONATE_KEEPS_ENTRY))
        table[by][n] = 0;
    page->owner = other;
    if (!FAULT(DONATE_UNMAPPED))
        table[other][n] = 1;
    return MUSIGMA_OWN_DONE;
}

static int pass(uint32_t by, uint32_t other, uint32_t n, uint32_t lent)
{
    struct page *page = &pages[n];

    if (!may_pass(by, other, page, FAULT(BORROWER_SHARES) && !lent))
        return MUSIGMA_OWN_REFUSED;
    if (other == by && !FAULT(WITH_ONESELF))
        return MUSIGMA_OWN_REFUSED;
    if ((page->borrowers ? page->lent != lent : page->lent && !lent) && !(lent ? FAULT(LEND_SHARED) : FAULT(SHARE_LENT)))
        return MUSIGMA_OWN_REFUSED;
    if (borrows(page, other))
        return FAULT(SHARE_TWICE) ? MUSIGMA_OWN_DONE : MUSIGMA_OWN_REFUSED;
    page->borrowers |= 1u << other;
    page->lent = lent;
    if (lent ? !FAULT(LEND_SHARES) : FAULT(SHARE_LENDS))
        table[by][n] = 0;
    if (IS(PKVM))
        enter(other, n);
    return MUSIGMA_OWN_DONE;
}

int musigma_share(uint32_t by, uint32_t other, uint32_t n) { return pass(by, other, n, 0); }

#if DIALECT == FFA
int musigma_lend(uint32_t by, uint32_t other, uint32_t n) { return pass(by, other, n, 1); }
#endif

#if DIALECT != PKVM
int musigma_retrieve(uint32_t by, uint32_t n)
{
    struct page *page = &pages[n];

    if (!borrows(page, by) && !(FAULT(RETRIEVE_UNOFFERED) && page->borrowers && page->owner != by))
        return MUSIGMA_OWN_REFUSED;
    if (table[by][n] && !FAULT(RETRIEVE_AGAIN))
        return MUSIGMA_OWN_REFUSED;
    enter(by, n);
    return MUSIGMA_OWN_DONE;
}

int musigma_relinquish(uint32_t by, uint32_t n)
{
    struct page *page = &pages[n];

    if (!borrows(page, by) || !table[by][n])
        return MUSIGMA_OWN_REFUSED;
    if (!FAULT(RELINQUISH_UNCOUNTED))
        page->mapped--;
    if (!FAULT(RELINQUISH_KEEPS_ENTRY))
        table[by][n] = 0;
    if (FAULT(RELINQUISH_ENDS_LOAN))
        page->borrowers &= ~(1u << by);
    return MUSIGMA_OWN_DONE;
}
#endif

static void end_loan(uint32_t party, uint32_t n)
{
    pages[n].borrowers &= ~(1u << party);
    if (!FAULT(RECLAIM_LEAVES_ENTRY))
        erase(party, FAULT(WRONG_PAGE) ? (n + 1) % count : n);
}

int musigma_reclaim(uint32_t by, uint32_t other, uint32_t n)
{
    struct page *page = &pages[n];
    uint32_t party;

    if (page->owner != by && !FAULT(RECLAIM_BY_ANYBODY))
        return MUSIGMA_OWN_REFUSED;
    if (IS(FFA) ? !page->borrowers : !borrows(page, other) && !(FAULT(RECLAIM_ANY_LOAN) && page->borrowers))
        return MUSIGMA_OWN_REFUSED;
    if (!FAULT(RECLAIM_MAPPED) && (IS(FFA) ? page->mapped != 0 : IS(XEN) && table[other][n]))
        return MUSIGMA_OWN_REFUSED;
    if (IS(FFA))
        for (party = 0; party < parties; party++)
            end_loan(party, n);
    else
        end_loan(other, n);
    if (page->borrowers)
        return MUSIGMA_OWN_DONE;
    page->lent = FAULT(RECLAIM_KEEPS_KIND) && page->lent;
    if (!FAULT(OWNER_NOT_RESTORED))
        table[page->owner][n] = 1;
    return MUSIGMA_OWN_DONE;
}

int musigma_has(uint32_t party, uint32_t n)
{
    const struct page *page = &pages[n];

    return (page->owner == party ? MUSIGMA_OWNS : 0) | (borrows(page, party) ? MUSIGMA_BORROWS : 0) |
           (table[party][n] ? MUSIGMA_ACCESSES : 0);
}

int musigma_mapped(uint32_t party, uint32_t page) { return table[party][page]; }
