/* What a database calls that was compiled with -fsanitize=thread: before each access, and for C11's atomics. */
#include "runtime.h"

#include <string.h>

static int is_own_stack(const void *address) { return (uintptr_t)address - (uintptr_t)stacks < (size_t)THREADS * STACK; }

static void touch(const void *address, size_t size, int writes, uint64_t place)
{
    if (is_own_stack(address) || !size)
        return;
    step(place, running != NOBODY && is_shared(address, size, writes));
    if (watch_races && running != NOBODY)
        check_race(address, size, writes, 0, place);
}

#define ACCESS(size)                                                                        \
    void __tsan_read##size(void *a) { touch(a, size, 0, PLACE); }                           \
    void __tsan_write##size(void *a) { touch(a, size, 1, PLACE); }                          \
    void __tsan_read_write##size(void *a) { touch(a, size, 1, PLACE); }                     \
    void __tsan_volatile_read##size(void *a) { touch(a, size, 0, PLACE); }                  \
    void __tsan_volatile_write##size(void *a) { touch(a, size, 1, PLACE); }                 \
    void __tsan_unaligned_read##size(void *a) { touch(a, size, 0, PLACE); }                 \
    void __tsan_unaligned_write##size(void *a) { touch(a, size, 1, PLACE); }                \
    void __tsan_unaligned_read_write##size(void *a) { touch(a, size, 1, PLACE); }           \
    void __tsan_unaligned_volatile_read##size(void *a) { touch(a, size, 0, PLACE); }        \
    void __tsan_unaligned_volatile_write##size(void *a) { touch(a, size, 1, PLACE); }       \
    void __tsan_read##size##_pc(void *a, void *pc) { touch(a, size, 0, (uint64_t)(uintptr_t)pc); } \
    void __tsan_write##size##_pc(void *a, void *pc) { touch(a, size, 1, (uint64_t)(uintptr_t)pc); }
ACCESS(1)
ACCESS(2)
ACCESS(4)
ACCESS(8)
ACCESS(16)

void __tsan_read_range(void *a, size_t size) { touch(a, size, 0, PLACE); }
void __tsan_write_range(void *a, size_t size) { touch(a, size, 1, PLACE); }
void __tsan_vptr_read(void *a) { touch(a, sizeof(void *), 0, PLACE); }
void __tsan_vptr_update(void *a, void *value) { touch(a, sizeof(void *), 1, PLACE); }
void __tsan_init(void) {}
void __tsan_func_entry(void *pc) {}
void __tsan_func_exit(void) {}
void __tsan_ignore_thread_begin(void) {}
void __tsan_ignore_thread_end(void) {}

/* Copies are made word by word, since a thread can be switched in the middle of one. */
static void *move(void *to, const void *from, size_t size, uint64_t place)
{
    if (running == NOBODY || size > 256 || to == from)
        return touch(from, size, 0, place), touch(to, size, 1, place), memmove(to, from, size);
    unsigned char kept[256];
    for (size_t n = 0; n < size; n += 8) {
        size_t part = size - n < 8 ? size - n : 8;
        touch((const char *)from + n, part, 0, place);
        memcpy(kept + n, (const char *)from + n, part);
    }
    for (size_t n = 0; n < size; n += 8) {
        size_t part = size - n < 8 ? size - n : 8;
        touch((char *)to + n, part, 1, place);
        memcpy((char *)to + n, kept + n, part);
    }
    return to;
}

static void *race_memmove(void *to, const void *from, size_t size) { return move(to, from, size, PLACE); }
static void *race_memset(void *to, int value, size_t size)
{
    if (running == NOBODY || size > 256)
        return touch(to, size, 1, PLACE), memset(to, value, size);
    for (size_t n = 0; n < size; n += 8) {
        size_t part = size - n < 8 ? size - n : 8;
        touch((char *)to + n, part, 1, PLACE);
        memset((char *)to + n, value, part);
    }
    return to;
}
static int race_memcmp(const void *a, const void *b, size_t size)
{
    touch(a, size, 0, PLACE), touch(b, size, 0, PLACE);
    return memcmp(a, b, size);
}
void *__tsan_memcpy(void *to, const void *from, size_t size) { return move(to, from, size, PLACE); }
void *__tsan_memmove(void *to, const void *from, size_t size) { return move(to, from, size, PLACE); }
void *__tsan_memset(void *to, int value, size_t size) { return race_memset(to, value, size); }

const struct replacement access_replacements[] = {
    {"memcpy", race_memmove}, {"memmove", race_memmove}, {"memset", race_memset}, {"memcmp", race_memcmp}, {NULL, NULL},
};
