/*
 * C11's atomics. They are executed one after the other, so that every run is sequentially consistent; what a weaker
 * order leaves open shows as a data race of what the atomic should have published (shadow.c), and in no other way.
 */
#include "runtime.h"

#include <string.h>

static struct { /* what a thread saw last, so that one that waits in a loop is told from one that works */
    const void *address;
    uint64_t value;
    uint32_t times;
} seen[THREADS];

void forget_loops(void) { memset(seen, 0, sizeof seen); }

enum { RELAXED, CONSUME, ACQUIRE, RELEASE, ACQ_REL, SEQ_CST };

static void before(const void *address, size_t size, int writes, uint64_t place)
{
    if (running == NOBODY) {
        step(place, 0);
        return;
    }
    is_shared(address, size, writes); /* an atomic is meant for others, and is a place to switch at once */
    step(place, 1);
    if (watch_races)
        check_race(address, size, writes, 1, place);
}

static void after(const void *address, uint64_t value, int loads, int stores, int order, uint64_t place)
{
    if (running == NOBODY)
        return;
    if (loads) {
        if (order == CONSUME || order == ACQUIRE || order >= ACQ_REL)
            acquire(address);
        else
            acquire_later(address);
    }
    if (stores) {
        if (order >= RELEASE)
            release(address, loads);
        else
            release_relaxed(address, loads);
        if (stores > 1) { /* something has changed */
            seen[running].address = NULL;
            return;
        }
    }
    if (seen[running].address == address && seen[running].value == value) {
        if (++seen[running].times >= 3)
            seen[running].times = 0, wait_for_others(place);
    } else
        seen[running].address = address, seen[running].value = value, seen[running].times = 0;
}

#define ATOMIC(bits, type)                                                                                        \
    type __tsan_atomic##bits##_load(const volatile type *a, int order)                                            \
    {                                                                                                             \
        before((const void *)a, sizeof(type), 0, PLACE);                                                          \
        type value = *a;                                                                                          \
        after((const void *)a, (uint64_t)value, 1, 0, order, PLACE);                                              \
        return value;                                                                                             \
    }                                                                                                             \
    void __tsan_atomic##bits##_store(volatile type *a, type value, int order)                                     \
    {                                                                                                             \
        before((const void *)a, sizeof(type), 1, PLACE);                                                          \
        *a = value;                                                                                               \
        after((const void *)a, 0, 0, 2, order, PLACE);                                                            \
    }                                                                                                             \
    type __tsan_atomic##bits##_exchange(volatile type *a, type value, int order)                                  \
    {                                                                                                             \
        before((const void *)a, sizeof(type), 1, PLACE);                                                          \
        type old = *a;                                                                                            \
        *a = value;                                                                                               \
        after((const void *)a, (uint64_t)old, 1, old == value ? 1 : 2, order, PLACE);                             \
        return old;                                                                                               \
    }                                                                                                             \
    FETCH(bits, type, add, old + value)                                                                           \
    FETCH(bits, type, sub, old - value)                                                                           \
    FETCH(bits, type, and, old & value)                                                                           \
    FETCH(bits, type, or, old | value)                                                                            \
    FETCH(bits, type, xor, old ^ value)                                                                           \
    FETCH(bits, type, nand, ~(old & value))                                                                       \
    int __tsan_atomic##bits##_compare_exchange_strong(volatile type *a, type *expected, type value, int order, int failing) \
    {                                                                                                             \
        before((const void *)a, sizeof(type), 1, PLACE);                                                          \
        type old = *a;                                                                                            \
        int same = old == *expected;                                                                              \
        if (same)                                                                                                 \
            *a = value;                                                                                           \
        else                                                                                                      \
            *expected = old;                                                                                      \
        after((const void *)a, (uint64_t)old, 1, same ? 2 : 0, same ? order : failing, PLACE);                    \
        return same;                                                                                              \
    }                                                                                                             \
    int __tsan_atomic##bits##_compare_exchange_weak(volatile type *a, type *expected, type value, int order, int failing) \
    {                                                                                                             \
        return __tsan_atomic##bits##_compare_exchange_strong(a, expected, value, order, failing);                 \
    }                                                                                                             \
    type __tsan_atomic##bits##_compare_exchange_val(volatile type *a, type expected, type value, int order, int failing) \
    {                                                                                                             \
        __tsan_atomic##bits##_compare_exchange_strong(a, &expected, value, order, failing);                       \
        return expected;                                                                                          \
    }

#define FETCH(bits, type, name, result)                                                                           \
    type __tsan_atomic##bits##_fetch_##name(volatile type *a, type value, int order)                              \
    {                                                                                                             \
        before((const void *)a, sizeof(type), 1, PLACE);                                                          \
        type old = *a, changed = (type)(result);                                                                  \
        *a = changed;                                                                                             \
        after((const void *)a, (uint64_t)old, 1, old == changed ? 1 : 2, order, PLACE);                           \
        return old;                                                                                               \
    }

ATOMIC(8, uint8_t)
ATOMIC(16, uint16_t)
ATOMIC(32, uint32_t)
ATOMIC(64, uint64_t)
ATOMIC(128, unsigned __int128)

void __tsan_atomic_thread_fence(int order)
{
    step(PLACE, 1);
    fence(order);
}
void __tsan_atomic_signal_fence(int order) {}
