"""S8 (B.keyserver): a key server, and buyers that keep what they bought to themselves."""

from typing import Any

from z3 import And, ForAll, Implies, Not, Or

from model.messages.readings import CANONICAL_MESSAGES, Ids
from model.messages.vocabulary import Call, Space, Thread, Word, i, j, p, p2, t, w
from model.servers.description import (
    Do,
    Named,
    Subsystem,
    constant,
    ensures,
    ghost,
    guarantee,
    invariant,
    machine_with,
    relation,
    rule,
    when,
)
from model.signature import Formula, Term
from model.spaces.vocabulary import r, x


class KeyServer(Subsystem):
    """Each key is delivered once, to its demander, and who keeps a key to itself shares it with the server only."""

    clause = "S8"
    server = constant(Space, meaning="the space of the key server")
    me = constant(Thread, meaning="the thread of the server that sells")
    demand = constant(Word, meaning="the message that asks for a key")
    careful = relation(p, meaning="the space keeps the keys that it buys to itself")
    key = ghost(w, meaning="the word is a key that the server made")
    sold = ghost(w, i, meaning="the key was sold to who is called i")
    belongs = ghost(w, p, meaning="the key was sold to a thread of the space")

    def members(self, space: Term) -> Formula:
        """The server and its careful buyers."""
        return Or(space == self.server, self.careful(space))

    def assume(self) -> Named:
        """The words for demands, interrupts and page faults differ."""
        plain = And(self.demand != self.empty, ForAll([x], self.fault(x) != self.demand))
        return {"the_server_is_no_buyer": Not(self.careful(self.server)), "a_demand_is_nothing_else": plain}

    def start(self) -> Named:
        """The server has its thread."""
        return {"the_server_runs": And(self.existed(self.me), self.space(self.me) == self.server)}

    @rule("wait")
    def listen(self, c: Call) -> Do:
        """Members wait, and open no window."""
        return when(no_window=self.closed(c))

    @rule("think")
    def make_key(self, c: Call) -> Do:
        """The server makes up a word that is no message of another kind."""
        plain = And(c.word != self.demand, c.word != self.empty, ForAll([x], c.word != self.fault(x)))
        return when(by_the_server=self.by(c, self.server), no_message=plain).then(key=(c.word,))

    @rule("send")
    def deliver(self, c: Call) -> Do:
        """The server's thread sells a key to who demands one, and notes it."""
        by_me = And(c.actor == self.me, self.key(c.word), self.closed(c))
        unsold = ForAll([i], Not(self.sold(c.word, i)))
        done = when(a_key_by_me=by_me, demanded=self.got(self.me, self.ident(c.other), self.demand), unsold=unsold)
        return done.then(sold=(c.word, self.ident(c.other)), belongs=(c.word, self.space(c.other)))

    @rule("send")
    def ask(self, c: Call) -> Do:
        """A buyer sends what is no key."""
        return when(a_buyer=self.careful(self.space(c.actor)), no_key=Not(self.key(c.word)), no_window=self.closed(c))

    @guarantee
    def once(self) -> Formula:
        """No key is sold to two."""
        return ForAll([w, i, j], Implies(And(self.sold(w, i), self.sold(w, j)), i == j))

    @guarantee
    def to_demander(self) -> Formula:
        """Who was sold a key had demanded one."""
        buyer = And(self.sold(w, self.ident(t)), self.existed(t))
        return ForAll([t, w], Implies(buyer, self.sent(t, self.me, self.demand)))

    @ensures("deliver")
    def only_demander(self, after: Any, c: Call) -> Formula:
        """A key goes to a thread that demanded one."""
        return self.sent(c.other, self.me, self.demand)

    @guarantee
    def secret(self) -> Formula:
        """Nobody but the server knows a key before it is sold, and only its buyer afterwards, if that is careful."""
        private = ForAll([p2], Implies(And(self.belongs(w, p2), self.careful(p2)), p == p2))
        knows = And(self.key(w), self.has(p, w), p != self.server)
        return ForAll([p, w], Implies(knows, And(self.is_sold(w), private)))

    def is_sold(self, word: Term) -> Formula:
        """It was sold to somebody."""
        return Not(ForAll([i], Not(self.sold(word, i))))

    @invariant
    def unwritten(self) -> Formula:
        """A key stands in memory only after it was sold to who is not careful."""
        given_away = ForAll([p], Implies(self.belongs(w, p), Not(self.careful(p))))
        return ForAll([r, w], Implies(And(self.key(w), self.contains(r, w)), And(self.is_sold(w), given_away)))

    @invariant
    def books(self) -> Formula:
        """What is sold is a key, and no message of another kind; who sells it is the server."""
        named = ForAll([w, i], Implies(self.sold(w, i), And(self.named(i), self.key(w))))
        known = ForAll([w, p], Implies(self.belongs(w, p), self.is_sold(w)))
        plain = And(w != self.demand, w != self.empty, w != self.fault(x), self.has(self.server, w))
        mine = And(self.existed(self.me), self.space(self.me) == self.server)
        return And(named, known, ForAll([w, x], Implies(self.key(w), plain)), mine)


class TwiceSold(KeyServer):
    """Wrong: a key stays on sale."""

    @rule("send")
    def deliver(self, c: Call) -> Do:
        """Wrong: whatever was sold."""
        return super().deliver(c).without("unsold")


class ToAnybody(KeyServer):
    """Wrong: whoever waits gets a key, demanded or not."""

    @rule("send")
    def deliver(self, c: Call) -> Do:
        """Wrong: whoever waits."""
        return super().deliver(c).without("demanded")


class IdsReused(KeyServer):
    """The right server on a kernel that gives an id again when its thread has ended."""

    machine = machine_with(Space=3, Slot=1, Right=1, Word=3, Number=1)

    messages = CANONICAL_MESSAGES.reading(ids=Ids.REUSED)
