"""S6: local and remote partners see the same: a server hands on all that the two say, and nothing else."""

from typing import Any

from z3 import And, ForAll, Implies, Not, Or

from model.messages.vocabulary import Call, Space, Thread, i, t, w
from model.servers.description import Do, Named, Subsystem, constant, ensures, guarantee, invariant, rule, when
from model.signature import Formula, Term


class RemotePartner(Subsystem):
    """A thread and its remote partner, client and server in either order, see what they would see in one place."""

    clause = "S6"
    server = constant(Space, meaning="the space of the communication server")
    proxy = constant(Thread, meaning="its thread that stands for the remote partner")
    wire = constant(Thread, meaning="the thread of the network driver, which hands on what the remote partner says")
    near = constant(Thread, meaning="the local partner")

    def members(self, space: Term) -> Formula:
        """The server alone."""
        return space == self.server

    def assume(self) -> Named:
        """There are three of them."""
        three = And(self.near != self.wire, self.proxy != self.near, self.proxy != self.wire)
        return {"the_proxy_is_no_hardware": Not(self.hardware(self.proxy)), "they_differ": three}

    def start(self) -> Named:
        """All are there, and nothing was said."""
        to_it, by_it = self.sent(t, self.proxy, w), self.sent(self.proxy, t, w)
        silent = ForAll([t, i, w], Not(Or(to_it, by_it, self.got(self.proxy, i, w), self.awaits(self.proxy, i))))
        return {"they_run": self.there(), "nothing_was_said": silent}

    def there(self) -> Formula:
        """All have begun, the proxy in the server."""
        three = And(self.existed(self.proxy), self.existed(self.wire), self.existed(self.near))
        return And(three, self.space(self.proxy) == self.server)

    def in_hand(self, partner: Term, word: Term) -> Formula:
        """The proxy holds the word, which it has from there."""
        return self.got(self.proxy, self.ident(partner), word)

    def for_partners(self, c: Call) -> Formula:
        """The proxy acts, opens no window, and waits for none but the two."""
        either = Or(i == self.ident(self.near), i == self.ident(self.wire))
        return And(c.actor == self.proxy, self.closed(c), ForAll([i], Implies(c.willing(i), either)))

    @rule("wait")
    def listen(self, c: Call) -> Do:
        """The proxy waits when it holds nothing."""
        return when(for_partners=self.for_partners(c), empty_handed=ForAll([i, w], Not(self.got(self.proxy, i, w))))

    @rule("send")
    def hand_on(self, c: Call) -> Do:
        """The proxy hands on to the one what the other has said."""
        inward = And(c.other == self.near, self.in_hand(self.wire, c.word))
        outward = And(c.other == self.wire, self.in_hand(self.near, c.word))
        partner = Or(c.other == self.near, c.other == self.wire)
        return when(for_partners=self.for_partners(c), to_a_partner=partner, from_the_other=Or(inward, outward))

    def passed(self, mine: Term, theirs: Term) -> Formula:
        """What the one has said to the proxy is what the proxy has said to the other, or still holds."""
        on = Or(self.sent(self.proxy, theirs, w), self.in_hand(mine, w))
        return ForAll([w], self.sent(mine, self.proxy, w) == on)

    @guarantee
    def alike(self) -> Formula:
        """What a partner says locally the other one is sent remotely, and conversely, but for what is on its way."""
        return And(self.passed(self.near, self.wire), self.passed(self.wire, self.near))

    @guarantee
    def private(self) -> Formula:
        """Nobody but the two hears any of it from the proxy."""
        return ForAll([t, w], Implies(self.sent(self.proxy, t, w), Or(t == self.near, t == self.wire)))

    @ensures()
    def in_order(self, after: Any, c: Call) -> Formula:
        """What the proxy holds it hands on before it takes anything else."""
        gone = And(self.got(self.proxy, i, w), Not(after.got(self.proxy, i, w)))
        return ForAll([i, w], Implies(gone, And(c.actor == self.proxy, after.sent(self.proxy, c.other, w))))

    @invariant
    def placed(self) -> Formula:
        """All have begun, and the proxy holds nothing from others."""
        others = And(self.got(self.proxy, i, w), i != self.ident(self.near), i != self.ident(self.wire))
        strangers = And(self.awaits(self.proxy, i), i != self.ident(self.near), i != self.ident(self.wire))
        return And(self.there(), ForAll([i, w], Not(Or(others, strangers))))


class Dropping(RemotePartner):
    """Wrong: the proxy waits for the next message though it still holds one."""

    @rule("wait")
    def listen(self, c: Call) -> Do:
        """Wrong: empty-handed or not."""
        return super().listen(c).without("empty_handed")


class MadeUp(RemotePartner):
    """Wrong: the proxy says what neither has said."""

    @rule("send")
    def hand_on(self, c: Call) -> Do:
        """Wrong: whatever it knows."""
        return super().hand_on(c).without("from_the_other")


class Overheard(RemotePartner):
    """Wrong: the proxy hands on to whoever waits."""

    @rule("send")
    def hand_on(self, c: Call) -> Do:
        """Wrong: to anybody."""
        return super().hand_on(c).without("to_a_partner", "from_the_other")
