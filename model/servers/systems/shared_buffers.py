"""S6: buffers shared with remote partners: the communication server acts as a pager of what came over the wire."""

from z3 import And, ForAll, Implies, Not, Or

from model.messages.vocabulary import Call, Space, Thread, w
from model.servers.description import Do, Named, Subsystem, constant, guarantee, invariant, relation, rule, when
from model.servers.idioms import among, nobody
from model.signature import Formula, Term
from model.spaces.vocabulary import owner, r, sigma0, x


class SharedBuffers(Subsystem):
    """Who reads a buffer, reads what came over the wire, as the remote clients do."""

    clause = "S6"
    server = constant(Space, meaning="the space of the communication server")
    proxy = constant(Thread, meaning="its thread that stands for the remote one")
    wire = constant(Thread, meaning="the thread of the network driver")
    buffer = relation(r, meaning="the frame is for buffers")

    def members(self, space: Term) -> Formula:
        """σ₀, which gives the frames, and the server."""
        return among(sigma0, self.server)(space)

    def assume(self) -> Named:
        """Nobody plays two parts."""
        return {"they_differ": self.server != sigma0}

    def start(self) -> Named:
        """Nothing was given away, and buffers are empty."""
        empty = ForAll([r, w], Implies(self.buffer(r), Not(self.contains(r, w))))
        root = self.only_root_has_pages()
        return {"only_the_root_has_pages": root, "no_windows": self.no_windows(), "buffers_are_empty": empty}

    @rule("wait")
    def listen(self, c: Call) -> Do:
        """The server opens windows to σ₀, which opens none."""
        return when(windows_face_upward=Or(self.closed(c), self.by(c, self.server)))

    @rule("send")
    def talk(self, c: Call) -> Do:
        """Members talk, and open no window by it."""
        return when(no_window=self.closed(c))

    @rule("send_map")
    def give(self, c: Call) -> Do:
        """σ₀ maps frames of buffers to the server only."""
        others = self.shows(c.src, lambda r: Not(self.buffer(r)))
        to_it = Or(self.to(c, self.server), others)
        return when(by_the_root=self.by(c, sigma0), no_window=self.closed(c), to_the_server=to_it)

    @rule("send_map")
    def share(self, c: Call) -> Do:
        """The server maps buffers to anybody, for reading."""
        return when(by_the_server=self.by(c, self.server), for_reading=Not(c.mask(self.to_write)))

    @rule("write")
    def fill(self, c: Call) -> Do:
        """The server writes into buffers what the driver has sent to the proxy."""
        came = Implies(self.buffer(c.frame), self.sent(self.wire, self.proxy, c.word))
        return when(by_the_server=self.by(c, self.server), it_came=came)

    @guarantee
    def as_sent(self) -> Formula:
        """What stands in a buffer came over the wire."""
        here = And(self.buffer(r), self.contains(r, w))
        return ForAll([r, w], Implies(here, self.sent(self.wire, self.proxy, w)))

    @guarantee
    def read_only(self) -> Formula:
        """Nobody else can write a buffer."""
        shown = And(self.buffer(r), self.phys(x, r), Not(self.members(owner(x))))
        return ForAll([x, r], Implies(shown, Not(self.right(x, self.to_write))))

    @invariant
    def rooted(self) -> Formula:
        """σ₀ has no window, and its pages come from nobody."""
        return And(self.sealed(sigma0), self.chain(sigma0, nobody))


class WritableBuffers(SharedBuffers):
    """Wrong: buffers are mapped for writing."""

    @rule("send_map")
    def share(self, c: Call) -> Do:
        """Wrong: with every right."""
        return super().share(c).without("for_reading")


class Scribbling(SharedBuffers):
    """Wrong: the server writes what did not come."""

    @rule("write")
    def fill(self, c: Call) -> Do:
        """Wrong: whatever it knows."""
        return super().fill(c).without("it_came")
