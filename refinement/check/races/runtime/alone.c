/*
 * A program of its own around a database, to be run with ThreadSanitizer's library: in each round a fresh state, and
 * threads that call it at random. The order of the threads is the machine's: what is found is found by luck.
 *
 *     alone THREADS SECONDS SEED
 *
 * When the time is over it prints how many rounds there were, and how many calls.
 */
#include "musigma.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SPACES = 3, PAGES = 2, FRAMES = 2, CALLS = 12, MOST = 8 };

struct caller {
    pthread_t thread;
    unsigned seed;
};

static unsigned drawn(unsigned *seed, unsigned below) {
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 16) % below;
}

static void *calls(void *of) {
    unsigned *seed = &((struct caller *)of)->seed;
    for (int n = 0; n < CALLS; n++) {
        uint32_t kind = drawn(seed, 8), src = drawn(seed, SPACES), page = drawn(seed, PAGES);
        uint32_t dst = drawn(seed, SPACES), to = drawn(seed, PAGES), rights = MUSIGMA_ALL;
        if (kind < 4)
            musigma_map(src, page, dst, to, rights);
        else if (kind == 4)
            musigma_grant(src, page, dst, to, rights);
        else if (kind < 7)
            musigma_flush(src, page, rights);
        else
            musigma_lookup(src, page, &rights);
    }
    return NULL;
}

int main(int count, char **words) {
    if (count != 4)
        return 2;
    int threads = atoi(words[1]);
    time_t end = time(NULL) + atoi(words[2]);
    unsigned seed = (unsigned)strtoul(words[3], NULL, 10);
    struct caller callers[MOST];
    long rounds = 0;
    if (threads < 2 || threads > MOST)
        return 2;
    do {
        if (musigma_init(SPACES, PAGES, FRAMES) != MUSIGMA_DONE)
            return 3;
        for (int n = 0; n < threads; n++) {
            callers[n].seed = seed + 7919u * (unsigned)(rounds * threads + n);
            if (pthread_create(&callers[n].thread, NULL, calls, &callers[n]) != 0)
                return 4;
        }
        for (int n = 0; n < threads; n++)
            pthread_join(callers[n].thread, NULL);
        rounds++;
    } while (time(NULL) < end);
    printf("%ld rounds\n%ld calls\n", rounds, rounds * threads * CALLS);
    return 0;
}
