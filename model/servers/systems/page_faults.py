"""S2: page faults by RPC: the kernel calls the pager in the thread's name, and the answer maps the page."""

from typing import Any

from z3 import And, BoolVal, Exists, ForAll, Implies, Not, Or

from model.messages.vocabulary import Call, Space, Thread, i, p, t, w
from model.servers.description import (
    Do,
    Named,
    Subsystem,
    constant,
    ensures,
    ghost,
    guarantee,
    invariant,
    relation,
    rule,
    when,
)
from model.signature import Formula, Term
from model.spaces.vocabulary import owner, r, x, y


class PageFaults(Subsystem):
    """A thread that faulted gets a page that backs the address of its fault, from its pager, and no other page."""

    clause = "S2"
    backer = constant(Space, meaning="the space of the pager")
    me = constant(Thread, meaning="the thread of the pager")
    client = relation(p, meaning="the space is paged by the pager")
    backs = relation(r, x, meaning="the frame belongs at the address")
    asked = ghost(i, x, meaning="the pager has noted that who is called i faulted there")

    def members(self, space: Term) -> Formula:
        """The pager and its clients."""
        return Or(space == self.backer, self.client(space))

    def assume(self) -> Named:
        """The message of a fault tells the address, in one space."""
        told = ForAll([x, y], Implies(And(owner(x) == owner(y), self.fault(x) == self.fault(y)), x == y))
        return {"the_pager_is_no_client": Not(self.client(self.backer)), "messages_tell_addresses": told}

    def start(self) -> Named:
        """Clients have no page yet, and their pager is the one."""
        empty = ForAll([x], Implies(self.client(owner(x)), Not(self.live(x))))
        paged = ForAll([t, i], Implies(And(self.client(self.space(t)), self.pager(t, i)), i == self.ident(self.me)))
        return {"nothing_yet": And(self.no_windows(), empty), "the_pager_runs": And(self.placed(), paged)}

    def knows(self, thread: Term, slot: Term) -> Formula:
        """The last that the pager knows of a thread is that it faulted there: from its registers, or from its notes."""
        name = self.ident(thread)
        noted = And(self.asked(name, slot), Not(Exists([w], self.got(self.me, name, w))))
        return And(owner(slot) == self.space(thread), Or(self.got(self.me, name, self.fault(slot)), noted))

    def noted(self, do: Do, answered: Any = lambda name: BoolVal(False)) -> Do:
        """Before its registers are lost the pager notes what they show, in place of what it knew of that thread."""
        done = do.forgets(asked=lambda i, x: Or(Exists([w], self.got(self.me, i, w)), answered(i)))
        return done.then(asked=lambda i, x: And(self.got(self.me, i, self.fault(x)), Not(answered(i))))

    @rule("wait")
    def rest(self, c: Call) -> Do:
        """Clients wait, and open no window."""
        return when(by_a_client=self.client(self.space(c.actor)), no_window=self.closed(c))

    @rule("page_fault")
    def miss(self, c: Call) -> Do:
        """A client misses a page, and its pager is called."""
        return when(by_a_client=self.client(self.space(c.actor)), to_the_pager=c.other == self.me)

    @rule("send")
    def talk(self, c: Call) -> Do:
        """Clients say what they like, faults that are none included."""
        return when(by_a_client=self.client(self.space(c.actor)), no_window=self.closed(c))

    @rule("wait")
    def listen(self, c: Call) -> Do:
        """The pager notes what it heard, and waits for the next."""
        return self.noted(when(by_the_pager=c.actor == self.me, no_window=self.closed(c)))

    @rule("send_map")
    def answer(self, c: Call) -> Do:
        """The pager maps to a thread a page that backs the address where, as it knows, that thread faulted."""
        backing = Exists([y], And(self.knows(c.other, y), self.shows(c.src, lambda r: self.backs(r, y))))
        done = when(by_the_pager=And(c.actor == self.me, self.closed(c)), as_it_knows=backing)
        return self.noted(done, lambda name: name == self.ident(c.other))

    @rule("flush")
    def take(self, c: Call) -> Do:
        """The pager takes pages back."""
        return when(by_the_pager=self.by(c, self.backer))

    @guarantee
    def backed(self) -> Formula:
        """What a client shows at an address belongs there."""
        return ForAll([x, r], Implies(And(self.client(owner(x)), self.phys(x, r)), self.backs(r, x)))

    @ensures()
    def on_its_fault(self, after: Any, c: Call) -> Formula:
        """A page appears in a client only by an answer of the pager, to a thread that had faulted there."""
        new = And(self.client(owner(x)), after.phys(x, r), Not(self.phys(x, r)))
        faulted = And(self.space(c.other) == owner(x), self.sent(c.other, self.me, self.fault(x)))
        return ForAll([x, r], Implies(new, And(c.actor == self.me, faulted)))

    @invariant
    def current(self) -> Formula:
        """A client's window is where it faulted, open to the pager, which knows of no other fault of that thread."""
        mine = And(self.client(self.space(t)), self.window(t, x))
        called = And(self.sent(t, self.me, self.fault(x)), Implies(self.awaits(t, i), i == self.ident(self.me)))
        return ForAll([t, i, x, y], Implies(mine, And(called, Implies(self.knows(t, y), x == y))))

    @invariant
    def placed(self) -> Formula:
        """The pager's thread is in its space."""
        return And(self.existed(self.me), self.space(self.me) == self.backer)


class Forgetful(PageFaults):
    """Wrong: the pager keeps no note of who faulted where, and answers whoever waits with any page."""

    @rule("send_map")
    def answer(self, c: Call) -> Do:
        """Wrong: whatever it knows."""
        return super().answer(c).without("as_it_knows")


class WrongThread(PageFaults):
    """Wrong: the pager answers one thread with the page of another one."""

    @rule("send_map")
    def answer(self, c: Call) -> Do:
        """Wrong: where anybody faulted."""
        done = super().answer(c).without("as_it_knows")
        known = Exists([t, y], And(self.existed(t), self.knows(t, y), self.shows(c.src, lambda r: self.backs(r, y))))
        return Do({**done.conditions, "as_it_knows": known}, done.adds, done.removes)


class StaleNotes(PageFaults):
    """Wrong: notes stay when their thread has given up its fault."""

    @rule("wait")
    def listen(self, c: Call) -> Do:
        """Wrong: nothing is struck."""
        done = super().listen(c)
        return Do(done.conditions, done.adds)


class Begging(PageFaults):
    """Wrong: clients open windows to whom they like, without a fault."""

    @rule("wait")
    def rest(self, c: Call) -> Do:
        """Wrong: with any window."""
        return super().rest(c).without("no_window")
