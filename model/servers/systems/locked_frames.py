"""S3: frames locked for a real-time client until the clock ticks, beside time-sharing over the same σ₀."""

from typing import Any

from z3 import And, BoolVal, ForAll, Implies, Not, Or

from model.messages.vocabulary import Call, Space, Thread, t
from model.servers.description import Do, Named, Subsystem, constant, ensures, ghost, guarantee, invariant, rule, when
from model.servers.idioms import among, nobody
from model.signature import Formula, Term
from model.spaces.vocabulary import owner, r, sigma0, x, y


class LockedFrames(Subsystem):
    """A page that is locked for the client stays until the clock ticks, whatever time-sharing does beside it."""

    clause = "S3"
    manager = constant(Space, meaning="the space of the manager")
    client = constant(Space, meaning="the space of the real-time client")
    clock = constant(Thread, meaning="the hardware thread that ticks")
    locked = ghost(x, r, meaning="the client was promised the frame in this slot")

    def members(self, space: Term) -> Formula:
        """σ₀, the manager and the client."""
        return among(sigma0, self.manager, self.client)(space)

    def assume(self) -> Named:
        """Nobody plays two parts, and the clock is hardware."""
        differ = And(self.manager != sigma0, self.client != sigma0, self.client != self.manager)
        return {"they_differ": differ, "the_clock_is_hardware": self.hardware(self.clock)}

    def start(self) -> Named:
        """Nothing was handed out yet."""
        return {"only_the_root_has_pages": self.only_root_has_pages(), "no_windows": self.no_windows()}

    @rule("wait")
    def listen(self, c: Call) -> Do:
        """The manager faces σ₀ where it has no page, the client opens what is not locked, and no slot twice."""
        nobody_elses = ForAll([x, t], Implies(c.opens(x), Not(self.window(t, x))))
        empty = ForAll([x], Implies(c.opens(x), Not(self.live(x))))
        from_root = And(self.by(c, self.manager), self.faces(c, among(sigma0)), empty)
        unlocked = And(self.by(c, self.client), ForAll([x, r], Implies(c.opens(x), Not(self.locked(x, r)))))
        return when(windows=Or(self.closed(c), And(nobody_elses, Or(from_root, unlocked))))

    @rule("send_map")
    def give(self, c: Call) -> Do:
        """σ₀ and the manager map, onto no locked page."""
        not_client = Not(self.by(c, self.client))
        return when(not_by_the_client=not_client, no_window=self.closed(c), not_locked=Not(self.is_locked(c.dst)))

    @rule("send_map")
    def lock(self, c: Call) -> Do:
        """The manager maps a page that it has to the client, and promises it."""
        shown = And(self.phys(c.src, c.frame), self.right(c.src, self.to_read), c.mask(self.to_read))
        to_client = And(self.by(c, self.manager), self.to(c, self.client), self.closed(c))
        return when(to_the_client=to_client, it_can_be_read=shown).then(locked=(c.dst, c.frame))

    @rule("flush")
    def victim(self, c: Call) -> Do:
        """The manager takes pages that no promise rests on."""
        free = ForAll([x, r], Implies(self.locked(x, r), Not(self.derives(x, c.src))))
        return when(by_the_manager=self.by(c, self.manager), nothing_promised=free)

    @rule("wait")
    def tick(self, c: Call) -> Do:
        """When the clock has ticked, all promises are over."""
        ticked = self.got(c.actor, self.ident(self.clock), self.empty)
        done = when(by_the_manager=self.by(c, self.manager), ticked=ticked, no_window=self.closed(c))
        return done.forgets(locked=lambda x, r: BoolVal(True))

    def is_locked(self, slot: Term) -> Formula:
        """Some frame was promised there."""
        return Not(ForAll([r], Not(self.locked(slot, r))))

    @guarantee
    def stays(self) -> Formula:
        """A locked page shows its frame, and can be read."""
        return ForAll([x, r], Implies(self.locked(x, r), And(self.phys(x, r), self.right(x, self.to_read))))

    @ensures()
    def until_the_tick(self, after: Any, c: Call) -> Formula:
        """A promise ends only when the clock has sent its message to who ends it."""
        gone = And(self.locked(x, r), Not(after.locked(x, r)))
        return ForAll([x, r], Implies(gone, self.sent(self.clock, c.actor, self.empty)))

    @invariant
    def consent(self) -> Formula:
        """The manager's windows are to σ₀ and on empty slots; no slot is in two windows."""
        single = And(self.on_empty(self.manager), self.disjoint(self.members))
        return And(self.facing(self.manager, sigma0), self.sealed(sigma0), single)

    @invariant
    def rooted(self) -> Formula:
        """What is locked is the client's, in no window, and comes from the manager and σ₀."""
        trusted = among(sigma0, self.manager)
        above = ForAll([x, y, r], Implies(And(self.locked(x, r), self.derives(x, y)), trusted(owner(y))))
        mine = And(owner(x) == self.client, Not(self.window(t, x)))
        down = And(self.chain(self.manager, sigma0), self.chain(sigma0, nobody))
        return And(above, ForAll([x, r, t], Implies(self.locked(x, r), mine)), down)


class AnyVictim(LockedFrames):
    """Wrong: the manager takes any page, as time-sharing does."""

    @rule("flush")
    def victim(self, c: Call) -> Do:
        """Wrong: promised or not."""
        return super().victim(c).without("nothing_promised")


class WithoutTick(LockedFrames):
    """Wrong: the manager ends its promises when it likes."""

    @rule("wait")
    def tick(self, c: Call) -> Do:
        """Wrong: no clock is asked."""
        return super().tick(c).without("ticked")
