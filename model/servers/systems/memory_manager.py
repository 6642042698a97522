"""S1: memory managers over σ₀: each keeps its frames among its clients, and a flush takes back what was given."""

from typing import Any

from z3 import And, ForAll, Implies, Not, Or

from model.messages.vocabulary import Call, Space, p
from model.servers.description import (
    Do,
    Named,
    Subsystem,
    constant,
    ensures,
    guarantee,
    invariant,
    relation,
    rule,
    when,
)
from model.servers.idioms import nobody
from model.signature import Formula, Term
from model.spaces.vocabulary import a, owner, r, sigma0, x, y


class MemoryManager(Subsystem):
    """One manager and its clients: others' memory, managed by others, does not touch them."""

    clause = "S1"
    manager = constant(Space, meaning="the space of the manager")
    client = relation(p, meaning="the space has its memory from the manager")
    mine = relation(r, meaning="the frame is for the manager")

    def members(self, space: Term) -> Formula:
        """σ₀, the manager and its clients."""
        return Or(space == sigma0, space == self.manager, self.client(space))

    def assume(self) -> Named:
        """Nobody plays two parts."""
        return {"they_differ": And(self.manager != sigma0, *(Not(self.client(p)) for p in (sigma0, self.manager)))}

    def start(self) -> Named:
        """Nothing was given away yet."""
        return {"only_the_root_has_pages": self.only_root_has_pages(), "no_windows": self.no_windows()}

    def from_it(self, space: Term) -> Formula:
        """The manager, or a client that has its memory from there."""
        return Or(space == self.manager, self.client(space))

    @rule("wait")
    def listen(self, c: Call) -> Do:
        """Clients open windows to the manager and to each other, the manager to σ₀."""
        return when(windows_face_upward=self.faces_by(c, (self.client, self.from_it), (self.manager, sigma0)))

    @rule("send")
    def talk(self, c: Call) -> Do:
        """Members talk, and open no window by it."""
        return when(no_window=self.closed(c))

    @rule("send_map")
    def allot(self, c: Call) -> Do:
        """σ₀ gives a frame once: to the manager if it is one of its frames, to another manager if it is not."""
        unused = ForAll([x, r], Implies(And(self.phys(c.src, r), self.phys(x, r)), x == c.src))
        by_root = And(self.by(c, sigma0), self.closed(c), unused)
        for_it = self.shows(c.src, lambda r: self.mine(r) == self.to(c, self.manager))
        elsewhere = And(Not(self.client(self.space(c.other))), Not(self.to(c, sigma0)))
        return when(once_by_the_root=by_root, to_whom_it_is_for=for_it, not_to_clients=elsewhere)

    @rule("send_map")
    def give(self, c: Call) -> Do:
        """The manager maps pages to its clients, and these to each other: managers stack."""
        inside = And(self.from_it(self.space(c.actor)), self.client(self.space(c.other)))
        return when(from_who_has_it_to_a_client=inside, no_window=self.closed(c))

    @rule("read")
    def load(self, c: Call) -> Do:
        """Clients use their memory."""
        return when(by_a_client=self.client(self.space(c.actor)))

    @rule("write")
    def store(self, c: Call) -> Do:
        """Clients use their memory."""
        return when(by_a_client=self.client(self.space(c.actor)))

    @rule("flush")
    def take_back(self, c: Call) -> Do:
        """The manager takes a page back whole."""
        return when(by_the_manager=self.by(c, self.manager), every_right=ForAll([a], c.mask(a)))

    @guarantee
    def apart(self) -> Formula:
        """A client has frames of the manager's and no others."""
        return self.only_frames(self.client, self.mine)

    @guarantee
    def exclusive(self) -> Formula:
        """The manager's frames show nowhere but in its own subsystem."""
        return self.only_in(self.members, self.mine)

    @ensures("take_back")
    def all_comes_back(self, after: Any, c: Call) -> Formula:
        """A flush leaves the frame with the manager and σ₀ alone, and takes no other frame from anybody."""
        stays = Or(owner(x) == sigma0, x == c.src, Not(self.phys(c.src, r)))
        return ForAll([x, r], after.phys(x, r) == And(self.phys(x, r), stays))

    @invariant
    def consent(self) -> Formula:
        """Windows face upward, and σ₀ has none and its pages from nobody."""
        root = And(self.sealed(sigma0), self.chain(sigma0, nobody))
        return And(self.facing_by((self.client, self.from_it), (self.manager, sigma0)), root)

    @invariant
    def one_tree(self) -> Formula:
        """The manager has a frame once, and what clients have derives from there."""
        both = And(self.phys(x, r), self.phys(y, r), owner(y) == self.manager)
        below = Implies(And(self.client(owner(x)), both), self.derives(x, y))
        once = Implies(And(owner(x) == self.manager, both), x == y)
        mine = Implies(And(owner(x) == self.manager, self.phys(x, r)), self.mine(r))
        return ForAll([x, y, r], And(below, once, mine))


class FirstComeFirstServed(MemoryManager):
    """Wrong: σ₀ gives a frame to whoever asks first."""

    @rule("send_map")
    def allot(self, c: Call) -> Do:
        """Wrong: whosever it is."""
        return super().allot(c).without("to_whom_it_is_for")


class OpenClients(MemoryManager):
    """Wrong: clients open windows to anybody."""

    @rule("wait")
    def listen(self, c: Call) -> Do:
        """Wrong: clients face everybody."""
        return when(windows=Or(self.client(self.space(c.actor)), self.faces_by(c, (self.manager, sigma0))))


class HalfTaken(MemoryManager):
    """Wrong: the manager takes some of the rights back, and thinks that it has the page to itself."""

    @rule("flush")
    def take_back(self, c: Call) -> Do:
        """Wrong: any rights."""
        return super().take_back(c).without("every_right")
