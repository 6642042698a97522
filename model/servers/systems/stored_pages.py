"""S2: an external pager with its store: pages go out, and come back with what their client left in them."""

from z3 import And, ForAll, Implies, Not, Or

from model.messages.vocabulary import Call, Space, p, w
from model.servers.description import Do, Named, Subsystem, constant, ghost, guarantee, invariant, relation, rule, when
from model.servers.idioms import among, nobody
from model.signature import Formula, Term
from model.spaces.vocabulary import owner, q, r, sigma0, x, y


class StoredPages(Subsystem):
    """A client finds in its page what it left there, however often the page went out to the store and came back."""

    clause = "S2"
    keeper = constant(Space, meaning="the space of the pager, which keeps the store")
    client = relation(p, meaning="the space is paged by the pager")
    pool = relation(r, meaning="the frame is for the pager's clients")
    left = ghost(x, w, meaning="the client left the word in this page of its own")
    stored = ghost(x, w, meaning="the store has the word for this page")
    inside = ghost(x, meaning="the page is in memory, and perhaps newer than in the store")
    lies = ghost(x, r, meaning="the frame has that page in it")

    def members(self, space: Term) -> Formula:
        """σ₀, which gives the frames, the pager and its clients."""
        return Or(space == sigma0, space == self.keeper, self.client(space))

    def assume(self) -> Named:
        """Nobody plays two parts."""
        return {"they_differ": And(self.keeper != sigma0, Not(self.client(self.keeper)), Not(self.client(sigma0)))}

    def start(self) -> Named:
        """Nothing was given away yet."""
        return {"only_the_root_has_pages": self.only_root_has_pages(), "no_windows": self.no_windows()}

    @rule("wait")
    def listen(self, c: Call) -> Do:
        """The pager opens windows to σ₀, clients to the pager."""
        return when(windows_face_upward=self.faces_by(c, (self.client, self.keeper), (self.keeper, sigma0)))

    @rule("send_map")
    def give(self, c: Call) -> Do:
        """σ₀ maps frames of the pool to the pager only, where it has no page."""
        to_it = Or(And(self.to(c, self.keeper), Not(self.live(c.dst))), self.shows(c.src, lambda r: Not(self.pool(r))))
        return when(by_the_root=self.by(c, sigma0), no_window=self.closed(c), to_the_pager=to_it)

    @rule("send_map")
    def bring(self, c: Call) -> Do:
        """The pager maps a page to its client where it is missing: a frame that is free, filled as the store has it."""
        free = And(self.phys(c.src, c.frame), self.pool(c.frame), ForAll([x], Not(self.lies(x, c.frame))))
        as_stored = And(Not(self.inside(c.dst)), ForAll([w], self.contains(c.frame, w) == self.stored(c.dst, w)))
        missing = And(self.by(c, self.keeper), self.client(self.space(c.other)), Not(self.live(c.dst)), self.closed(c))
        done = when(where_it_is_missing=missing, a_free_frame=free, as_stored=as_stored)
        return done.then(inside=(c.dst,), lies=(c.dst, c.frame))

    @rule("flush")
    def take(self, c: Call) -> Do:
        """The pager takes a page from its client, or rights to it."""
        return when(by_the_pager=self.by(c, self.keeper))

    @rule("read")
    def save(self, c: Call) -> Do:
        """The pager copies to the store a page that was taken, and its frame is free."""
        done = when(by_the_pager=self.by(c, self.keeper), taken=ForAll([x], Not(self.shown(x, c.frame))))
        there = dict.fromkeys(("stored", "inside", "lies"), lambda x, *_: self.lies(x, c.frame))
        return done.forgets(**there).then(stored=lambda x, w: And(self.lies(x, c.frame), self.contains(c.frame, w)))

    @rule("write")
    def fill(self, c: Call) -> Do:
        """The pager writes into a frame that is free."""
        return when(by_the_pager=self.by(c, self.keeper), free=ForAll([x], Not(self.lies(x, c.frame))))

    @rule("write")
    def use(self, c: Call) -> Do:
        """A client writes into its page."""
        done = when(by_a_client=self.client(self.space(c.actor)))
        return done.forgets(left=lambda x, w: And(x == c.src, Not(c.keeps(w)))).then(left=(c.src, c.word))

    def shown(self, slot: Term, frame: Term) -> Formula:
        """A client has the frame there."""
        return And(self.client(owner(slot)), self.phys(slot, frame))

    @guarantee
    def as_left(self) -> Formula:
        """What a client left in a page it finds there, and where the page is out, the store has it."""
        here = Implies(self.shown(x, r), self.contains(r, w) == self.left(x, w))
        return ForAll([x, r, w], And(here, Implies(Not(self.inside(x)), self.stored(x, w) == self.left(x, w))))

    @invariant
    def frames(self) -> Formula:
        """What a client shows is in its frame; a page has one frame, of the pool, with one page, as it was left."""
        one = And(Implies(self.lies(y, r), x == y), Implies(self.lies(x, q), q == r), self.inside(x), self.pool(r))
        same = Implies(self.lies(x, r), And(one, self.contains(r, w) == self.left(x, w)))
        return ForAll([x, y, r, q, w], And(same, Implies(self.shown(x, r), self.lies(x, r))))

    @invariant
    def upward(self) -> Formula:
        """Windows and pages of members face upward, and frames of the pool show nowhere else."""
        up = And(self.facing_by((self.client, self.keeper), (self.keeper, sigma0)), self.sealed(sigma0))
        down = And(self.chain(self.client, among(sigma0, self.keeper)), self.chain(self.keeper, sigma0))
        return And(up, down, self.chain(sigma0, nobody), self.only_in(self.members, self.pool))


class Overwriting(StoredPages):
    """Wrong: the pager fills a frame that a page is in."""

    @rule("write")
    def fill(self, c: Call) -> Do:
        """Wrong: free or not."""
        return super().fill(c).without("free")


class Hasty(StoredPages):
    """Wrong: the pager saves a page while its client can write it."""

    @rule("read")
    def save(self, c: Call) -> Do:
        """Wrong: taken or not."""
        return super().save(c).without("taken")


class AnyFrame(StoredPages):
    """Wrong: the pager brings whatever is in a frame."""

    @rule("send_map")
    def bring(self, c: Call) -> Do:
        """Wrong: as the store has it or not."""
        return super().bring(c).without("as_stored")
