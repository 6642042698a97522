/* Puts the runtime's functions in place of those that a loaded library asks for, and says what it asks for. */
#include "runtime.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <malloc.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__x86_64__)
static int is_function(unsigned type) { return type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT || type == R_X86_64_64; }
#else
static int is_function(unsigned type) { return type == R_AARCH64_JUMP_SLOT || type == R_AARCH64_GLOB_DAT || type == R_AARCH64_ABS64; }
#endif

/* What would let threads wait, or begin, without the scheduler. */
static const char *const unknown[] = {
    "pthread_create", "thrd_create", "pthread_join", "thrd_join", "sem_wait", "sem_timedwait", "pthread_barrier_wait",
    "pthread_once", "call_once", "fork", "syscall", "mtx_timedlock", "cnd_timedwait", "pthread_rwlock_timedrdlock",
    "pthread_rwlock_timedwrlock", "pthread_mutex_clocklock", "pthread_cond_clockwait", "thrd_sleep", "poll", "select",
    "epoll_wait", "futex", "pthread_mutex_consistent", "setjmp", "_setjmp", "swapcontext", NULL,
};

static const struct replacement *replacement_of(const char *name)
{
    for (const struct replacement *r = lock_replacements; r->name; r++)
        if (!strcmp(r->name, name))
            return r;
    for (const struct replacement *r = access_replacements; r->name; r++)
        if (!strcmp(r->name, name))
            return r;
    return NULL;
}

/* Such a table may have been made read-only once it was filled. */
static void write_pointer(void **at, void *value)
{
    uintptr_t first = (uintptr_t)at & ~(uintptr_t)4095, last = ((uintptr_t)(at + 1) - 1) & ~(uintptr_t)4095;

    mprotect((void *)first, last - first + 4096, PROT_READ | PROT_WRITE);
    *at = value;
}

static void adopt_table(struct link_map *map, const ElfW(Rela) *table, size_t count, const ElfW(Sym) *symbols,
                        const char *strings, int64_t *told, const char **name)
{
    for (size_t n = 0; n < count; n++) {
        const char *asked = strings + symbols[ELF64_R_SYM(table[n].r_info)].st_name;
        if (!is_function((unsigned)ELF64_R_TYPE(table[n].r_info)))
            continue;
        if (!strncmp(asked, "__tsan_", 7))
            told[!strncmp(asked, "__tsan_atomic", 13)
                     ? 1
                     : strstr(asked, "read") != NULL || strstr(asked, "write") != NULL ? 0 : 2]++;
        for (int u = 0; unknown[u]; u++)
            if (!strcmp(unknown[u], asked))
                *name = unknown[u];
        const struct replacement *r = replacement_of(asked);
        if (r)
            write_pointer((void **)(map->l_addr + table[n].r_offset), r->function);
    }
}

/*
 * The library becomes one of ours. told: how many kinds of accesses, of atomics and of other functions of the sanitizer
 * it asks for; and where it lies. The name of a function that it must not ask for, or NULL.
 */
const char *race_adopt(void *handle, int64_t *told)
{
    struct link_map *map;
    const ElfW(Rela) *jumps = NULL, *others = NULL;
    const ElfW(Sym) *symbols = NULL;
    const char *strings = NULL, *name = NULL;
    size_t jump_size = 0, other_size = 0;

    mallopt(M_ARENA_MAX, 1); /* threads that sleep need no memory of their own */
    if (dlinfo(handle, RTLD_DI_LINKMAP, &map))
        return "dlinfo";
    for (const ElfW(Dyn) *d = map->l_ld; d->d_tag != DT_NULL; d++) {
        if (d->d_tag == DT_JMPREL) jumps = (const void *)d->d_un.d_ptr;
        if (d->d_tag == DT_PLTRELSZ) jump_size = d->d_un.d_val;
        if (d->d_tag == DT_RELA) others = (const void *)d->d_un.d_ptr;
        if (d->d_tag == DT_RELASZ) other_size = d->d_un.d_val;
        if (d->d_tag == DT_SYMTAB) symbols = (const void *)d->d_un.d_ptr;
        if (d->d_tag == DT_STRTAB) strings = (const void *)d->d_un.d_ptr;
    }
    told[0] = told[1] = told[2] = 0, told[3] = (int64_t)map->l_addr;
    adopt_table(map, jumps, jump_size / sizeof *jumps, symbols, strings, told, &name);
    adopt_table(map, others, other_size / sizeof *others, symbols, strings, told, &name);
    return name;
}
