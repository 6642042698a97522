"""S1: a memory manager with an unruly client, which does whatever the kernel lets it do, and hurts nobody."""

from typing import Any

from z3 import And, ForAll, Implies, Not, Or

from model.messages.vocabulary import Call, Space, p, w
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
from model.servers.idioms import Spaces, among, nobody
from model.signature import Formula, Term
from model.spaces.vocabulary import a, owner, r, sigma0, x, y


class UnrulyClient(Subsystem):
    """Clients keep their pages and what stands in them, whatever another client of their manager does."""

    clause = "S1"
    manager = constant(Space, meaning="the space of the manager")
    client = relation(p, meaning="the space has its memory from the manager, and keeps to the rules")
    unruly = constant(Space, meaning="the client that keeps to no rule")
    mine = relation(r, meaning="the frame is for the manager")

    def members(self, space: Term) -> Formula:
        """σ₀, the manager and the clients that keep to the rules."""
        return Or(among(sigma0, self.manager)(space), self.client(space))

    def assume(self) -> Named:
        """Nobody plays two parts, and the unruly client is an outsider."""
        neither = And(*(Not(self.client(each)) for each in (sigma0, self.manager)))
        apart = And(self.manager != sigma0, neither)
        return {"they_differ": apart, "the_unruly_one_is_an_outsider": Not(self.members(self.unruly))}

    def start(self) -> Named:
        """Nothing was given away yet."""
        return {"only_the_root_has_pages": self.only_root_has_pages(), "no_windows": self.no_windows()}

    @property
    def upward(self) -> tuple[tuple[Spaces, Spaces], ...]:
        """To whom windows are opened."""
        return ((self.client, self.manager), (self.manager, sigma0))

    @rule("wait")
    def listen(self, c: Call) -> Do:
        """Clients open windows to the manager, the manager to σ₀."""
        return when(windows_face_upward=self.faces_by(c, *self.upward))

    @rule("send")
    def talk(self, c: Call) -> Do:
        """Members talk, and open no window by it."""
        return when(no_window=self.closed(c))

    @rule("send_map")
    def allot(self, c: Call) -> Do:
        """σ₀ maps the manager's frames to the manager, and others to others."""
        for_it = self.shows(c.src, lambda r: self.mine(r) == self.to(c, self.manager))
        return when(by_the_root=And(self.by(c, sigma0), self.closed(c)), to_whom_it_is_for=for_it)

    @rule("send_map")
    def give(self, c: Call) -> Do:
        """The manager maps to a client what no outsider shows: a page lent to one is flushed before."""
        to_client = And(self.by(c, self.manager), self.client(self.space(c.other)), self.closed(c))
        return when(to_a_client=to_client, back_from_outsiders=self.only_shown_by(self.members, c.src))

    @rule("send_map")
    def lend(self, c: Call) -> Do:
        """The manager maps to the unruly client what no client shows."""
        to_it = And(self.by(c, self.manager), self.to(c, self.unruly), self.closed(c))
        no_client = self.only_shown_by(lambda space: Not(self.client(space)), c.src)
        return when(to_the_unruly_one=to_it, no_client_has_it=no_client)

    @rule("flush")
    def take_back(self, c: Call) -> Do:
        """The manager takes pages back."""
        return when(by_the_manager=self.by(c, self.manager))

    @rule("write")
    def store(self, c: Call) -> Do:
        """Clients use their memory."""
        return when(by_a_client=self.client(self.space(c.actor)))

    def only_shown_by(self, spaces: Any, slot: Term) -> Formula:
        """Only those spaces show what the slot shows."""
        return ForAll([x, r], Implies(And(self.phys(slot, r), self.phys(x, r)), spaces(owner(x))))

    @guarantee
    def apart(self) -> Formula:
        """What a client shows, no outsider shows, the unruly client included."""
        both = And(self.client(owner(x)), self.phys(x, r), self.phys(y, r))
        return ForAll([x, y, r], Implies(both, self.members(owner(y))))

    @ensures()
    def undisturbed(self, after: Any, c: Call) -> Formula:
        """What an outsider does changes no page of a client, no right to it and no word in it."""
        same = And(after.phys(x, r), after.right(x, a) == self.right(x, a), after.contains(r, w) == self.contains(r, w))
        shown = And(self.client(owner(x)), self.phys(x, r), Not(self.members(self.space(c.actor))))
        return ForAll([x, r, a, w], Implies(shown, same))

    @invariant
    def trusted(self) -> Formula:
        """Windows and pages of members face upward, and what the manager and clients show is the manager's."""
        down = And(self.chain(self.client, among(sigma0, self.manager)), self.chain(self.manager, sigma0))
        frames = And(self.only_frames(self.client, self.mine), self.only_frames(self.manager, self.mine))
        windows = And(self.facing_by(*self.upward), self.sealed(sigma0))
        return And(windows, down, self.chain(sigma0, nobody), frames)


class StillLent(UnrulyClient):
    """Wrong: a client is given a page that the unruly one still has."""

    @rule("send_map")
    def give(self, c: Call) -> Do:
        """Wrong: lent or not."""
        return super().give(c).without("back_from_outsiders")


class LentTwice(UnrulyClient):
    """Wrong: the unruly client is lent a page that a client has."""

    @rule("send_map")
    def lend(self, c: Call) -> Do:
        """Wrong: whoever has it."""
        return super().lend(c).without("no_client_has_it")


class Trustful(UnrulyClient):
    """Wrong: clients take pages from the unruly one."""

    @property
    def upward(self) -> tuple[tuple[Spaces, Spaces], ...]:
        """Wrong: to it as well."""
        return ((self.client, among(self.manager, self.unruly)), (self.manager, sigma0))
