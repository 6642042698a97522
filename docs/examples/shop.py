"""A shop that sells tickets: words that it makes up, each to one customer."""

from musigma.servers import (
    And,
    Call,
    ForAll,
    Implies,
    Not,
    Space,
    Subsystem,
    Thread,
    constant,
    ghost,
    guarantee,
    i,
    j,
    rule,
    w,
    when,
)  # fmt: skip


class Shop(Subsystem):
    """Each ticket is sold once."""

    shop = constant(Space)
    clerk = constant(Thread)
    ticket = ghost(w, meaning="the shop has printed the word as a ticket")
    sold = ghost(w, i, meaning="the ticket was sold to who is called i")

    def members(self, space):
        return space == self.shop

    def start(self):
        return {"the_clerk_is_there": And(self.existed(self.clerk), self.space(self.clerk) == self.shop)}

    @rule("wait")
    def listen(self, c: Call):
        """The clerk waits, and opens no window."""
        return when(no_window=self.closed(c))

    @rule("think")
    def print_ticket(self, c: Call):
        """The shop prints a ticket."""
        return when().then(ticket=(c.word,))

    @rule("send")
    def sell(self, c: Call):
        """The clerk hands out a ticket that was not sold."""
        unsold = ForAll([i], Not(self.sold(c.word, i)))
        return when(a_ticket=self.ticket(c.word), unsold=unsold).then(sold=(c.word, self.ident(c.other)))

    @guarantee
    def once(self):
        """No ticket is sold to two."""
        return ForAll([w, i, j], Implies(And(self.sold(w, i), self.sold(w, j)), i == j))

    @guarantee
    def printed(self):
        """What is sold was printed."""
        return ForAll([w, i], Implies(self.sold(w, i), self.ticket(w)))


class Oversold(Shop):
    """Wrong: the clerk does not look whether a ticket was sold."""

    @rule("send")
    def sell(self, c: Call):
        """Whatever was sold."""
        return super().sell(c).without("unsold")
