/*
 * Real threads that sleep, one for each that is raced: they lend their thread pointers, so that each coroutine has its
 * own variables, its own errno and its own name for itself. And what a process says before it dies.
 */
#include "runtime.h"

#include <elf.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

enum { SIGNAL_STACK = 64 << 10 };

void *pointers[THREADS + 1];
char *stacks;

#if defined(__x86_64__)
static int quick; /* whether programs may write the register themselves */
void *thread_pointer(void)
{
    void *value;
    __asm__("mov %%fs:0, %0" : "=r"(value));
    return value;
}
void set_thread_pointer(void *value)
{
    if (quick)
        __asm__ volatile("wrfsbase %0" : : "r"(value) : "memory");
    else {
        long result;
        __asm__ volatile("syscall" : "=a"(result) : "a"(SYS_arch_prctl), "D"(0x1002), "S"(value) : "rcx", "r11", "memory");
    }
}
static void look_at_processor(void) { quick = (getauxval(AT_HWCAP2) & 2) != 0; }
#elif defined(__aarch64__)
void *thread_pointer(void)
{
    void *value;
    __asm__("mrs %0, tpidr_el0" : "=r"(value));
    return value;
}
void set_thread_pointer(void *value) { __asm__ volatile("msr tpidr_el0, %0" : : "r"(value) : "memory"); }
static void look_at_processor(void) {}
#else
#error "threads are raced on x86-64 and AArch64 alone"
#endif

/* Where the process dies goes into the journal, before it does. */
static void die(int number, siginfo_t *info, void *context)
{
    ucontext_t *at = context;
#if defined(__x86_64__)
    uint64_t place = (uint64_t)at->uc_mcontext.gregs[REG_RIP];
#else
    uint64_t place = at->uc_mcontext.pc;
#endif
    write_row(EVENT, DIED, (uint32_t)running, steps, (uint32_t)(place - library + 1), (uint32_t)number);
    raise(number);
}

static void watch_signals(void)
{
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
    struct sigaction action = {.sa_sigaction = die, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND | SA_NODEFER};
    stack_t other = {.ss_sp = malloc(SIGNAL_STACK), .ss_size = SIGNAL_STACK};

    sigaltstack(&other, NULL);
    for (size_t n = 0; n < sizeof fatal / sizeof *fatal; n++)
        sigaction(fatal[n], &action, NULL);
}

static void *sleep_for_ever(void *argument)
{
    __atomic_store_n((void **)argument, thread_pointer(), __ATOMIC_RELEASE);
    for (;;)
        pause();
    return NULL;
}

void prepare_threads(void)
{
    pthread_attr_t small;
    sigset_t every, before;

    if (stacks)
        return;
    look_at_processor();
    watch_signals();
    stacks = mmap(NULL, (size_t)THREADS * STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stacks == MAP_FAILED)
        abort();
    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, &before); /* the threads that sleep take no signals */
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 64 << 10);
    for (int n = 0; n < THREADS; n++) {
        pthread_t thread;
        void *volatile *slot = &pointers[n];
        mprotect(stacks + (size_t)n * STACK, 4096, PROT_NONE);
        if (pthread_create(&thread, &small, sleep_for_ever, (void *)slot))
            abort();
        while (!__atomic_load_n((void **)slot, __ATOMIC_ACQUIRE))
            usleep(50);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pointers[HOME] = thread_pointer();
}

/* The library's own variables of each thread, so that each run finds threads that have called nothing before. */
static struct {
    const char *image;
    size_t filled, size;
    void *block[THREADS + 1]; /* NULL until the thread has touched one */
} variables;

static int find_block(struct dl_phdr_info *info, size_t size, void *block)
{
    if (info->dlpi_addr != library)
        return 0;
    for (int n = 0; n < info->dlpi_phnum; n++)
        if (info->dlpi_phdr[n].p_type == PT_TLS) {
            variables.image = (const char *)(info->dlpi_addr + info->dlpi_phdr[n].p_vaddr);
            variables.filled = info->dlpi_phdr[n].p_filesz, variables.size = info->dlpi_phdr[n].p_memsz;
            *(void **)block = info->dlpi_tls_data;
        }
    return 1;
}

void forget_variables(void)
{
    static int known;

    if (known && !variables.size)
        return;
    for (int n = 0; n <= THREADS; n++) {
        if (!variables.block[n]) {
            void *own = pointers[HOME];
            set_thread_pointer(pointers[n]);
            dl_iterate_phdr(find_block, &variables.block[n]);
            set_thread_pointer(own);
        }
        if (variables.block[n]) {
            memcpy(variables.block[n], variables.image, variables.filled);
            memset((char *)variables.block[n] + variables.filled, 0, variables.size - variables.filled);
        }
    }
    known = 1;
}
