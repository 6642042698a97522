"""Wrong beginnings, which lack one of the things that the theory says of σ0; and states held to too little."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from model.spaces.dialect import Dialect
from model.spaces.theory import Formula
from proofs.obligation import Condition, Obligation, Step, condition_of


@dataclass(frozen=True, slots=True)
class InitialFault:
    """A first state of which one thing that should hold need not hold.

    :param missing: which formula of :func:`model.spaces.invariants.initial` (or its two companions) is not established.
    :param also: others that are not.
    """

    name: str
    mechanism: str
    missing: str
    also: tuple[str, ...] = ()

    def condition(self, obligation: Obligation, dialect: Dialect, invariants: frozenset[str]) -> Condition:
        """The verification condition of an obligation on the first state, without what is missing."""
        missing = {self.missing, *self.also}

        def assumes(step: Step) -> dict[str, Formula]:
            return {name: formula for name, formula in obligation.assumes(step).items() if name not in missing}

        return condition_of(replace(obligation, assumes=assumes), dialect, invariants)


@dataclass(frozen=True, slots=True)
class InvariantFault:
    """States that are not held to one of the invariants.

    :param missing: the invariant.
    """

    name: str
    mechanism: str
    missing: str

    def condition(self, obligation: Obligation, dialect: Dialect, invariants: frozenset[str]) -> Condition:
        """The verification condition of an obligation, without the invariant."""
        return condition_of(obligation, dialect, invariants - {self.missing})


OF_THREADS: dict[str, tuple[str, str]] = {
    "nobody waits": ("initial-thread-waits", "a thread waits from the first"),
    "no window is open": ("initial-window-open", "a window is open from the first"),
    "registers are empty": ("initial-message", "the registers of a thread hold anything at first"),
    "nothing was sent": ("initial-sent", "something counts as sent before anybody sent it"),
    "nobody calls": ("initial-call", "a thread counts as calling from the first"),
    "no interrupt is served": ("initial-served", "an interrupt is served before anybody asked for it"),
    "who has begun runs": ("initial-ended", "a thread runs that never began"),
    "hardware runs": ("initial-hardware-missing", "some hardware thread does not run"),
    "ids differ": ("initial-ids-shared", "two threads have one id at first"),
    "ids and spaces count as given": ("initial-ids-free", "ids and spaces in use do not count as given"),
    "only σ₀ has pages": ("initial-pages-elsewhere", "a space that nobody has been given has pages"),
    "one pager a thread": ("initial-two-pagers", "a thread has two pagers at first"),
}
"""What can be missing of the first states of threads: a name for each, and how it goes wrong."""


OF_CORES: dict[str, tuple[str, str]] = {
    "no page shows anything": ("initial-cores-page-shown", "a page shows a frame before anybody let it"),
    "nothing is remembered": ("initial-cores-remembered", "a core remembers something from the first"),
    "nobody is told": ("initial-cores-told", "a core owes an answer from the first"),
    "masks name who executes": ("initial-cores-unmasked", "a core executes in a space whose mask does not name it"),
    "tags differ": ("initial-cores-one-tag", "two spaces have one tag at first"),
    "tags are single": ("initial-cores-two-tags", "a space has two tags at first"),
    "registers have the tag": ("initial-cores-register", "a core loads under another tag than its space has"),
    "tags in use are not clean": ("initial-cores-clean", "a tag in use counts as wiped at first"),
    "all generations are seen": ("initial-cores-unseen", "a core has seen a generation that has not begun"),
    "no generation after itself": ("initial-cores-generation-twice", "a generation comes after itself"),
    "generations follow": ("initial-cores-generations-apart", "generations do not come one after another"),
    "generations compare": ("initial-cores-generations-beside", "of two generations neither comes first"),
}
"""What can be missing of the first states of many cores: a name for each, and how it goes wrong."""


OF_OWNERSHIP: dict[str, tuple[str, str]] = {
    "a page has one owner": ("initial-ownership-two-owners", "a page has two owners at first"),
    "a page has some owner": ("initial-ownership-no-owner", "a page has no owner at first"),
    "owners alone have access": ("initial-ownership-access", "one who does not own a page has access at first"),
    "no page is lent": ("initial-ownership-lent", "a page counts as lent at first"),
    "no page is borrowed": ("initial-ownership-borrowed", "a page is borrowed at first"),
}
"""What can be missing of the first states of pages with an owner: a name for each, and how it goes wrong."""


def weakened() -> Iterator[InvariantFault]:
    """The invariants without which access could end elsewhere than at the frame's holder, on one core or on many."""
    for invariant, mechanism in (
        ("used_is_allowed", "a core can use a translation that the database does not allow"),
        ("access_ends_at_holder", "a page can be accessible without deriving from the frame's holder"),
        ("held_frame_shows", "a page can hold a frame that its entry does not show"),
        ("phys_coherent", "a page can show another frame than the page it derives from"),
    ):
        yield InvariantFault(f"invariant-{invariant.replace('_', '-')}", mechanism, invariant)


def faults() -> Iterator[InitialFault]:
    """Faults of the first state."""
    for name, mechanism, missing in (
        ("initial-link", "some page is linked before anything was mapped", "nothing derives"),
        ("initial-two-frames-a-page", "two frames are entered in one page", "one frame a page"),
        ("initial-two-pages-a-frame", "one frame is entered in two pages", "one page a frame"),
        ("initial-entry-wrong", "page tables do not show what the database says", "P shows what is held"),
        ("initial-holder-not-in-use", "a page that holds a frame does not count as in use", "only holders are live"),
        ("initial-rights-missing", "some page lacks a right, or an empty one has one", "all rights"),
        ("initial-frame-nowhere", "some frame is in no page", "every frame is held"),
        ("initial-page-without-frame", "some page in use holds no frame", "what is live holds"),
    ):
        yield InitialFault(name, mechanism, missing)
    for missing, (name, mechanism) in (*OF_THREADS.items(), *OF_CORES.items(), *OF_OWNERSHIP.items()):
        yield InitialFault(name, mechanism, missing)
    yield InitialFault(
        "initial-thread-in-midst",
        "a thread waits from the first, and has a message or calls as well",
        "nobody waits",
        also=("registers are empty", "nobody calls"),
    )
    yield InitialFault(
        "initial-cores-in-midst",
        "a shootdown goes on from the first, and pages show frames that cores remember",
        "no shootdown goes on",
        also=("no page shows anything", "nothing is remembered", "nobody is told"),
    )
