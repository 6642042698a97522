"""S7: a Unix server that is the pager of its processes: fork by copy-on-write, through map and flush."""

from z3 import And, ForAll, Implies, Not, Or

from model.messages.vocabulary import Call, Space, p
from model.servers.description import Do, Named, Subsystem, constant, guarantee, invariant, relation, rule, when
from model.servers.idioms import among
from model.signature import Formula, Term
from model.spaces.vocabulary import owner, r, x, y


class UnixServer(Subsystem):
    """Processes may share a frame after a fork, and no process then writes what another one sees."""

    clause = "S7"
    server = constant(Space, meaning="the space of the Unix server")
    process = relation(p, meaning="the space is a process of the server's")

    def members(self, space: Term) -> Formula:
        """The server and its processes."""
        return Or(space == self.server, self.process(space))

    def assume(self) -> Named:
        """The server is no process."""
        return {"the_server_is_no_process": Not(self.process(self.server))}

    def start(self) -> Named:
        """Processes have no page yet."""
        empty = ForAll([x], Implies(self.process(owner(x)), Not(self.live(x))))
        return {"no_windows": self.no_windows(), "processes_are_empty": empty}

    @rule("wait")
    def listen(self, c: Call) -> Do:
        """Processes open windows to the server; the server opens one to its own pager where it has no page."""
        empty = And(self.by(c, self.server), ForAll([x], Implies(c.opens(x), Not(self.live(x)))))
        call = And(self.process(self.space(c.actor)), self.faces(c, among(self.server)))
        return when(windows=Or(self.closed(c), empty, call))

    @rule("send")
    def system_call(self, c: Call) -> Do:
        """Processes and the server talk, and open no window by it."""
        return when(no_window=self.closed(c))

    @rule("send_map")
    def fill(self, c: Call) -> Do:
        """The server maps to a process a page that no other process shows."""
        private = ForAll(
            [x, r],
            Implies(And(self.phys(c.src, r), self.phys(x, r), self.process(owner(x))), owner(x) == self.space(c.other)),
        )
        return when(by_the_server=self.by(c, self.server), to_a_process=self.to_process(c), not_shared=private)

    @rule("send_map")
    def share(self, c: Call) -> Do:
        """After a fork the server maps a page for reading, when no process can write it any more."""
        unwritten = ForAll(
            [x, r],
            Implies(
                And(self.phys(c.src, r), self.phys(x, r), self.process(owner(x))), Not(self.right(x, self.to_write))
            ),
        )
        return when(
            by_the_server=self.by(c, self.server),
            to_a_process=self.to_process(c),
            for_reading=Not(c.mask(self.to_write)),
            nobody_writes=unwritten,
        )

    @rule("flush")
    def protect(self, c: Call) -> Do:
        """The server takes rights from what it mapped: for writing before a fork, all when a page goes."""
        return when(by_the_server=self.by(c, self.server))

    def to_process(self, c: Call) -> Formula:
        """The partner is a process, and the sender opens no window."""
        return And(self.process(self.space(c.other)), self.closed(c))

    @guarantee
    def copy_on_write(self) -> Formula:
        """What two processes show, neither can write."""
        both = And(self.process(owner(x)), self.process(owner(y)), owner(x) != owner(y))
        shown = And(both, self.phys(x, r), self.phys(y, r))
        return ForAll([x, y, r], Implies(shown, Not(self.right(x, self.to_write))))

    @invariant
    def consent(self) -> Formula:
        """Processes' windows are open to the server only."""
        return self.facing(self.process, among(self.server))


class WritableFork(UnixServer):
    """Wrong: the parent keeps the right to write after a fork."""

    @rule("send_map")
    def share(self, c: Call) -> Do:
        """Wrong: whoever writes."""
        return super().share(c).without("nobody_writes")


class SharedFill(UnixServer):
    """Wrong: a page that another process shows is mapped for writing."""

    @rule("send_map")
    def fill(self, c: Call) -> Do:
        """Wrong: shared or not."""
        return super().fill(c).without("not_shared")
