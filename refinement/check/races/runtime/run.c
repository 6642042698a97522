/* One run of some calls under a schedule: a fresh state, the calls before, the threads, and a look at all pages. */
#include "runtime.h"

#include <setjmp.h>
#include <string.h>

struct functions { /* of the database, in the order of refinement/check/target/calls.py */
    int (*init)(uint32_t, uint32_t, uint32_t);
    int (*map)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
    int (*grant)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
    int (*flush)(uint32_t, uint32_t, uint32_t);
    int64_t (*lookup)(uint32_t, uint32_t, uint32_t *);
    int64_t (*lookup_hw)(uint32_t, uint32_t, uint32_t *);
    int (*check)(void);
};

struct scenario raced;
static struct functions f;
static struct result results[CALLS];
static int64_t shown[SHOWN];
static int shows;
static uint32_t returned;
static uint32_t first_row;
static int is_recorded;

/* Distinct outcomes of this scenario. */
enum { DIGESTS = 1 << 12 };
static uint64_t digests[DIGESTS];
static int digest_count;

int64_t race_counters[8]; /* schedules, runs with a preemption, runs in which calls overlap, steps, starts anew, distinct */

void record(int what, int thread, uint64_t number, uint64_t place, void *object)
{
    if (is_recorded)
        write_row(EVENT, (uint32_t)what | (uint32_t)number << 8, (uint32_t)thread, steps,
                  place ? (uint32_t)(place - library) : 0, (uint32_t)(uintptr_t)object);
}

static int64_t perform(const struct call *c, uint32_t *rights)
{
    switch (c->kind) {
    case MAP: return f.map(c->a, c->b, c->c, c->d, c->rights);
    case GRANT: return f.grant(c->a, c->b, c->c, c->d, c->rights);
    case FLUSH: return f.flush(c->a, c->b, c->rights);
    default: *rights = 0; return f.lookup(c->a, c->b, rights);
    }
}

static int is_status(const struct call *c, int64_t status) { return c->kind == LOOK ? status >= -1 : status == 0 || status == 1; }

static void work(int thread)
{
    void *held;
    int calls_made = 0;

    for (uint32_t n = 0; n < raced.calls; n++) {
        if (raced.thread_of[n] != (uint32_t)thread)
            continue;
        struct result *r = &results[n];
        if (calls_made++)
            step(0, 1); /* between two calls of a thread others can go on */
        r->before = returned, r->rights = 0;
        record(BEGINS, thread, n, 0, NULL);
        r->status = perform(&raced.call[n], &r->rights);
        step(0, 1); /* when it returns others may see, too */
        returned |= 1u << n;
        record(RETURNS, thread, n, 0, NULL);
        if (!is_status(&raced.call[n], r->status))
            fail(BAD_STATUS, (void *)(uintptr_t)n, 0);
        if (locks_held(thread, &held))
            fail(LOCK_KEPT, held, 0);
    }
}

static void show(int64_t value)
{
    if (shows < SHOWN)
        shown[shows++] = value;
}

static void look_at_all(void)
{
    for (uint32_t x = 0; x < raced.spaces * raced.pages; x++) {
        uint32_t space = x / raced.pages, page = x % raced.pages, rights = 0;
        int64_t frame = f.lookup(space, page, &rights);
        show(frame), show(frame < 0 ? 0 : rights);
        if (f.lookup_hw) {
            rights = 0;
            frame = f.lookup_hw(space, page, &rights);
            show(frame), show(frame < 0 ? 0 : rights);
        }
    }
    if (f.check) {
        int status = f.check();
        if (status != 0)
            fail(OWN_CHECK, (void *)(intptr_t)status, 0);
    }
}

/* What all pages show, and again after a flush of each, from the last. */
static void observe(void)
{
    shows = 0;
    look_at_all();
    for (uint32_t x = raced.spaces * raced.pages; x-- > 0;) {
        show(f.flush(x / raced.pages, x % raced.pages, 7));
        look_at_all();
    }
}

static jmp_buf way_out;

void escape(void) { _longjmp(way_out, 1); }

/* Whether the database takes the size, and the calls before; then the threads, then a look. */
int run_once(void)
{
    uint32_t rights;

    cells[CALLS_MADE]++;
    cells[ROWS] = first_row;
    running = NOBODY, failure = NO_FAILURE, failed_thread = NOBODY, failed_object = failed_place = other_place = 0;
    overlaps = 0, returned = 0, steps = 0, preemptions = 0, outside = 0;
    forget_run(), forget_locks(), forget_loops(), forget_variables();
    if (!_setjmp(way_out)) {
        if (f.init(raced.spaces, raced.pages, raced.frames) != 0)
            return failure = UNFIT;
        for (uint32_t n = 0; n < raced.setups; n++)
            perform(&raced.setup[n], &rights);
        if (!run_threads(work, (int)raced.threads))
            observe();
        if (steps >= STEPS && !failure)
            failure = TOO_LONG;
    }
    race_counters[SCHEDULES]++, race_counters[PREEMPTED_RUNS] += preemptions != 0, race_counters[OVERLAPPING] += overlaps != 0;
    race_counters[ALL_STEPS] += steps;
    return failure;
}

static uint64_t digest(void)
{
    uint64_t h = 1469598103934665603u;

#define MIX(value) (h = (h ^ (uint64_t)(value)) * 0x100000001b3u, h ^= h >> 29)
    for (uint32_t n = 0; n < raced.calls; n++)
        MIX(results[n].status), MIX(results[n].rights), MIX(results[n].before);
    for (int n = 0; n < shows; n++)
        MIX(shown[n]);
    return h | 1;
}

int is_new(void)
{
    uint64_t h = digest();

    for (size_t at = h % DIGESTS;; at = (at + 1) % DIGESTS) {
        if (digests[at] == h)
            return 0;
        if (!digests[at]) {
            if (digest_count < DIGESTS / 2)
                digests[at] = h, digest_count++;
            race_counters[DISTINCT]++;
            return 1;
        }
    }
}

void fill(struct outcome *out)
{
    out->failure = failure, out->thread = failed_thread, out->object = (int64_t)failed_object;
    out->place = (int64_t)failed_place, out->other_place = (int64_t)other_place;
    out->preemptions = preemptions, out->steps = steps, out->shows = shows;
    memcpy(out->result, results, sizeof results);
    memcpy(out->shown, shown, (size_t)shows * sizeof *shown);
    out->choices = 0;
    for (int64_t row = first_row; row < cells[ROWS] && out->choices < CHOICES * 64; row++)
        if (journal[row * 6] == CHOICE)
            out->chosen[out->choices++] = (struct choice){journal[row * 6 + 1], journal[row * 6 + 2]};
}

void race_prepare(const uint64_t *addresses, int64_t *shared_cells, uint32_t *rows, uint64_t base)
{
    memcpy(&f, addresses, sizeof f);
    library = base;
    cells = shared_cells, journal = rows;
    prepare_threads();
}

/*
 * Another scenario; the rows that describe it stand in the journal already. everywhere: threads are switched before
 * every access, and not only before those of memory that they share.
 */
void race_scenario(const struct scenario *scenario, uint32_t rows, int races, int everywhere)
{
    raced = *scenario, first_row = rows, watch_races = races, switch_everywhere = everywhere;
    forget_scenario();
    memset(digests, 0, sizeof digests);
    digest_count = 0;
    begin_anew();
    memset(results, 0, sizeof results);
}

/* One run by a schedule; its events are recorded if that is wanted. */
int race_follow(const struct choice *choices, int count, int recorded, struct outcome *out)
{
    policy = FOLLOW, alternatives = NULL, plans = count;
    if (count)
        memcpy(planned, choices, (size_t)count * sizeof *choices);
    is_recorded = recorded;
    run_once();
    is_recorded = 0;
    fill(out);
    return failure;
}

/* The sizes of what is handed over, for whoever describes them once more. */
void race_sizes(uint64_t *sizes)
{
    sizes[0] = sizeof(struct scenario), sizes[1] = sizeof(struct outcome);
}
