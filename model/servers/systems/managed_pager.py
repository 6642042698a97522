"""S1 and S2: a pager that relies on its memory manager, and a tenant that relies on both."""

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
from model.servers.systems.memory_manager import MemoryManager
from model.signature import Formula, Term
from model.spaces.vocabulary import owner, r, sigma0, x, y


class ManagedPager(Subsystem):
    """A pager whose memory is a manager's feeds its users with that memory, and nothing else."""

    clause = "S2"
    relies = (MemoryManager,)
    feeder = constant(Space, meaning="the space of the pager")
    user = relation(p, meaning="the space is paged by the pager")

    def members(self, space: Term) -> Formula:
        """The pager and its users."""
        return Or(space == self.feeder, self.user(space))

    def assume(self) -> Named:
        """The pager is a client of the manager's, and its users are below."""
        above = [Not(self.user(each)) for each in (self.feeder, self.manager, sigma0)]
        return {"the_pager_has_memory_from_the_manager": self.client(self.feeder), "users_are_below": And(*above)}

    def start(self) -> Named:
        """Nothing was given away yet."""
        return {"only_the_root_has_pages": self.only_root_has_pages(), "no_windows": self.no_windows()}

    @rule("wait")
    def listen(self, c: Call) -> Do:
        """Users open windows to the pager, the pager to the manager."""
        return when(windows_face_upward=self.faces_by(c, (self.user, self.feeder), (self.feeder, self.manager)))

    @rule("send")
    def talk(self, c: Call) -> Do:
        """Members talk, and open no window by it."""
        return when(no_window=self.closed(c))

    @rule("send_map")
    def feed(self, c: Call) -> Do:
        """The pager maps its pages to those of its users that the manager knows."""
        to_user = And(self.user(self.space(c.other)), self.client(self.space(c.other)))
        return when(by_the_pager=self.by(c, self.feeder), no_window=self.closed(c), to_a_user=to_user)

    @rule("read")
    def load(self, c: Call) -> Do:
        """Members use their memory."""
        return when()

    @rule("write")
    def store(self, c: Call) -> Do:
        """Members use their memory."""
        return when()

    @guarantee
    def fed(self) -> Formula:
        """A user has frames of the manager's and no others."""
        return self.only_frames(self.user, self.mine)

    @invariant
    def consent(self) -> Formula:
        """Windows of users are open to the pager only."""
        return self.facing(self.user, self.feeder)


class Subletting(ManagedPager):
    """Wrong: the pager feeds users that the manager does not know, which breaks the manager's rules."""

    @rule("send_map")
    def feed(self, c: Call) -> Do:
        """Wrong: to any user."""
        to_user = self.user(self.space(c.other))
        return when(by_the_pager=self.by(c, self.feeder), no_window=self.closed(c), to_a_user=to_user)


class OpenUsers(ManagedPager):
    """Wrong: users open windows to anybody."""

    @rule("wait")
    def listen(self, c: Call) -> Do:
        """Wrong: to whomever they like."""
        return when()


class Tenant(Subsystem):
    """Nobody outside its manager's subsystem reaches what a tenant has in memory."""

    clause = "S1"
    relies = (ManagedPager, MemoryManager)
    tenant = constant(Space, meaning="the space of the tenant")

    def members(self, space: Term) -> Formula:
        """The tenant alone."""
        return space == self.tenant

    def assume(self) -> Named:
        """It is paged by the pager."""
        return {"the_tenant_is_a_user": self.user(self.tenant)}

    def inside(self, space: Term) -> Formula:
        """The space is of the manager's subsystem."""
        return Or(space == sigma0, space == self.manager, self.client(space))

    @rule("wait")
    def listen(self, c: Call) -> Do:
        """It opens windows to its pager."""
        return when(windows_face_upward=self.faces_by(c, (self.tenant, self.feeder)))

    @rule("read")
    def load(self, c: Call) -> Do:
        """It uses its memory."""
        return when()

    @rule("write")
    def store(self, c: Call) -> Do:
        """It uses its memory."""
        return when()

    @guarantee
    def unseen(self) -> Formula:
        """What the tenant shows shows in the manager's subsystem only."""
        both = And(owner(x) == self.tenant, self.phys(x, r), self.phys(y, r))
        return ForAll([x, y, r], Implies(both, self.inside(owner(y))))

    @ensures("write")
    def untouched(self, after: Any, c: Call) -> Formula:
        """A write from outside changes nothing in the tenant's pages."""
        mine = And(owner(x) == self.tenant, self.phys(x, r), Not(self.inside(self.space(c.actor))))
        return ForAll([x, r, w], Implies(mine, after.contains(r, w) == self.contains(r, w)))


class OpenTenant(Tenant):
    """Wrong: the tenant opens windows to anybody, which breaks the rules of the pager that it relies on."""

    @rule("wait")
    def listen(self, c: Call) -> Do:
        """Wrong: to whomever it likes."""
        return when()


class Lonely(Tenant):
    """Wrong: it is taken for the only client."""

    def inside(self, space: Term) -> Formula:
        """Wrong: the other clients are left out."""
        return Or(space == sigma0, space == self.manager, space == self.tenant)
