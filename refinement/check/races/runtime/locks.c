/* Locks and conditions of POSIX and C11, as the scheduler has them: an owner, readers, and who waits for a signal. */
#include "runtime.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <time.h>

enum { LOCKS_MOST = 1 << 10 };

struct lock {
    uintptr_t address;
    uint32_t run;
    int owner;             /* of those who may write, or NOBODY; HOME_OWNER: who called before and after */
    int depth;
    uint32_t readers;      /* a bit each */
    uint32_t read_depth[THREADS + 1];
    uint32_t waiting, signalled; /* a condition: a bit each */
};

static struct lock all[LOCKS_MOST];
static uint32_t run = 1;
static uint32_t tried[THREADS]; /* failed attempts in a row */
static int holds[THREADS + 1];   /* how many locks each holds */

enum { MAIN = THREADS }; /* who calls when no thread runs */

static int me(void) { return running == NOBODY ? MAIN : running; }

void forget_locks(void) { run++, memset(holds, 0, sizeof holds), memset(tried, 0, sizeof tried); }

static struct lock *find(const void *address)
{
    uintptr_t key = (uintptr_t)address;
    size_t at = (size_t)((key * 0x9E3779B97F4A7C15u) >> 54);

    for (int n = 0; n < LOCKS_MOST; n++, at = (at + 1) % LOCKS_MOST) {
        struct lock *l = &all[at];
        if (l->run != run) {
            memset(l, 0, sizeof *l);
            l->address = key, l->run = run, l->owner = NOBODY;
            return l;
        }
        if (l->address == key)
            return l;
    }
    __builtin_trap(); /* more locks in one run than any database of these sizes has */
}

int locks_held(int thread, void **object)
{
    for (int n = 0; n < LOCKS_MOST && holds[thread]; n++)
        if (all[n].run == run && (all[n].owner == thread || all[n].readers >> thread & 1)) {
            *object = (void *)all[n].address;
            return 1;
        }
    return 0;
}

static int is_free(void *object, int thread)
{
    struct lock *l = object;
    return l->owner == NOBODY && !(l->readers & ~0u);
}
static int is_readable(void *object, int thread) { return ((struct lock *)object)->owner == NOBODY; }
static int is_signalled(void *object, int thread)
{
    return ((struct lock *)object)->signalled >> thread & 1;
}

/* Waits until it is possible; a lock that is not free while no thread runs was left locked. */
static void wait_for(int (*is_possible)(void *, int), struct lock *l, uint64_t place)
{
    if (running != NOBODY)
        wait_until(is_possible, l, 0, place);
    else if (!is_possible(l, 0))
        fail(l->owner == MAIN || l->readers >> MAIN & 1 ? DEADLOCK : LOCK_KEPT, (void *)l->address, place);
}

static int is_recursive(const void *m) { return (((const pthread_mutex_t *)m)->__data.__kind & 3) == PTHREAD_MUTEX_RECURSIVE; }
static int checks_errors(const void *m) { return (((const pthread_mutex_t *)m)->__data.__kind & 3) == PTHREAD_MUTEX_ERRORCHECK; }

static int lock_mutex(void *m, uint64_t place)
{
    step(place, 1);
    struct lock *l = find(m);
    if (l->owner == me() && is_recursive(m))
        return l->depth++, 0;
    if (l->owner == me() && checks_errors(m))
        return EDEADLK;
    wait_for(is_free, l, place);
    l->owner = me(), l->depth = 1, holds[me()]++;
    acquire(m);
    record(LOCKS, running, 0, place, m);
    return 0;
}

static int try_mutex(void *m, uint64_t place)
{
    step(place, 1);
    struct lock *l = find(m);
    if (l->owner == me() && is_recursive(m))
        return l->depth++, 0;
    if (!is_free(l, 0)) {
        if (running != NOBODY && ++tried[running] >= 3)
            tried[running] = 0, wait_for_others(place);
        return EBUSY;
    }
    if (running != NOBODY)
        tried[running] = 0;
    l->owner = me(), l->depth = 1, holds[me()]++;
    acquire(m);
    record(LOCKS, running, 0, place, m);
    return 0;
}

static int unlock(void *m, uint64_t place)
{
    step(place, 1);
    struct lock *l = find(m);
    int who = me();

    if (l->owner == who) {
        if (--l->depth == 0) {
            release(m, 1);
            l->owner = NOBODY, holds[who]--;
            record(UNLOCKS, running, 0, place, m);
        }
        return 0;
    }
    if (l->readers >> who & 1) {
        if (--l->read_depth[who] == 0) {
            release(m, 1);
            l->readers &= ~(1u << who), holds[who]--;
            record(UNLOCKS, running, 0, place, m);
        }
        return 0;
    }
    fail(BAD_UNLOCK, m, place);
    return EPERM;
}

static int lock_writing(void *m, uint64_t place)
{
    step(place, 1);
    struct lock *l = find(m);
    wait_for(is_free, l, place);
    l->owner = me(), l->depth = 1, holds[me()]++;
    acquire(m);
    record(LOCKS, running, 0, place, m);
    return 0;
}

static int lock_reading(void *m, uint64_t place)
{
    step(place, 1);
    struct lock *l = find(m);
    wait_for(is_readable, l, place);
    holds[me()] += !(l->readers >> me() & 1);
    l->readers |= 1u << me(), l->read_depth[me()]++;
    acquire(m);
    record(LOCKS, running, 1, place, m);
    return 0;
}

static int try_reading(void *m, uint64_t place)
{
    step(place, 1);
    struct lock *l = find(m);
    if (!is_readable(l, 0)) {
        if (running != NOBODY && ++tried[running] >= 3)
            tried[running] = 0, wait_for_others(place);
        return EBUSY;
    }
    holds[me()] += !(l->readers >> me() & 1);
    l->readers |= 1u << me(), l->read_depth[me()]++;
    acquire(m);
    return 0;
}

static int wait_for_signal(void *c, void *m, int may_end, uint64_t place)
{
    step(place, 1);
    struct lock *condition = find(c);
    int status = 0, depth;

    if (find(m)->owner != me())
        return fail(BAD_UNLOCK, m, place), EPERM;
    if (running == NOBODY)
        return may_end ? ETIMEDOUT : (fail(LOST_WAKEUP, c, place), 0);
    depth = find(m)->depth;
    release(m, 1);
    find(m)->owner = NOBODY, find(m)->depth = 0, holds[running]--;
    condition->waiting |= 1u << running;
    condition->signalled &= ~(1u << running);
    if (may_end) { /* time passes when it likes: here once the others have gone on */
        wait_for_others(place);
        status = is_signalled(condition, running) ? 0 : ETIMEDOUT;
    } else
        wait_until(is_signalled, condition, 1, place);
    condition->waiting &= ~(1u << running);
    acquire(c);
    struct lock *l = find(m);
    wait_until(is_free, l, 0, place);
    l->owner = me(), l->depth = depth, holds[me()]++;
    acquire(m);
    record(WAKES, running, 0, place, c);
    return status;
}

/* Of those who wait for a signal the one with the lowest number is woken. */
static int signal_some(void *c, int all_of_them, uint64_t place)
{
    step(place, 1);
    struct lock *condition = find(c);
    uint32_t sleeping = condition->waiting & ~condition->signalled;

    release(c, 1);
    condition->signalled |= all_of_them ? sleeping : sleeping & -sleeping;
    return 0;
}

static int mutex_lock(void *m) { return lock_mutex(m, PLACE); }
static int mutex_try(void *m) { return try_mutex(m, PLACE); }
static int mutex_timed(void *m, const struct timespec *t) { return lock_mutex(m, PLACE); }
static int any_unlock(void *m) { return unlock(m, PLACE); }
static int mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *a) { return pthread_mutex_init(m, a); }
static int nothing(void *m) { return 0; }
static int spin_init(void *m, int shared) { return 0; }
static int spin_lock(void *m) { return lock_writing(m, PLACE); }
static int spin_try(void *m)
{
    step(PLACE, 1);
    struct lock *l = find(m);
    if (!is_free(l, 0)) {
        if (running != NOBODY && ++tried[running] >= 3)
            tried[running] = 0, wait_for_others(PLACE);
        return EBUSY;
    }
    l->owner = me(), l->depth = 1, holds[me()]++;
    acquire(m);
    return 0;
}
static int write_lock(void *m) { return lock_writing(m, PLACE); }
static int read_lock(void *m) { return lock_reading(m, PLACE); }
static int read_try(void *m) { return try_reading(m, PLACE); }
static int condition_wait(void *c, void *m) { return wait_for_signal(c, m, 0, PLACE); }
static int condition_timed(void *c, void *m, const struct timespec *t) { return wait_for_signal(c, m, 1, PLACE); }
static int condition_signal(void *c) { return signal_some(c, 0, PLACE); }
static int condition_broadcast(void *c) { return signal_some(c, 1, PLACE); }
static int give_way(void) { return wait_for_others(PLACE), 0; }
static int sleep_a_while(uint32_t time) { return wait_for_others(PLACE), 0; }
static int nano_sleep(const struct timespec *t, struct timespec *left) { return wait_for_others(PLACE), 0; }
static int c11_init(pthread_mutex_t *m, int type)
{
    memset(m, 0, sizeof *m);
    m->__data.__kind = type & 1 ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_NORMAL;
    return 0;
}
static int c11_try(void *m) { return try_mutex(m, PLACE) ? 1 : 0; /* thrd_busy */ }

const struct replacement lock_replacements[] = {
    {"pthread_mutex_init", mutex_init},
    {"pthread_mutex_destroy", nothing},
    {"pthread_mutex_lock", mutex_lock},
    {"pthread_mutex_trylock", mutex_try},
    {"pthread_mutex_timedlock", mutex_timed},
    {"pthread_mutex_unlock", any_unlock},
    {"pthread_spin_init", spin_init},
    {"pthread_spin_destroy", nothing},
    {"pthread_spin_lock", spin_lock},
    {"pthread_spin_trylock", spin_try},
    {"pthread_spin_unlock", any_unlock},
    {"pthread_rwlock_init", spin_init},
    {"pthread_rwlock_destroy", nothing},
    {"pthread_rwlock_rdlock", read_lock},
    {"pthread_rwlock_tryrdlock", read_try},
    {"pthread_rwlock_wrlock", write_lock},
    {"pthread_rwlock_trywrlock", spin_try},
    {"pthread_rwlock_unlock", any_unlock},
    {"pthread_cond_init", spin_init},
    {"pthread_cond_destroy", nothing},
    {"pthread_cond_wait", condition_wait},
    {"pthread_cond_timedwait", condition_timed},
    {"pthread_cond_signal", condition_signal},
    {"pthread_cond_broadcast", condition_broadcast},
    {"mtx_init", c11_init},
    {"mtx_destroy", nothing},
    {"mtx_lock", mutex_lock},
    {"mtx_trylock", c11_try},
    {"mtx_unlock", any_unlock},
    {"cnd_init", nothing},
    {"cnd_destroy", nothing},
    {"cnd_wait", condition_wait},
    {"cnd_signal", condition_signal},
    {"cnd_broadcast", condition_broadcast},
    {"sched_yield", give_way},
    {"thrd_yield", give_way},
    {"pthread_yield", give_way},
    {"usleep", sleep_a_while},
    {"nanosleep", nano_sleep},
    {NULL, NULL},
};
