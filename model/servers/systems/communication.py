"""S6: a communication server stands for a remote thread: what it says came over the wire, and nothing else."""

from z3 import And, Exists, ForAll, Implies, Not

from model.messages.vocabulary import Call, Space, Thread, t, w
from model.servers.description import Do, Named, Subsystem, constant, guarantee, invariant, rule, when
from model.signature import Formula, Term


class CommunicationServer(Subsystem):
    """Clients see the remote thread's messages, as if it were the server, and nobody else can speak for it."""

    clause = "S6"
    server = constant(Space, meaning="the space of the communication server")
    proxy = constant(Thread, meaning="its thread that stands for the remote one")
    wire = constant(Thread, meaning="the thread of the network driver")

    def members(self, space: Term) -> Formula:
        """The server alone."""
        return space == self.server

    def assume(self) -> Named:
        """The proxy is a program's thread."""
        return {"the_proxy_is_no_hardware": Not(self.hardware(self.proxy))}

    def start(self) -> Named:
        """The proxy runs in the server and has said nothing; the driver is elsewhere."""
        there = And(self.existed(self.proxy), self.space(self.proxy) == self.server)
        other = And(self.existed(self.wire), self.space(self.wire) != self.server)
        silent = ForAll([t, w], Not(self.sent(self.proxy, t, w)))
        return {"the_proxy_runs": there, "the_driver_is_elsewhere": other, "nothing_was_said": silent}

    @rule("wait")
    def listen(self, c: Call) -> Do:
        """The server waits, and opens no window."""
        return when(no_window=self.closed(c))

    @rule("send")
    def deliver(self, c: Call) -> Do:
        """The proxy hands on what came over the wire."""
        came = self.got(self.proxy, self.ident(self.wire), c.word)
        return when(by_the_proxy=c.actor == self.proxy, it_came=came, no_window=self.closed(c))

    @rule("send")
    def transmit(self, c: Call) -> Do:
        """The proxy puts on the wire what a client has said to it."""
        said = Exists([t], And(self.existed(t), t != self.wire, self.got(self.proxy, self.ident(t), c.word)))
        return when(
            by_the_proxy=c.actor == self.proxy, to_the_wire=c.other == self.wire, said=said, no_window=self.closed(c)
        )

    @guarantee
    def nothing_invented(self) -> Formula:
        """What the proxy has said to anybody but the driver, the driver had sent to the proxy."""
        return ForAll([t, w], Implies(And(self.sent(self.proxy, t, w), t != self.wire), self.came(w)))

    @guarantee
    def nothing_forged(self) -> Formula:
        """What the proxy has put on the wire was sent to it, by a client or over the wire."""
        said = Exists([t], self.sent(t, self.proxy, w))
        return ForAll([w], Implies(self.sent(self.proxy, self.wire, w), said))

    def came(self, word: Term) -> Formula:
        """The driver has sent the word to the proxy."""
        return self.sent(self.wire, self.proxy, word)

    @invariant
    def placed(self) -> Formula:
        """The proxy and the driver have begun, each in its space."""
        mine = And(self.existed(self.proxy), self.space(self.proxy) == self.server)
        return And(mine, self.existed(self.wire), self.space(self.wire) != self.server)


class Inventing(CommunicationServer):
    """Wrong: the proxy says what did not come."""

    @rule("send")
    def deliver(self, c: Call) -> Do:
        """Wrong: whatever it knows."""
        return super().deliver(c).without("it_came")


class Forging(CommunicationServer):
    """Wrong: the proxy puts on the wire what nobody has said."""

    @rule("send")
    def transmit(self, c: Call) -> Do:
        """Wrong: whatever it knows."""
        return super().transmit(c).without("said")
