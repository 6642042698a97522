"""Keep a target from harming more than its own job: limits, a namespace of processes, and an end for all of it.

A job's process has limits on memory, processor time, files and output. A library may not start processes, nor another
program in its place: the kernel ends it at the attempt. What a class or a command starts is counted, and ends with the
job. Where the kernel lets us, the process that forks the jobs is the first of a namespace of processes, with which all
others in it end, however it ends; elsewhere it adopts what loses its parent, and ends that.
"""

import ctypes
import fcntl
import mmap
import os
import platform
import resource
import signal
import struct
import sys
from contextlib import suppress
from pathlib import Path

from refinement.check.process.order import FILE_SIZE, OUTPUT, Limits
from refinement.parent import die_with_parent

STACK = 8 << 20
FILES = 256
LAST = 2000  # bytes of what was printed that are told
PR_SET_SECCOMP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 22, 36, 38
CLONE_NEWUSER, CLONE_NEWPID, CLONE_THREAD = 0x1000_0000, 0x2000_0000, 0x0001_0000

# The kernel's numbers for what starts processes: its name for the machine, clone, clone3, and others that fork or exec.
MACHINES = {
    "x86_64": (0xC000_003E, 56, 435, (57, 58, 59, 322)),
    "aarch64": (0xC000_00B7, 220, 435, (221, 281)),
}


def _prctl(*arguments: int) -> bool:
    """Whether ``prctl`` did it."""
    return bool(ctypes.CDLL(None).prctl(*(ctypes.c_ulong(argument) for argument in arguments)) == 0)


def enclose() -> bool:
    """Go on as the first process of a namespace of processes, or adopt what loses its parent; whether the first.

    Where it is made, the process that was called waits for the one that goes on.
    """
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    if not _unshare():
        return False
    inner = os.fork()
    if inner == 0:
        die_with_parent()
        return True
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.closerange(0, 2)  # who is at their other ends must see them close when the other process ends
    os.closerange(3, FILES)
    _, status = os.waitpid(inner, 0)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _unshare() -> bool:
    """Whether the next process that is forked is the first of a namespace."""
    libc, user, group = ctypes.CDLL(None), os.getuid(), os.getgid()
    if not hasattr(libc, "unshare"):
        return False
    if user == 0 and libc.unshare(CLONE_NEWPID) == 0:
        return True
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0:
        return False
    with suppress(OSError):  # without a name for itself it is nobody there, which reads files all the same
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    return True


def bounded_output() -> int:
    """A file in memory for what a target prints, which cannot grow: beyond its end nothing is written."""
    output = os.memfd_create("output", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    most, _ = resource.getrlimit(resource.RLIMIT_FSIZE)  # the user's, which may be less
    os.ftruncate(output, OUTPUT if most == resource.RLIM_INFINITY else min(OUTPUT, most))
    fcntl.fcntl(output, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL)
    return output


def printed_into(output: int) -> tuple[int, str]:
    """How many bytes were printed, and the last of them; then the file is closed."""
    written = os.lseek(output, 0, os.SEEK_CUR)
    last = os.pread(output, min(LAST, written), max(0, written - LAST)).decode("utf-8", "replace").strip()
    os.close(output)
    return written, last


def confine(limits: Limits, output: int) -> None:
    """A process group, no input, output into a file of bounded size, and limits."""
    os.setpgid(0, 0)
    die_with_parent()
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
    with open("/proc/self/statm") as statm:
        mine = int(statm.read().split()[0]) * mmap.PAGESIZE
    for which, value in (
        (resource.RLIMIT_AS, mine + limits.memory + limits.stack),
        (resource.RLIMIT_CPU, int(limits.wall) + 60),
        (resource.RLIMIT_STACK, STACK),
        (resource.RLIMIT_FSIZE, FILE_SIZE),
        (resource.RLIMIT_NOFILE, FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(which)
        resource.setrlimit(which, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))
    if resource.getrlimit(resource.RLIMIT_FSIZE)[0] == FILE_SIZE:  # under a smaller one our own files would be blamed
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # who writes a large file ends, and is told of


def forbid_processes() -> bool:
    """Whether the kernel will end this process, by SIGSYS, when it starts another or execs; threads may be started."""
    if platform.machine() not in MACHINES:
        return False
    machine, clone, clone3, others = MACHINES[platform.machine()]
    load, equal, any_of, answer = 0x20, 0x15, 0x45, 0x06
    allow, kill, unknown = 0x7FFF_0000, 0x8000_0000, 0x0005_0000 | 38  # ENOSYS: threads are started by clone then
    code: list[tuple[int, int, int, int]] = [(load, 0, 0, 4), (equal, 1, 0, machine), (answer, 0, 0, allow)]
    code += [(load, 0, 0, 0), (equal, 0, 1, clone3), (answer, 0, 0, unknown)]
    for number in others:
        code += [(equal, 0, 1, number), (answer, 0, 0, kill)]
    code += [(equal, 1, 0, clone), (answer, 0, 0, allow), (load, 0, 0, 16), (any_of, 1, 0, CLONE_THREAD)]
    code += [(answer, 0, 0, kill), (answer, 0, 0, allow)]
    instructions = ctypes.create_string_buffer(b"".join(struct.pack("<HBBI", *each) for each in code))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(code), ctypes.addressof(instructions)))
    return _prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) and _prctl(PR_SET_SECCOMP, 2, ctypes.addressof(program))


def children(parent: int, tables: dict[int, list[int]] | None = None) -> list[int]:
    """The processes that descend from one, by the numbers of ``/proc``."""
    if tables is None:
        tables = {}
        for entry in os.listdir("/proc") if os.path.isdir("/proc") else ():
            with suppress(OSError, ValueError, IndexError):
                stat = Path(f"/proc/{int(entry)}/stat").read_text("utf-8", "replace")
                tables.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry))
    found: list[int] = []
    for child in tables.get(parent, ()):
        found += [child, *children(child, tables)]
    return found


def count_processes() -> int:
    """Return how many processes descend from this one."""
    return len(children(int(os.readlink("/proc/self"))))


def end_all(leader: int, first: bool) -> None:
    """End what a job started: its group, and whatever else there is in the namespace, or was adopted."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
    while True:
        with suppress(ProcessLookupError):
            if first:
                os.kill(-1, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        if not first:
            for pid in children(os.getpid()):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(-1, 0)
