/* One run of some calls under a schedule, and every schedule with so many preemptions, one after the other. */
#include "runtime.h"

#include <setjmp.h>
#include <string.h>

struct scenario {
    uint32_t spaces, pages, frames, threads, setups, calls;
    struct call setup[SETUP];
    struct call call[CALLS];
    uint32_t thread_of[CALLS];
};

struct functions { /* of the database, in the order of refinement/check/target/calls.py */
    int (*init)(uint32_t, uint32_t, uint32_t);
    int (*map)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
    int (*grant)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
    int (*flush)(uint32_t, uint32_t, uint32_t);
    int64_t (*lookup)(uint32_t, uint32_t, uint32_t *);
    int64_t (*lookup_hw)(uint32_t, uint32_t, uint32_t *);
    int (*check)(void);
};

struct outcome { /* as refinement/check/races/outcome.py reads it */
    int64_t failure, thread, object, place, other_place, preemptions, steps, shows, choices;
    struct result result[CALLS];
    int64_t shown[SHOWN];
    struct choice chosen[CHOICES * 64];
};

static struct scenario now;
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

/* The schedules: at each depth the choice that is not the usual one, and what other choices there were. */
static uint8_t tables[CHOICES + 1][STEPS];
static struct { uint32_t step, number; } path[CHOICES];
static int depth, bound, is_begun;
static uint32_t lengths[CHOICES + 1];

int64_t race_counters[8]; /* schedules, runs with a preemption, runs in which calls overlap, steps, starts anew, distinct */
enum { SCHEDULES, PREEMPTED_RUNS, OVERLAPPING, ALL_STEPS, ANEW, DISTINCT };

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

    for (uint32_t n = 0; n < now.calls; n++) {
        if (now.thread_of[n] != (uint32_t)thread)
            continue;
        struct result *r = &results[n];
        if (calls_made++)
            step(0, 1); /* between two calls of a thread others can go on */
        r->before = returned, r->rights = 0;
        record(BEGINS, thread, n, 0, NULL);
        r->status = perform(&now.call[n], &r->rights);
        step(0, 1); /* when it returns others may see, too */
        returned |= 1u << n;
        record(RETURNS, thread, n, 0, NULL);
        if (!is_status(&now.call[n], r->status))
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
    for (uint32_t x = 0; x < now.spaces * now.pages; x++) {
        uint32_t space = x / now.pages, page = x % now.pages, rights = 0;
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
    for (uint32_t x = now.spaces * now.pages; x-- > 0;) {
        show(f.flush(x / now.pages, x % now.pages, 7));
        look_at_all();
    }
}

static jmp_buf way_out;

void escape(void) { _longjmp(way_out, 1); }

/* Whether the database takes the size, and the calls before; then the threads, then a look. */
static int run_once(void)
{
    uint32_t rights;

    cells[CALLS_MADE]++;
    cells[ROWS] = first_row;
    running = NOBODY, failure = NO_FAILURE, failed_thread = NOBODY, failed_object = failed_place = other_place = 0;
    overlaps = 0, returned = 0, steps = 0, preemptions = 0, outside = 0;
    forget_run(), forget_locks(), forget_loops(), forget_variables();
    if (!_setjmp(way_out)) {
        if (f.init(now.spaces, now.pages, now.frames) != 0)
            return failure = UNFIT;
        for (uint32_t n = 0; n < now.setups; n++)
            perform(&now.setup[n], &rights);
        if (!run_threads(work, (int)now.threads))
            observe();
    }
    race_counters[SCHEDULES]++, race_counters[PREEMPTED_RUNS] += preemptions != 0, race_counters[OVERLAPPING] += overlaps != 0;
    race_counters[ALL_STEPS] += steps;
    return failure;
}

static uint64_t digest(void)
{
    uint64_t h = 1469598103934665603u;

#define MIX(value) (h = (h ^ (uint64_t)(value)) * 0x100000001b3u, h ^= h >> 29)
    for (uint32_t n = 0; n < now.calls; n++)
        MIX(results[n].status), MIX(results[n].rights), MIX(results[n].before);
    for (int n = 0; n < shows; n++)
        MIX(shown[n]);
    return h | 1;
}

static int is_new(void)
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

static void fill(struct outcome *out)
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
    now = *scenario, first_row = rows, watch_races = races, switch_everywhere = everywhere;
    forget_scenario();
    memset(digests, 0, sizeof digests);
    digest_count = 0, is_begun = 0;
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

static int is_allowed(int at, uint32_t step, int used)
{
    uint8_t there = tables[at][step];
    return (there & ~FREE) > 1 && ((there & FREE) || used < bound);
}

static int find_after(int at, uint32_t step, int used)
{
    for (; step < lengths[at] && step < STEPS; step++)
        if (is_allowed(at, step, used))
            return (int)step;
    return -1;
}

static int used_by(int until)
{
    int used = 0;
    for (int n = 0; n < until; n++)
        used += !(tables[n][path[n].step] & FREE);
    return used;
}

/* The next schedule by depth first; 0 if there is none. The choice is made by number, and spelled as a thread. */
static int advance(void)
{
    int at;

    if (!is_begun)
        return is_begun = 1, depth = 0, 1;
    if (depth < CHOICES - 1 && (at = find_after(depth, depth ? path[depth - 1].step + 1 : 0, used_by(depth))) >= 0) {
        path[depth].step = (uint32_t)at, path[depth].number = 1, depth++;
        return 1;
    }
    while (depth) {
        int top = depth - 1;
        if (path[top].number + 1 < (uint32_t)(tables[top][path[top].step] & ~FREE)) {
            path[top].number++;
            return 1;
        }
        at = find_after(top, path[top].step + 1, used_by(top));
        if (at >= 0) {
            path[top].step = (uint32_t)at, path[top].number = 1;
            return 1;
        }
        depth--;
    }
    return 0;
}

/*
 * Goes on through the schedules with at most so many preemptions until an outcome is met that was not met before, or
 * `most` schedules are done. 1: the outcome is new; 0: there are no more schedules; -1: there are.
 */
int race_explore(int most_preemptions, int64_t most, struct outcome *out)
{
    if (!is_begun)
        bound = most_preemptions, shared_grew = 0;
    policy = FOLLOW;
    while (most-- > 0) {
        if (!advance()) {
            is_begun = 0;
            if (!shared_grew)
                return 0;
            shared_grew = 0, race_counters[ANEW]++; /* memory that turned out to be shared later: once more from the start */
            continue;
        }
        plans = depth;
        for (int n = 0; n < depth; n++)
            planned[n] = (struct choice){path[n].step, BY_NUMBER | path[n].number};
        alternatives = tables[depth];
        run_once();
        lengths[depth] = steps + 1;
        if (failure || is_new())
            return fill(out), 1;
    }
    return -1;
}

static uint64_t random_state;
static uint32_t draw(uint32_t below)
{
    random_state ^= random_state << 13, random_state ^= random_state >> 7, random_state ^= random_state << 17;
    return (uint32_t)((random_state >> 11) % below);
}

/* Runs with random priorities, lowered at random steps; as race_explore. `length`: steps of a run, about. */
int race_random(uint64_t seed, int changes, int64_t most, uint32_t length, struct outcome *out)
{
    random_state = seed * 0x9E3779B97F4A7C15u | 1;
    policy = PRIORITIES, alternatives = NULL, plans = 0;
    while (most-- > 0) {
        for (int n = 0; n < (int)now.threads; n++)
            priority[n] = n + 1;
        for (int n = (int)now.threads - 1; n > 0; n--) {
            int other = (int)draw((uint32_t)n + 1), kept = priority[n];
            priority[n] = priority[other], priority[other] = kept;
        }
        lowering = changes < CHOICES ? changes : CHOICES;
        for (int n = 0; n < lowering; n++)
            lowered[n] = 1 + draw(length ? length : 1);
        for (int n = 1; n < lowering; n++)
            for (int m = n; m > 0 && lowered[m] < lowered[m - 1]; m--) {
                uint32_t kept = lowered[m];
                lowered[m] = lowered[m - 1], lowered[m - 1] = kept;
            }
        run_once();
        if (failure || is_new())
            return fill(out), 1;
    }
    return -1;
}

/* The sizes of what is handed over, for whoever describes them once more. */
void race_sizes(uint64_t *sizes)
{
    sizes[0] = sizeof(struct scenario), sizes[1] = sizeof(struct outcome);
}
