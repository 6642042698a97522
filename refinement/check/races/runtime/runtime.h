/*
 * The stand-in for ThreadSanitizer's library: one thread at a time, switched where a schedule says.
 *
 * A database compiled with -fsanitize=thread calls a function before each access to memory. Here each such call, and
 * each call of a lock, is a *step* of the thread that makes it, and the only place where another thread can go on. So a
 * run is a function of its schedule, and can be done again.
 *
 * scheduler.c switches threads, whose variables are threads.c's; shadow.c knows which memory they share, and what is ordered; access.c, locks.c and
 * atomics.c are what the database calls; run.c makes one run, explore.c goes through schedules; adopt.c puts all this into a library.
 */
#ifndef MUSIGMA_RUNTIME_H
#define MUSIGMA_RUNTIME_H

#define _GNU_SOURCE
#include <stddef.h>
#include <stdint.h>

enum {
    THREADS = 8,        /* most threads */
    CALLS = 32,         /* most calls of all threads */
    SETUP = 64,         /* most calls before them */
    STEPS = 1 << 15,    /* most steps of a run that says anything; one that takes more may be right */
    ENDLESS = 1 << 24,  /* steps after which a run is taken not to end */
    OUTSIDE = 1 << 26,  /* the same before and after the threads run */
    PATIENCE = 4096,    /* steps in a row after which a thread is taken to wait for another */
    STACK = 256 << 10,  /* of a thread, with a page below that nobody may touch */
    CHOICES = 24,       /* choices in a schedule that are not the usual ones */
    SHOWN = 4096,       /* numbers that a run can end with */
    NOBODY = -1,
};

enum { CALLS_MADE = 0, INSIDE = 1, ROWS = 2, CHOICE = 20, EVENT = 21, MOST_ROWS = 200000 }; /* as refinement/check/driver/driver.py */

enum kind { INIT, MAP, GRANT, FLUSH, LOOK }; /* as the steps of the ordinary check */

enum failure { /* as refinement/check/races/outcome.py has them */
    NO_FAILURE,
    DEADLOCK,
    LOST_WAKEUP,
    NO_END,
    BAD_UNLOCK,
    LOCK_KEPT,
    BAD_STATUS,
    OWN_CHECK,
    DATA_RACE,
    NOT_FOLLOWED, /* the schedule names a thread that cannot go on: the run is another than the one recorded */
    UNFIT,        /* the database refuses the size */
    TOO_LONG,     /* the run ended, after more steps than there is room to switch at */
};

struct call {
    uint32_t kind, a, b, c, d, rights;
};

struct result {
    int64_t status;   /* or the frame that a look shows */
    uint32_t rights;  /* that a look shows */
    uint32_t before;  /* the calls that had returned when this one began, a bit each */
};

struct choice {
    uint32_t step;   /* the first step of a run is 1; the choice who is first has the step 0 */
    uint32_t thread; /* that goes on there */
};

/* What happens in a run that is recorded; it goes into the journal. */
enum event_kind { BEGINS, RETURNS, LOCKS, UNLOCKS, WAITS, WAKES, SWITCHED, PREEMPTED, FAILED, DIED };

/* Threads. */
enum { HOME = THREADS }; /* whoever called, in place of a thread */
extern void *pointers[THREADS + 1];
void *thread_pointer(void);
void set_thread_pointer(void *value);

/* Scheduler. */
extern int running; /* the thread that runs, or NOBODY: then there is only one */
extern int threads;
extern char *stacks;
extern uint32_t steps;
extern int failure, failed_thread;
extern uint64_t failed_object, failed_place, other_place;
extern uint32_t outside;

void escape(void); /* from a call that no thread makes */

void prepare_threads(void);
void forget_variables(void);
int run_threads(void (*body)(int thread), int count);
void step(uint64_t place, int matters); /* the thread that runs is about to do something that others may see */
void wait_until(int (*is_possible)(void *object, int thread), void *object, int on_signal, uint64_t place);
void wait_for_others(uint64_t place); /* let others go on if any can, as a thread does that waits in a loop */
void fail(int what, void *object, uint64_t place);
void record(int what, int thread, uint64_t number, uint64_t place, void *object);

/* Schedules. */
#define BY_NUMBER 0x80000000u /* in place of a thread: which of those that can go on */
enum policy { FOLLOW, PRIORITIES };
extern enum policy policy;
extern struct choice planned[CHOICES * 64];
extern int plans;
extern uint8_t *alternatives; /* of each step: how many threads could go on; FREE if that is no preemption */
enum { FREE = 0x80 };
extern uint32_t preemptions, overlaps, lowered[CHOICES];
extern int lowering, priority[THREADS];
extern uint32_t *journal;  /* rows of six numbers, in memory that whoever watches this process sees */
extern int64_t *cells;
extern uint64_t library; /* where it lies */
void write_row(uint32_t kind, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e);

struct scenario {
    uint32_t spaces, pages, frames, threads, setups, calls;
    struct call setup[SETUP];
    struct call call[CALLS];
    uint32_t thread_of[CALLS];
};

struct outcome { /* as refinement/check/races/outcome.py reads it */
    int64_t failure, thread, object, place, other_place, preemptions, steps, shows, choices;
    struct result result[CALLS];
    int64_t shown[SHOWN];
    struct choice chosen[CHOICES * 64];
};

/* A run. */
extern struct scenario raced;
extern int64_t race_counters[8];
enum { SCHEDULES, PREEMPTED_RUNS, OVERLAPPING, ALL_STEPS, ANEW, DISTINCT };
int run_once(void);
int is_new(void);
void fill(struct outcome *out);
void begin_anew(void);

/* Shadow: who has touched what. */
extern int watch_races, switch_everywhere;
extern int shared_grew;
void forget_scenario(void);
void forget_run(void);
int is_shared(const void *address, size_t size, int writes);
void check_race(const void *address, size_t size, int writes, int atomic, uint64_t place);
void acquire(const void *object);
void release(const void *object, int keeps);
void acquire_later(const void *object);
void fence(int order);
void release_relaxed(const void *object, int is_rmw);

/* Locks. */
void forget_locks(void);
void forget_loops(void);
int locks_held(int thread, void **object);

/* Names of functions that the library gets instead of those it asks for. */
struct replacement {
    const char *name;
    void *function;
};
extern const struct replacement lock_replacements[], access_replacements[];

#define PLACE ((uint64_t)(uintptr_t)__builtin_return_address(0))

#endif
