"""Fork by copy-on-write on the kernel and the simulated machine: the Unix server maps and flushes, and copies late.

Run it, and each line says what a thread does, and whether the kernel lets it: τ0 is the server's, τ1 the parent's, τ2
the child's. Every operation is done by the model too, and what the machine shows is compared after each.
"""

from machine import SV39, tlb
from model.messages.operation import Kind, Operation
from model.messages.scope import MessageScope, set_of
from refinement.messages.lockstep import MessageLockstep, boot

SCOPE = MessageScope(3, 2, 2, threads=3, ids=3, words=4, booted=3, common=4)
ORIGINAL, COPY = SCOPE.parse("σ0[0]"), SCOPE.parse("σ0[1]")
PARENT, CHILD = SCOPE.parse("σ1[0]"), SCOPE.parse("σ2[0]")
HELLO, WORLD = 2, 3
READ_WRITE, READ, WRITE = 0b110, 0b100, 0b010

FORK = (
    ("the parent waits for its page, and the server maps it for writing", (
        Operation(Kind.WAIT, 1, willing=set_of(0), opens=set_of(PARENT)),
        Operation(Kind.SEND_MAP, 0, 1, word=0, src=ORIGINAL, dst=PARENT, rights=READ_WRITE),
        Operation(Kind.WRITE, 1, src=PARENT, frame=0, word=HELLO),
    )),
    ("fork: the server takes the right to write away, and maps the same frame for reading to the child", (
        Operation(Kind.FLUSH, 0, src=ORIGINAL, rights=WRITE),
        Operation(Kind.WAIT, 2, willing=set_of(0), opens=set_of(CHILD)),
        Operation(Kind.SEND_MAP, 0, 2, word=0, src=ORIGINAL, dst=CHILD, rights=READ),
        Operation(Kind.READ, 2, src=CHILD, frame=0),
    )),
    ("the parent cannot write any more, faults, and gets a copy of its own", (
        Operation(Kind.WRITE, 1, src=PARENT, frame=0, word=WORLD),
        Operation(Kind.WAIT, 0, willing=set_of(1)),
        Operation(Kind.PAGE_FAULT, 1, other=0, dst=PARENT),
        Operation(Kind.READ, 0, src=ORIGINAL, frame=0),
        Operation(Kind.WRITE, 0, src=COPY, frame=1, word=HELLO),
        Operation(Kind.SEND_MAP, 0, 1, word=0, src=COPY, dst=PARENT, rights=READ_WRITE),
        Operation(Kind.WRITE, 1, src=PARENT, frame=1, word=WORLD, keeps=set_of(HELLO)),
    )),
)  # fmt: skip


def main() -> None:
    """Do all of it, and say what stands where in the end."""
    both = MessageLockstep(boot(SCOPE, format=SV39, buffer=tlb.riscv_asid))
    both.programs.known = [int(words) for words in both.state.known]
    for title, operations in FORK:
        print(title)
        for operation in operations:
            differing = both.do(operation)
            assert not differing, differing
            print(f"  {operation.text(SCOPE)}: {'done' if both.status == 0 else 'refused'}")
    for name, slot in (("parent", PARENT), ("child", CHILD)):
        mapping = both.kernel.pages.lookup(slot)
        assert mapping is not None
        words = [word for word in range(SCOPE.words) if both.programs.contents()[mapping.frame] >> word & 1]
        print(f"the {name} shows frame {mapping.frame}, with {', '.join(f'w{word}' for word in words)}")


if __name__ == "__main__":
    main()
