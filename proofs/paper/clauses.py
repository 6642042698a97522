"""The paper, clause by clause: the ids by which definitions, obligations, tests and pages say what they stand for.

``A`` is Appendix A, ``B`` section 2, ``C`` the claims (see :mod:`proofs.paper.claims`), ``S`` the systems that section
3 builds, ``P`` what sections 4 and 5 quantify. A clause that nothing here stands for says why.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from proofs.paper.claims import CLAIMS

NO_CLANS = (
    "the paper leaves clans out of the minimal kernel, and gives their cost but no rule of what a supervisor may do; "
    "a server that stands between two others is described in S6"
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause of the paper.

    :param title: what it says in a few words.
    :param why_not: why nothing stands for it, if nothing does.
    :param through: other clauses, whose obligations stand for this one too.
    :param falls: what to give to ``musigma`` to see it fall: to a wrong reading, a wrong kernel or a wrong server.
    """

    id: str
    title: str
    why_not: str = ""
    through: tuple[str, ...] = ()
    falls: tuple[str, ...] = ()


def _shown(*names: str) -> tuple[str, ...]:
    return tuple(f"counterexample {name}" for name in names)


def _clauses() -> Iterator[Clause]:
    yield Clause("A.sets", "pages, frames, address spaces, and the nilpage φ")
    yield Clause("A.sigma0", "the initial space σ₀ maps pages to frames")
    yield Clause("A.sigma", "every other space is a table of links to pages of spaces")
    yield Clause("A.replace", "all change is by replacement: σ_v ← x flushes, then writes")
    yield Clause("A.grant", "σ′_v′ ← σ_v; σ_v ← φ: the link itself is handed over")
    yield Clause("A.map", "σ′_v′ ← (σ, v): the destination stores a link, the page stays")
    yield Clause("A.flush", "for every σ′_v′ = (σ, v): σ′_v′ ← φ; σ_v itself stays")
    yield Clause("A.recursive", "← and flush call each other, so a flush reaches all that derives")
    yield Clause("A.eval", "σ(v), the physical address, found along the links")
    yield Clause("A.P", "a table P beside each σ says which frame a page shows")
    yield Clause("A.tree", "σ is kept as one mapping tree for each frame")
    yield Clause("A.tree.grant", "granting replaces the values in the node")
    yield Clause("A.tree.map", "mapping makes a child node")
    yield Clause("A.tree.flush", "flushing erases the subtree and leaves the node")
    yield Clause(
        "B.owner",
        "a space passes on only pages that it can access",
        through=("C7", "C8"),
        falls=_shown("message-page-of-another", "message-flush-of-another"),
    )
    yield Clause(
        "B.consent",
        "grant and map need the recipient's agreement, flush needs none",
        falls=_shown("window=ignored", "afterwards=open", "faults=whole_space"),
    )
    yield Clause(
        "B.rights",
        "rights are passed on or restricted, never widened; a flush may take some of them",
        through=("C9",),
        falls=_shown("map-rights-ored"),
    )
    yield Clause("B.io", "device ports are pages too, I/O ports only with v = v′", falls=_shown("ports=anywhere"))
    yield Clause("B.thread", "a thread executes in an address space", falls=_shown("begins=anywhere"))
    yield Clause("B.ipc", "messages between threads, by agreement of both", falls=_shown("message-to-whoever-waits"))
    yield Clause("B.rpc", "remote procedure calls are made of messages", falls=_shown("message-timeout-leaves-call"))
    yield Clause(
        "B.irq",
        "an interrupt is a message from a hardware thread",
        falls=_shown("message-interrupt-to-another", "message-serves-taken-interrupt"),
    )
    yield Clause(
        "B.uid",
        "identifiers are unique in space and in time",
        falls=_shown("ids=reused", "ids=versions_wrap", "sender=badge", "sender=claimed"),
    )
    yield Clause(
        "B.independence",
        "what a subsystem guarantees, no other can disturb",
        through=("C10",),
        falls=_shown("message-ends-anybody"),
    )
    yield Clause(
        "B.integrity",
        "a subsystem can rely on others, and reach them undisturbed",
        through=("C10",),
        falls=_shown("strings=anywhere", "message-overheard"),
    )
    key_server = "a key server: keys are delivered once, to the demander only"
    yield Clause("B.keyserver", key_server, through=("S8",), falls=("attack ToAnybody only_demander",))
    yield Clause("B.clans", "messages are supervised by servers at user level", NO_CLANS)
    yield from (Clause(claim.id, claim.title) for claim in CLAIMS.values())
    yield Clause("S1", "memory managers on top of each other", through=("C11",))
    yield Clause("S2", "pagers, and the granting example of Fig. 1", through=("C6",))
    yield Clause("S3", "multimedia allocation")
    yield Clause("S4", "device drivers")
    yield Clause("S5", "second-level caches")
    yield Clause("S6", "remote communication")
    yield Clause("S7", "a Unix server")
    yield Clause("S8", "a key server")
    yield Clause("P1", "the cost of a switch between kernel and user")
    yield Clause("P2", "the cost of a switch between address spaces")
    yield Clause("P3", "segments in place of a tagged translation lookaside buffer")
    yield Clause("P4", "the cost of a remote procedure call")
    yield Clause("P5", "small spaces as the working set grows")
    yield Clause("P6", "memory stalls of Ultrix and Mach")
    yield Clause("P7", "the same kernel on two processors")
    yield Clause("P8", "protected control transfer against IPC")


CLAUSES: Mapping[str, Clause] = MappingProxyType({clause.id: clause for clause in _clauses()})
