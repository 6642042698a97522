"""S5: a server that answers misses of a small translation table, of which each place holds one page."""

from z3 import And, DeclareSort, ForAll, Implies, Not, Or

from model.messages.vocabulary import Call, Space, p
from model.servers.description import (
    Do,
    Named,
    Subsystem,
    constant,
    function,
    ghost,
    guarantee,
    invariant,
    relation,
    rule,
    when,
)
from model.signature import Formula, Term
from model.spaces.vocabulary import a, owner, r, x, y

Place = DeclareSort("Place")


class TranslationServer(Subsystem):
    """The kernel's table needs one entry a place, and what stands there is what the server's own table has."""

    clause = "S5"
    server = constant(Space, meaning="the space of the server")
    client = relation(p, meaning="translations of the space are the server's to give")
    in_table = relation(x, r, meaning="the server's table has this frame for the page")
    falls_into = function(x, result=Place, meaning="the place of the kernel's table that the page falls into")
    standing = ghost(x, meaning="the server has put the page's translation into its place")

    def members(self, space: Term) -> Formula:
        """The server and its clients."""
        return Or(space == self.server, self.client(space))

    def assume(self) -> Named:
        """The server is no client of its own."""
        return {"the_server_is_no_client": Not(self.client(self.server))}

    def start(self) -> Named:
        """The kernel's table is empty of clients' pages."""
        empty = ForAll([x], Implies(self.client(owner(x)), Not(self.live(x))))
        return {"no_windows": self.no_windows(), "nothing_stands": empty}

    @rule("wait")
    def listen(self, c: Call) -> Do:
        """Members wait, and open no window."""
        return when(no_window=self.closed(c))

    @rule("page_fault")
    def miss(self, c: Call) -> Do:
        """A client touches a page that the table lacks, and the server is called."""
        return when(by_a_client=self.client(self.space(c.actor)), to_the_server=self.to(c, self.server))

    @rule("send_map")
    def refill(self, c: Call) -> Do:
        """The server answers from its table, into a place where nothing stands."""
        free = ForAll([y], Implies(self.falls_into(y) == self.falls_into(c.dst), Not(self.standing(y))))
        found = self.shows(c.src, lambda r: self.in_table(c.dst, r))
        done = when(by_the_server=self.by(c, self.server), no_window=self.closed(c), found=found, place_is_free=free)
        return done.then(standing=(c.dst,))

    @rule("flush")
    def evict(self, c: Call) -> Do:
        """The server takes what it mapped from one of its pages out of the table, whole."""
        done = when(by_the_server=self.by(c, self.server), every_right=ForAll([a], c.mask(a)))
        return done.forgets(standing=lambda x: self.derives(x, c.src))

    @guarantee
    def translated(self) -> Formula:
        """A client's page shows the frame that the server's table has for it."""
        return ForAll([x, r], Implies(And(self.client(owner(x)), self.phys(x, r)), self.in_table(x, r)))

    @guarantee
    def fits(self) -> Formula:
        """Of clients' pages that fall into one place one is there at most."""
        both = And(self.client(owner(x)), self.live(x), self.client(owner(y)), self.live(y))
        return ForAll([x, y], Implies(And(both, self.falls_into(x) == self.falls_into(y)), x == y))

    @invariant
    def noted(self) -> Formula:
        """The server knows what stands, alone in its place; clients' windows are open to it only."""
        alone = Implies(And(self.standing(x), self.standing(y), self.falls_into(x) == self.falls_into(y)), x == y)
        known = Implies(And(self.client(owner(x)), self.live(x)), self.standing(x))
        return And(ForAll([x, y], And(alone, known)), self.facing(self.client, self.server))


class Crowded(TranslationServer):
    """Wrong: the server does not look whether the place is taken."""

    @rule("send_map")
    def refill(self, c: Call) -> Do:
        """Wrong: taken or not."""
        return super().refill(c).without("place_is_free")


class HalfEvicted(TranslationServer):
    """Wrong: some rights may stay in the table, and the place counts as free."""

    @rule("flush")
    def evict(self, c: Call) -> Do:
        """Wrong: any rights."""
        return super().evict(c).without("every_right")


class Mistranslated(TranslationServer):
    """Wrong: the server answers with any page of its own."""

    @rule("send_map")
    def refill(self, c: Call) -> Do:
        """Wrong: whatever the table has."""
        return super().refill(c).without("found")
