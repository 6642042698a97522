/*
 * musigma.h: the interface of a mapping database that `musigma check` can drive. Version 1.
 *
 * Export these functions from a shared library (cc -shared -fPIC). They are called from one thread; by `musigma check
 * --threads N` map, grant, flush and lookup from several.
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

/*
 * Optional: how this database differs from what stands here; the sum of some of these. It may be called before
 * musigma_init.
 *
 * MUSIGMA_SIGMA0_IS_SOURCE: space 0 is no space like others, but stands for the memory itself. It is only named as the
 * source of a map, and in a flush. Nothing is mapped or granted to it, and nothing is granted by it; so its pages hold
 * the frames always, and lookups of them say so.
 *
 * MUSIGMA_FRAMES_GO: of a database with ranges (musigma2.h). A flush with MUSIGMA_OWN_PAGES is tried of pages that hold
 * their frames, too, as those of space 0 do. Such a frame is in no page afterwards, until the next init.
 */
enum musigma_option { MUSIGMA_SIGMA0_IS_SOURCE = 1, MUSIGMA_FRAMES_GO = 2 };
uint32_t musigma_options(void);

/*
 * Optional: what a page keeps of a set of rights, where hardware cannot express each; without it every page keeps what it
 * has. With it the model has the same: whatever a page would have after a map, a grant or a flush is normalised, a page
 * that keeps none is gone, and a map or grant that would pass none on is refused. Lookups show what is kept. It depends
 * on nothing but its argument, and may be called before musigma_init. None stays none and all stay all; what is kept of
 * what is kept is the same; and more is kept of more, or a page could have what its parent lacks.
 */
uint32_t musigma_normalise(uint32_t rights);

/*
 * Threads and messages. Optional: a library that exports any of these functions has messages compared with the model as
 * well. It then exports musigma_init_threads, musigma_wait, musigma_send and musigma_thread, and of the others those
 * that it has (musigma_interrupt needs musigma_associate). Without the group messages are not compared.
 *
 * Who acts is named by its thread, a number from 0 that is the test's and never used again. Who is addressed is named
 * by its id, which programs see: a thread has one from its begin to its end. Pages are always pages of a thread's own
 * space. The functions return a status as above: done, or refused and nothing changed, in memory or in any thread.
 * Numbers out of range are not tried.
 *
 * "Acts" means: the thread runs, waits for nobody, and is no interrupt's. Whatever asks a thread to act that cannot is
 * refused, and so is whatever is addressed to an id that no running thread has. What else is refused, or is done in
 * another way, depends on the dialect of messages (--messages); what stands here is the canonical one.
 */
#define MUSIGMA_ANY 0xFFFFFFFFu         /* a partner: any thread */
#define MUSIGMA_NOBODY 0xFFFFFFFEu      /* no partner: the thread does not wait, and runs on */
#define MUSIGMA_NO_WINDOW 0xFFFFFFFFu   /* a window: no page may come */
#define MUSIGMA_WHOLE_SPACE 0xFFFFFFFEu /* a page may come to any page of the thread's space */
#define MUSIGMA_NO_NAME 0xFFFFFFFFu     /* a name: the kernel tells the sender's id */

enum musigma_item { MUSIGMA_NO_ITEM = 0, MUSIGMA_MAP_ITEM = 1, MUSIGMA_GRANT_ITEM = 2 };
enum musigma_state { MUSIGMA_ABSENT = 0 /* not begun, or ended */, MUSIGMA_RUNS = 1, MUSIGMA_WAITS = 2 };

/*
 * The threads of a fresh state; called after each musigma_init of such a check. Threads 0 to booted - 1 run, thread k
 * with the id k, in space k, or in the last if there are fewer, and with the pager whose id is 0; thread 0 has no pager.
 * The next `lines` threads stand for interrupts: thread k runs with the id k, and never acts. The others can be begun.
 * No thread waits, has received anything, or serves an interrupt. Ids are below `ids`; ids i and j with i and j equal
 * modulo ids / versions, rounded up, are versions of one number. The last `ports` frames are I/O ports. 0 on success;
 * anything else says that so many do not fit, and the checks of that size are left out.
 */
int musigma_init_threads(uint32_t threads, uint32_t ids, uint32_t versions, uint32_t booted, uint32_t lines,
                         uint32_t ports);

/*
 * The thread acts: it waits for a message of the partner, an id or MUSIGMA_ANY, and opens a window: a page of its space,
 * MUSIGMA_WHOLE_SPACE or MUSIGMA_NO_WINDOW. What it received before is forgotten. The wait ends with one message, or
 * with a timeout, and with it the window.
 */
int musigma_wait(uint32_t thread, uint32_t partner, uint32_t window);

/*
 * The thread acts: it sends the word to the partner, an id, which must wait for it, or for any; else refused. The
 * partner then runs, with the sender's id and the word received, its wait and window over. The sender then waits as
 * by musigma_wait for next_partner, with that window, in the same step, so that no message comes between (a call is a
 * send whose next partner is the partner); or it runs on, with MUSIGMA_NOBODY and MUSIGMA_NO_WINDOW, and what it
 * received before is forgotten, too.
 *
 * With an item, src_page of the sender's space is mapped or granted to dst_page of the partner's space with those
 * rights, as by musigma_map and musigma_grant. dst_page must lie in the partner's window; an I/O port must go to the
 * page with the number it has; and the map or grant must not be refused; else the message is refused. Without an item
 * src_page, dst_page and rights are 0. `name` is MUSIGMA_NO_NAME, but in dialects in which the receiver sees a badge or
 * a name of the sender's choice: there it is that, and a thread has as badges its own id and the last one.
 */
int musigma_send(uint32_t thread, uint32_t partner, uint32_t word, uint32_t item, uint32_t src_page, uint32_t dst_page,
                 uint32_t rights, uint32_t name, uint32_t next_partner, uint32_t window);

/* What there is to see of a thread: always 0. Sender and word are -1 where it has received nothing. */
struct musigma_thread {
    int64_t state; /* enum musigma_state */
    int64_t space; /* looked at only while it is not absent, and belongs to no interrupt */
    int64_t sender, word;
};
int musigma_thread(uint32_t thread, struct musigma_thread *shows);

/*
 * Optional: the thread acts. It begins the thread `begun`, which was never begun, with that id, in that space and with
 * that pager, an id. Refused if the id was ever given, or the space is neither the thread's own nor one without any
 * thread ever in it (space 0 has had one).
 */
int musigma_create(uint32_t thread, uint32_t begun, uint32_t id, uint32_t space, uint32_t pager);

/* Optional: the thread acts. It ends the thread with that id, itself perhaps, which must be of its space and no
 * interrupt's. What waits for the id waits on; interrupts that it served are served by nobody. */
int musigma_end(uint32_t thread, uint32_t id);

/* Optional: the wait of the thread ends without a message; it runs, and has received nothing. Refused unless it waits. */
int musigma_timeout(uint32_t thread);

/*
 * Optional: the thread accesses a page of its space that is not as it needs it, while it could act. The kernel sends to
 * the thread's pager, in the thread's name, the word page + 1, and the thread waits for the pager with a window at that
 * page. Refused if the pager does not wait for the thread; the thread then runs, as if it had not accessed the page.
 */
int musigma_page_fault(uint32_t thread, uint32_t page);

/* Optional: the interrupt of thread `line` sends the word 0 to the thread that serves it. Refused unless one does that
 * waits for the line's id, or for any. */
int musigma_interrupt(uint32_t line);

/* Optional: the thread acts, and comes to serve the interrupt of thread `line`. Refused if a thread does. */
int musigma_associate(uint32_t thread, uint32_t line);

/* Optional: the thread acts, and flushes a page of its space, as by musigma_flush. */
int musigma_flush_own(uint32_t thread, uint32_t page, uint32_t rights);

#ifdef __cplusplus
}
#endif

#endif
