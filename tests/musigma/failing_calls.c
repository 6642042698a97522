#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>
static int count;
static int fails(const char *name)
{
    const char *which = getenv("FAIL_CALL"), *at = getenv("FAIL_AT");
    if (!which || strcmp(which, name) || ++count != atoi(at)) return 0;
    errno = atoi(getenv("FAIL_WITH"));
    return 1;
}
#define REAL(name) static __typeof__(name) *real; if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
static int is_code(const char *path) { const char *dot = strrchr(path, '.'); return dot && (!strncmp(dot, ".py", 3) || !strncmp(dot, ".so", 3) || !strcmp(dot, ".cfg") || !strcmp(dot, ".pth")); }
ssize_t write(int fd, const void *data, size_t size) { REAL(write); return fails("write") ? -1 : real(fd, data, size); }
pid_t fork(void) { REAL(fork); return fails("fork") ? -1 : real(); }
pid_t vfork(void) { static pid_t (*real)(void); if (!real) real = (pid_t (*)(void))dlsym(RTLD_NEXT, "fork"); return fails("fork") ? -1 : real(); }
int pipe2(int fds[2], int flags) { REAL(pipe2); return fails("pipe") ? -1 : real(fds, flags); }
int pipe(int fds[2]) { REAL(pipe); return fails("pipe") ? -1 : real(fds); }
int memfd_create(const char *name, unsigned flags) { REAL(memfd_create); return fails("memfd") ? -1 : real(name, flags); }
int open64(const char *path, int flags, ...)
{
    va_list rest; mode_t mode; static int (*real)(const char *, int, ...);
    if (!real) real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64");
    va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest);
    if ((flags & O_CREAT && fails("create")) || (!is_code(path) && fails("open"))) return -1;
    return real(path, flags, mode);
}
int open(const char *path, int flags, ...)
{
    va_list rest; mode_t mode;
    va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest);
    return open64(path, flags, mode);
}
