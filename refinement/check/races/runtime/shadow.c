/*
 * Which memory the threads share, so that no switch is tried before what only one of them sees; and which accesses
 * nothing orders, by vector clocks. Memory is told apart by words of eight bytes, within these by bytes.
 */
#include "runtime.h"

#include <string.h>

enum { WORDS = 1 << 14, PROBES = 64, OBJECTS = 1 << 10 };

typedef uint32_t clock_of[THREADS];

struct word {
    uintptr_t word;
    uint32_t scenario, run;
    uint8_t readers, writers, shared;
    /* In this run: the last write, and the last read of each thread, with the bytes of each. */
    uint8_t writer, written, atomically;
    uint8_t read[THREADS], read_atomically;
    uint32_t wrote;
    uint64_t write_place;
    uint32_t at[THREADS];
};

struct object { /* what threads synchronise by */
    uintptr_t address;
    uint32_t run;
    clock_of clock;
};

int watch_races, switch_everywhere, shared_grew;
static struct word words[WORDS];
static struct object objects[OBJECTS];
static uint32_t scenario = 1, run = 1;
static clock_of now[THREADS], later[THREADS], fenced[THREADS];
static int is_full;

void forget_scenario(void) { scenario++, is_full = 0; }

void forget_run(void)
{
    run++;
    if (watch_races) {
        memset(now, 0, sizeof now), memset(later, 0, sizeof later), memset(fenced, 0, sizeof fenced);
        for (int n = 0; n < THREADS; n++)
            now[n][n] = 1;
    }
}

static struct word *find_word(uintptr_t word)
{
    size_t at = (size_t)((word * 0x9E3779B97F4A7C15u) >> 50);

    for (int n = 0; n < PROBES; n++, at = (at + 1) % WORDS) {
        struct word *w = &words[at];
        if (w->scenario != scenario) {
            w->word = word, w->scenario = scenario, w->run = 0;
            w->readers = w->writers = w->shared = 0;
            return w;
        }
        if (w->word == word)
            return w;
    }
    is_full = 1;
    return NULL;
}

static int note_access(uintptr_t word, int writes)
{
    struct word *w = find_word(word);
    uint8_t me = (uint8_t)(1u << running), both;

    if (!w)
        return 1;
    if (writes)
        w->writers |= me;
    else
        w->readers |= me;
    both = w->writers | w->readers;
    if (!w->shared && w->writers && (both & (both - 1)))
        w->shared = 1, shared_grew = 1;
    return w->shared;
}

int is_shared(const void *address, size_t size, int writes)
{
    uintptr_t first = (uintptr_t)address >> 3, last = ((uintptr_t)address + size - 1) >> 3;
    int shared = is_full || switch_everywhere;

    for (uintptr_t word = first; word <= last && word < first + 64; word++)
        shared |= note_access(word, writes);
    return shared;
}

static int is_ordered(int thread, uint32_t time) { return now[running][thread] >= time; }

static void check_word(uintptr_t word, uint8_t bytes, int writes, int atomic, uint64_t place)
{
    struct word *w = find_word(word);
    uint8_t bit = (uint8_t)(1u << running);

    if (!w)
        return;
    if (w->run != run)
        w->run = run, w->written = 0, w->read_atomically = 0, memset(w->read, 0, sizeof w->read);
    if ((w->written & bytes) && w->writer != running && !is_ordered(w->writer, w->wrote) && !(atomic && w->atomically)) {
        other_place = w->write_place;
        fail(DATA_RACE, (void *)(word << 3), place);
    }
    if (writes) {
        for (int n = 0; n < threads; n++)
            if (n != running && (w->read[n] & bytes) && !is_ordered(n, w->at[n]) && !(atomic && (w->read_atomically >> n & 1))) {
                other_place = 0;
                fail(DATA_RACE, (void *)(word << 3), place);
            }
        w->writer = (uint8_t)running, w->written = bytes, w->wrote = now[running][running];
        w->atomically = (uint8_t)atomic, w->write_place = place;
    } else {
        w->read[running] = bytes, w->at[running] = now[running][running];
        w->read_atomically = (uint8_t)((w->read_atomically & ~bit) | (atomic ? bit : 0));
    }
}

void check_race(const void *address, size_t size, int writes, int atomic, uint64_t place)
{
    uintptr_t at = (uintptr_t)address, end = at + (size < 512 ? size : 512);

    while (at < end) {
        unsigned offset = at & 7, length = 8 - offset;
        if (length > end - at)
            length = (unsigned)(end - at);
        check_word(at >> 3, (uint8_t)(((1u << length) - 1) << offset), writes, atomic, place);
        at += length;
    }
}

static struct object *find_object(const void *address)
{
    uintptr_t key = (uintptr_t)address;
    size_t at = (size_t)((key * 0x9E3779B97F4A7C15u) >> 54);

    for (int n = 0; n < OBJECTS; n++, at = (at + 1) % OBJECTS) {
        struct object *o = &objects[at];
        if (o->run != run) {
            o->address = key, o->run = run;
            memset(o->clock, 0, sizeof o->clock);
            return o;
        }
        if (o->address == key)
            return o;
    }
    watch_races = 0; /* more than can be followed: nothing is claimed any more */
    return NULL;
}

static void join(clock_of into, const clock_of from)
{
    for (int n = 0; n < THREADS; n++)
        if (from[n] > into[n])
            into[n] = from[n];
}

void acquire(const void *address)
{
    struct object *o = watch_races && running != NOBODY ? find_object(address) : NULL;
    if (o)
        join(now[running], o->clock);
}

void acquire_later(const void *address) /* a relaxed load, which an acquire fence may follow */
{
    struct object *o = watch_races && running != NOBODY ? find_object(address) : NULL;
    if (o)
        join(later[running], o->clock);
}

void release(const void *address, int keeps) /* keeps: what was released there before is released still */
{
    struct object *o = watch_races && running != NOBODY ? find_object(address) : NULL;
    if (!o)
        return;
    if (!keeps)
        memset(o->clock, 0, sizeof o->clock);
    join(o->clock, now[running]);
    now[running][running]++;
}

void release_relaxed(const void *address, int is_rmw)
{
    struct object *o = watch_races && running != NOBODY ? find_object(address) : NULL;
    if (!o)
        return;
    if (!is_rmw)
        memset(o->clock, 0, sizeof o->clock);
    join(o->clock, fenced[running]);
}

void fence(int order) /* as in C: 1 and 2 acquire, 3 release, 4 and 5 both */
{
    static const char all;

    if (!watch_races || running == NOBODY || !order)
        return;
    if (order != 3)
        join(now[running], later[running]);
    if (order == 5)
        acquire(&all), release(&all, 1);
    if (order >= 3) {
        memcpy(fenced[running], now[running], sizeof fenced[running]);
        now[running][running]++;
    }
}
