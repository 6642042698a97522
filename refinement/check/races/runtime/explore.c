/* Every schedule with so many preemptions, one after the other; and schedules by random priorities. */
#include "runtime.h"

/* The schedules: at each depth the choice that is not the usual one, and what other choices there were. */
static uint8_t tables[CHOICES + 1][STEPS];
static struct { uint32_t step, number; } path[CHOICES];
static int depth, bound, is_begun;
static uint32_t lengths[CHOICES + 1];

void begin_anew(void) { is_begun = 0; }

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
        lengths[depth] = steps < STEPS ? steps + 1 : STEPS;
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
        for (int n = 0; n < (int)raced.threads; n++)
            priority[n] = n + 1;
        for (int n = (int)raced.threads - 1; n > 0; n--) {
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
