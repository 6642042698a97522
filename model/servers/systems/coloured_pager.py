"""S5: a pager that allocates by cache colour."""

from z3 import And, Const, DeclareSort, ForAll, Implies, Not, Or

from model.messages.vocabulary import Call, Page, Space, p
from model.servers.description import (
    Do,
    Named,
    Subsystem,
    constant,
    function,
    guarantee,
    invariant,
    relation,
    rule,
    when,
)
from model.servers.idioms import among
from model.signature import Formula, Term
from model.spaces.vocabulary import owner, r, x

Colour = DeclareSort("Colour")
_page = Const("page", Page)


class ColouredPager(Subsystem):
    """A page of a client shows only frames of its own colour, so that neighbouring pages share no cache set."""

    clause = "S5"
    allocator = constant(Space, meaning="the space of the pager")
    client = relation(p, meaning="the space is paged by the pager")
    of_page = function(_page, result=Colour, meaning="the colour of the page")
    of_frame = function(r, result=Colour, meaning="the colour of the frame")

    def members(self, space: Term) -> Formula:
        """The pager and its clients."""
        return Or(space == self.allocator, self.client(space))

    def assume(self) -> Named:
        """The pager pages others."""
        return {"the_pager_is_no_client": Not(self.client(self.allocator))}

    def start(self) -> Named:
        """Clients have no page yet."""
        empty = ForAll([x], Implies(self.client(owner(x)), Not(self.live(x))))
        return {"no_windows": self.no_windows(), "clients_are_empty": empty}

    @rule("wait")
    def listen(self, c: Call) -> Do:
        """Clients open windows to the pager only."""
        from_pager = self.faces(c, among(self.allocator))
        return when(windows=Or(self.closed(c), self.by(c, self.allocator), from_pager))

    @rule("send_map")
    def allocate(self, c: Call) -> Do:
        """The pager maps a frame to a page of its colour."""
        matches = self.shows(c.src, lambda r: self.of_frame(r) == self.of_page(self.place(c.dst)))
        return when(by_the_pager=self.by(c, self.allocator), no_window=self.closed(c), of_its_colour=matches)

    @guarantee
    def coloured(self) -> Formula:
        """Every page of a client has a frame of its colour."""
        matches = self.of_frame(r) == self.of_page(self.place(x))
        return ForAll([x, r], Implies(And(self.client(owner(x)), self.phys(x, r)), matches))

    @invariant
    def consent(self) -> Formula:
        """Clients' windows are open to the pager only."""
        return self.facing(self.client, among(self.allocator))


class ColourBlind(ColouredPager):
    """Wrong: any frame will do."""

    @rule("send_map")
    def allocate(self, c: Call) -> Do:
        """Wrong: whatever its colour is."""
        return super().allocate(c).without("of_its_colour")


class SecondPager(ColouredPager):
    """Wrong: clients take pages from others too."""

    @rule("wait")
    def listen(self, c: Call) -> Do:
        """Wrong: windows to anybody."""
        return when()
