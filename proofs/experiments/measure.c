/* What this machine takes, in nanoseconds: system calls, round trips, misses of the buffer.
 *
 * Usage: measure REPETITIONS. Prints "name nanoseconds" for each measurement, once a repetition, and "pinned 1" if all
 * ran on one processor. Ends with status 1 and a line on standard error if anything fails.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

enum { CALLS = 50000, TRIPS = 1000, PAGE = 4096, LINE = 64, ADDITIONS = 4000000, TOUCHES = 200000 };

static void fail(const char *what) {
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

static double now(void) {
    struct timespec t;
    if (clock_gettime(CLOCK_MONOTONIC, &t)) fail("clock_gettime");
    return t.tv_sec * 1e9 + t.tv_nsec;
}

static int pin(void) {
    cpu_set_t allowed, one;
    if (sched_getaffinity(0, sizeof allowed, &allowed)) return 0;
    CPU_ZERO(&one);
    for (int i = CPU_SETSIZE - 1; i >= 0; i--)
        if (CPU_ISSET(i, &allowed)) {
            CPU_SET(i, &one);
            return !sched_setaffinity(0, sizeof one, &one);
        }
    return 0;
}

/* A chain of additions, each of which needs the one before: one cycle each on the processors that we know of. */
static double addition(void) {
    uint64_t x = 1;
    double start = now();
    for (int i = 0; i < ADDITIONS / 8; i++) {
#define ADD x += 3; __asm__ volatile("" : "+r"(x));
        ADD ADD ADD ADD ADD ADD ADD ADD
    }
    return (now() - start) / ADDITIONS;
}

static double null_call(void) {
    double start = now();
    for (int i = 0; i < CALLS; i++) syscall(SYS_getppid);
    return (now() - start) / CALLS;
}

static void move(int fd, int out) {
    char byte = 0;
    if ((out ? write(fd, &byte, 1) : read(fd, &byte, 1)) != 1) fail("pipe");
}

static double pipe_alone(void) {
    int fds[2];
    if (pipe(fds)) fail("pipe");
    double start = now();
    for (int i = 0; i < TRIPS; i++) move(fds[1], 1), move(fds[0], 0);
    double took = (now() - start) / TRIPS;
    close(fds[0]), close(fds[1]);
    return took;
}

/* Two ends and a way to hand over between them: pipes, or two words in shared memory. */
struct ends {
    int there[2], back[2];
    _Atomic uint32_t *turn;
};

static void await(_Atomic uint32_t *turn, uint32_t mine) {
    while (atomic_load(turn) != mine)
        if (syscall(SYS_futex, turn, FUTEX_WAIT, !mine, NULL, NULL, 0) && errno != EAGAIN && errno != EINTR) fail("futex");
}

static void hand_over(_Atomic uint32_t *turn, uint32_t to) {
    atomic_store(turn, to);
    if (syscall(SYS_futex, turn, FUTEX_WAKE, 1, NULL, NULL, 0) < 0) fail("futex");
}

static void serve(struct ends *e) {
    for (int i = 0; i < TRIPS; i++)
        if (e->turn) await(e->turn, 1), hand_over(e->turn, 0);
        else move(e->there[0], 0), move(e->back[1], 1);
}

static double call(struct ends *e) {
    double start = now();
    for (int i = 0; i < TRIPS; i++)
        if (e->turn) hand_over(e->turn, 1), await(e->turn, 0);
        else move(e->there[1], 1), move(e->back[0], 0);
    return (now() - start) / TRIPS;
}

static void *thread(void *e) {
    serve(e);
    return NULL;
}

static double round_trip(int futex, int threads) {
    struct ends e = {.turn = NULL};
    if (futex) {
        e.turn = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (e.turn == MAP_FAILED) fail("mmap");
    } else if (pipe(e.there) || pipe(e.back)) fail("pipe");
    double took;
    if (threads) {
        pthread_t other;
        if ((errno = pthread_create(&other, NULL, thread, &e))) fail("pthread_create");
        took = call(&e);
        if ((errno = pthread_join(other, NULL))) fail("pthread_join");
    } else {
        pid_t child = fork();
        if (child < 0) fail("fork");
        if (!child) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            serve(&e);
            _exit(0);
        }
        took = call(&e);
        int status;
        if (waitpid(child, &status, 0) != child || status) fail("waitpid");
    }
    if (futex) munmap(e.turn, PAGE);
    else close(e.there[0]), close(e.there[1]), close(e.back[0]), close(e.back[1]);
    return took;
}

/* Follow pointers through n lines in an order without a pattern: each in a page of its own, or side by side. */
static double chase(int n, int apart) {
    size_t size = (size_t)n * (apart ? PAGE : LINE);
    char *area = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int *order = malloc(n * sizeof *order);
    if (area == MAP_FAILED || !order) fail("memory");
    madvise(area, size, MADV_NOHUGEPAGE);
    for (int i = 0; i < n; i++) order[i] = i;
    uint64_t random = 1995;
    for (int i = n - 1; i > 0; i--) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        int j = (random >> 33) % (i + 1), kept = order[i];
        order[i] = order[j], order[j] = kept;
    }
    /* In pages of their own lines lie at different places, so that they spread over the cache's sets as well. */
#define PLACE(i) (area + (apart ? (size_t)(i) * PAGE + (i) % (PAGE / LINE) * LINE : (size_t)(i) * LINE))
    for (int i = 0; i < n; i++) *(void **)PLACE(order[i]) = PLACE(order[(i + 1) % n]);
    void *at = area;
    for (int i = 0; i < n; i++) at = *(void **)at;
    double start = now();
    for (int i = 0; i < TOUCHES; i++) at = *(void *volatile *)at;
    double took = (now() - start) / TOUCHES;
    if (!at) fail("chain");
    free(order);
    munmap(area, size);
    return took;
}

int main(int count, char **arguments) {
    int repetitions = count == 2 ? atoi(arguments[1]) : 0;
    static const int lines[] = {64, 256, 1024, 4096};
    if (repetitions < 1) return fprintf(stderr, "usage: measure REPETITIONS\n"), 1;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    printf("pinned %d\n", pin());
    for (int i = 0; i < repetitions; i++) {
        printf("addition %.6f\n", addition());
        printf("call %.6f\n", null_call());
        printf("pipe-alone %.6f\n", pipe_alone());
        printf("pipe-processes %.6f\n", round_trip(0, 0));
        printf("pipe-threads %.6f\n", round_trip(0, 1));
        printf("futex-processes %.6f\n", round_trip(1, 0));
        printf("futex-threads %.6f\n", round_trip(1, 1));
        for (unsigned k = 0; k < sizeof lines / sizeof *lines; k++) {
            printf("apart-%d %.6f\n", lines[k], chase(lines[k], 1));
            printf("beside-%d %.6f\n", lines[k], chase(lines[k], 0));
        }
        fflush(stdout);
    }
    return 0;
}
