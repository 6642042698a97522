/* Which thread runs, and where it is switched: the steps, the choices, and what becomes of threads that wait. */
#include "runtime.h"

#include <setjmp.h>
#include <ucontext.h>

struct thread {
    int begun, ended;      /* this coroutine exists; its work is done */
    int (*is_possible)(void *, int);
    void *object;          /* what it waits for, while is_possible is set */
    int on_signal;         /* it waits for a signal, not for a lock */
    uint64_t place;
};

int running = NOBODY, threads, failure, failed_thread, plans, lowering, priority[THREADS];
uint32_t outside, steps, preemptions, overlaps, lowered[CHOICES];
uint64_t failed_object, failed_place, other_place;
enum policy policy;
struct choice planned[CHOICES * 64];
uint8_t *alternatives;
uint32_t *journal;
int64_t *cells;
uint64_t library;

static struct thread all[THREADS];
static jmp_buf contexts[THREADS + 1];
static void (*work)(int);
static int next_plan, next_lowered, lowest;
static uint32_t since; /* steps since the last switch */

void write_row(uint32_t kind, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e)
{
    int64_t row = cells[ROWS];
    uint32_t *at = journal + row * 6;

    if (row < MOST_ROWS) {
        at[0] = kind, at[1] = a, at[2] = b, at[3] = c, at[4] = d, at[5] = e;
        cells[ROWS] = row + 1;
    }
}

static int is_able(int n) { return !all[n].ended && (!all[n].is_possible || all[n].is_possible(all[n].object, n)); }

static void begin(void)
{
    for (;;) {
        work(running);
        all[running].ended = 1;
        step(0, 0); /* never returns while this work is all there is */
    }
}

static void jump(int to)
{
    int from = running == NOBODY ? HOME : running;

    if (_setjmp(contexts[from]))
        return;
    running = to == HOME ? NOBODY : to;
    since = 0;
    set_thread_pointer(pointers[to]);
    if (to == HOME || all[to].begun)
        _longjmp(contexts[to], 1);
    all[to].begun = 1;
    ucontext_t fresh;
    getcontext(&fresh);
    fresh.uc_stack.ss_sp = stacks + (size_t)to * STACK + 4096;
    fresh.uc_stack.ss_size = STACK - 4096;
    fresh.uc_link = NULL;
    makecontext(&fresh, begin, 0);
    setcontext(&fresh);
}

/* The choice goes to whoever watches this process, in case it dies. */
static void note(uint32_t thread) { write_row(CHOICE, steps, thread, 0, 0, 0); }

static int highest(const int *able, int count)
{
    int chosen = able[0];

    for (int n = 1; n < count; n++)
        if (priority[able[n]] > priority[chosen])
            chosen = able[n];
    return chosen;
}

static int named(uint32_t name, const int *able, int count)
{
    for (int n = 0; n < count; n++)
        if (name == (uint32_t)able[n] || name == (BY_NUMBER | (uint32_t)n))
            return able[n];
    fail(NOT_FOLLOWED, NULL, 0);
    return NOBODY;
}

/* How many can go on at this step. */
static void offer(int count)
{
    if (alternatives && steps < STEPS)
        alternatives[steps] = (uint8_t)count;
}

/*
 * Who goes on at this step; the usual choice is `me`, or if it cannot go on (NOBODY) who comes next `after` it. Another
 * choice is open where `is_open`.
 */
static int choose(int me, int after, int is_open)
{
    int able[THREADS], count = 0, chosen;

    if (me != NOBODY)
        able[count++] = me;
    for (int n = 1; n <= threads; n++) {
        int other = (after + n) % threads;
        if (other != me && is_able(other))
            able[count++] = other;
    }
    if (!count)
        return NOBODY;
    offer(is_open ? count | (me == NOBODY ? FREE : 0) : 0);
    chosen = able[0];
    if (policy == PRIORITIES) {
        if (next_lowered < lowering && me != NOBODY && steps >= lowered[next_lowered])
            priority[me] = --lowest, next_lowered++;
        chosen = highest(able, count);
    } else if (next_plan < plans && steps == planned[next_plan].step)
        chosen = named(planned[next_plan++].thread, able, count);
    if (chosen != able[0])
        note((uint32_t)chosen);
    return chosen;
}

void fail(int what, void *object, uint64_t place)
{
    if (failure == NO_FAILURE) {
        failure = what, failed_thread = running, failed_object = (uint64_t)(uintptr_t)object, failed_place = place;
        record(FAILED, running, (uint64_t)what, place, object);
    }
    if (running != NOBODY) {
        for (int n = 0; n < threads; n++)
            all[n].begun = 0; /* their stacks are never gone back to */
        jump(HOME);
    }
    escape();
}

/* The thread that runs cannot go on: some other, the one that waits for time to pass, or a failure. */
static void leave(uint64_t place)
{
    int to, lost = 0;

    steps++;
    to = choose(NOBODY, running, 1);
    if (to == NOBODY) {
        int left = 0;
        for (int n = 0; n < threads; n++)
            if (!all[n].ended)
                left++, lost |= all[n].on_signal;
        if (!left) {
            jump(HOME);
            return; /* into the next run */
        }
        for (int n = 0; n < threads; n++)
            if (!all[n].ended && !all[running].is_possible)
                running = n; /* of those that wait one is named */
        fail(lost ? LOST_WAKEUP : DEADLOCK, all[running].object, all[running].place ? all[running].place : place);
        return;
    }
    record(SWITCHED, to, steps, place, NULL);
    overlaps |= place != 0;
    if (to != running)
        jump(to);
}

void step(uint64_t place, int matters)
{
    if (running == NOBODY) {
        if (++outside > OUTSIDE)
            fail(NO_END, NULL, place);
        return;
    }
    if (all[running].ended) {
        leave(place);
        return;
    }
    if (++steps >= ENDLESS)
        fail(NO_END, NULL, place);
    offer(0);
    if (++since >= PATIENCE) {
        wait_for_others(place);
        return;
    }
    if (!matters && !(next_plan < plans && steps == planned[next_plan].step))
        return;
    int to = choose(running, running, 1);
    if (to != running) {
        preemptions++, overlaps |= place != 0; /* inside of a call, not between two */
        record(PREEMPTED, to, steps, place, NULL);
        jump(to);
    }
}

void wait_until(int (*is_possible)(void *, int), void *object, int on_signal, uint64_t place)
{
    struct thread *me = &all[running];

    if (is_possible(object, running))
        return;
    me->is_possible = is_possible, me->object = object, me->on_signal = on_signal, me->place = place;
    record(WAITS, running, 0, place, object);
    leave(place);
    me->is_possible = NULL, me->on_signal = 0;
}

static int is_nothing(void *object, int thread) { return 0; }

void wait_for_others(uint64_t place)
{
    int me = running, to;

    since = 0;
    if (me == NOBODY)
        return;
    if (++steps >= ENDLESS)
        fail(NO_END, NULL, place);
    offer(0);
    if (policy == PRIORITIES)
        priority[me] = --lowest;
    all[me].is_possible = is_nothing; /* it is passed over once */
    to = choose(NOBODY, me, 0);
    all[me].is_possible = NULL;
    if (to != NOBODY) {
        record(SWITCHED, to, steps, place, NULL);
        overlaps |= place != 0;
        jump(to);
    }
}

int run_threads(void (*body)(int), int count)
{
    pointers[HOME] = thread_pointer();
    work = body, threads = count;
    steps = preemptions = 0, next_plan = next_lowered = lowest = 0, since = 0;
    for (int n = 0; n < count; n++) {
        all[n].ended = 0, all[n].is_possible = NULL, all[n].object = NULL, all[n].on_signal = 0, all[n].place = 0;
    }
    int first = choose(NOBODY, count - 1, 1);
    if (first != NOBODY && failure == NO_FAILURE)
        jump(first);
    return failure;
}
