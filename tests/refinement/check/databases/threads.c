/* A small database in arrays, under ways to exclude others that are right, and some that are wrong (-DDESIGN=...). */
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

#include "musigma.h"

enum {
    MUTEX, RECURSIVE, READERS, SPIN, OWN_SPIN, TICKET, TRY_AGAIN, C11_LOCK, MONITOR, THREAD_CACHE, ERRNO_LIKE,
    TRY_AND_REFUSE,       /* right only if an overlapping call may be refused */
    NO_LOCK, STALE_CACHE, UPGRADE, SEMAPHORE,
    BLIND,                /* no access of an operation is seen */
    LONG,                 /* right, but each operation reads a large table */
    REFUSES,              /* no size suits it */
};
#ifndef DESIGN
#define DESIGN MUTEX
#endif
#define IS(name) (DESIGN == (name))
#ifdef UNSEEN
#define SEEN __attribute__((no_sanitize("thread"), noinline))
#else
#define SEEN
#endif

enum { MOST = 64, LARGE = 20000 };
static volatile char large[LARGE];
static struct slot { int live, parent, frame; uint32_t rights; } slot[MOST];
static uint32_t spaces, pages, slots;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t readers = PTHREAD_RWLOCK_INITIALIZER;
static pthread_spinlock_t spin;
static atomic_flag own = ATOMIC_FLAG_INIT;
static atomic_uint ticket, serving;
static mtx_t c11;
static pthread_cond_t left = PTHREAD_COND_INITIALIZER;
static int busy;
static sem_t semaphore;
static atomic_uint generation;
static _Thread_local struct { int valid; uint32_t generation; int x; int64_t frame; uint32_t rights; } cache;
static _Thread_local int depth; /* as errno is: each thread has its own */

static int enter(int reads)
{
    switch (DESIGN) {
    case READERS: reads ? pthread_rwlock_rdlock(&readers) : pthread_rwlock_wrlock(&readers); break;
    case UPGRADE: pthread_rwlock_rdlock(&readers); if (!reads) pthread_rwlock_wrlock(&readers); break;
    case SPIN: pthread_spin_lock(&spin); break;
    case OWN_SPIN: while (atomic_flag_test_and_set_explicit(&own, memory_order_acquire)); break;
    case TICKET: for (unsigned mine = atomic_fetch_add(&ticket, 1); atomic_load(&serving) != mine;); break;
    case TRY_AGAIN: while (pthread_mutex_trylock(&mutex)); break;
    case TRY_AND_REFUSE: if (reads) { pthread_mutex_lock(&mutex); break; } return pthread_mutex_trylock(&mutex) != 0;
    case C11_LOCK: mtx_lock(&c11); break;
    case SEMAPHORE: sem_wait(&semaphore); break;
    case MONITOR:
        pthread_mutex_lock(&mutex);
        while (busy) pthread_cond_wait(&left, &mutex);
        busy = 1;
        pthread_mutex_unlock(&mutex);
        break;
    case NO_LOCK: case BLIND: break;
    default: pthread_mutex_lock(&mutex);
    }
    if (IS(RECURSIVE)) pthread_mutex_lock(&mutex);
    if (IS(ERRNO_LIKE)) { if (depth++) abort(); }
    return 0;
}

static void leave(void)
{
    for (int n = 0; IS(LONG) && n < LARGE; n++)
        if (large[n]) abort();
    if (IS(ERRNO_LIKE)) depth--;
    switch (DESIGN) {
    case READERS: pthread_rwlock_unlock(&readers); break;
    case UPGRADE: pthread_rwlock_unlock(&readers); break;
    case SPIN: pthread_spin_unlock(&spin); break;
    case OWN_SPIN: atomic_flag_clear_explicit(&own, memory_order_release); break;
    case TICKET: atomic_fetch_add(&serving, 1); break;
    case C11_LOCK: mtx_unlock(&c11); break;
    case SEMAPHORE: sem_post(&semaphore); break;
    case MONITOR:
        pthread_mutex_lock(&mutex);
        busy = 0;
        pthread_cond_signal(&left);
        pthread_mutex_unlock(&mutex);
        break;
    case NO_LOCK: case BLIND: break;
    default: pthread_mutex_unlock(&mutex);
    }
    if (IS(RECURSIVE)) pthread_mutex_unlock(&mutex);
}

int musigma_abi_version(void) { return MUSIGMA_ABI_VERSION; }

int musigma_init(uint32_t s, uint32_t p, uint32_t f)
{
    pthread_mutexattr_t kind;

    spaces = s, pages = p, slots = s * p;
    if (slots > MOST || IS(REFUSES)) return 1;
    memset(slot, 0, sizeof slot);
    for (uint32_t i = 0; i < f; i++) slot[i] = (struct slot){1, -1, (int)i, 7};
    pthread_mutexattr_init(&kind);
    if (IS(RECURSIVE)) pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&mutex, &kind);
    pthread_spin_init(&spin, 0);
    mtx_init(&c11, mtx_plain);
    sem_init(&semaphore, 0, 1);
    atomic_flag_clear(&own);
    atomic_store(&ticket, 0), atomic_store(&serving, 0), busy = 0;
    atomic_fetch_add(&generation, 1);
    return 0;
}

SEEN static int below(int x, int top)
{
    for (int n = 0; n < MOST && slot[x].live && slot[x].parent >= 0; n++)
        if ((x = slot[x].parent) == top) return 1;
    return 0;
}

SEEN static void restrict_below(int top, uint32_t kept)
{
    for (uint32_t x = 0; x < slots; x++)
        if (slot[x].live && below((int)x, top)) slot[x].rights &= kept;
    for (uint32_t again = 1; again;) {
        again = 0;
        for (uint32_t x = 0; x < slots; x++)
            if (slot[x].live && slot[x].parent >= 0 && (!slot[x].rights || !slot[slot[x].parent].live))
                slot[x].live = 0, again = 1;
    }
}

SEEN static int pass(uint32_t ss, uint32_t sp, uint32_t ds, uint32_t dp, uint32_t r, int grant)
{
    int s = (int)(ss * pages + sp), d = (int)(ds * pages + dp), status = 1;

    if (ss >= spaces || sp >= pages || ds >= spaces || dp >= pages || r > 7) return 1;
    if (enter(0)) return 1;
    atomic_fetch_add(&generation, 1);
    if (slot[s].live && s != d && slot[s].rights & r && !(slot[d].live && slot[d].parent < 0) && !below(s, d)) {
        restrict_below(d, 0);
        slot[d] = slot[s];
        slot[d].rights &= r;
        if (grant) {
            slot[s].live = 0;
            for (uint32_t x = 0; x < slots; x++)
                if (slot[x].live && slot[x].parent == s) slot[x].parent = d;
            restrict_below(d, r);
        } else
            slot[d].parent = s;
        status = 0;
    }
    leave();
    return status;
}

int musigma_map(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t r) { return pass(a, b, c, d, r, 0); }
int musigma_grant(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t r) { return pass(a, b, c, d, r, 1); }

SEEN int musigma_flush(uint32_t space, uint32_t page, uint32_t r)
{
    if (space >= spaces || page >= pages || r > 7) return 1;
    if (enter(0)) return 1;
    atomic_fetch_add(&generation, 1);
    restrict_below((int)(space * pages + page), ~r);
    leave();
    return 0;
}

SEEN int64_t musigma_lookup(uint32_t space, uint32_t page, uint32_t *r)
{
    int x = (int)(space * pages + page);
    int64_t f = -1;

    *r = 0;
    if (space >= spaces || page >= pages) return -1;
    if ((IS(THREAD_CACHE) || IS(STALE_CACHE)) && cache.valid && cache.x == x &&
        (IS(STALE_CACHE) || cache.generation == atomic_load(&generation))) {
        *r = cache.rights;
        return cache.frame;
    }
    enter(1);
    if (slot[x].live) f = slot[x].frame, *r = slot[x].rights;
    cache.valid = 1, cache.generation = atomic_load(&generation), cache.x = x, cache.frame = f, cache.rights = *r;
    leave();
    return f;
}
