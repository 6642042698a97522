"""S2: Fig. 1. F unifies file systems on a standard pager for its users; by granting it stays out of the books."""

from typing import Any

from z3 import And, ForAll, Implies, Not, Or

from model.messages.vocabulary import Call, Space, p
from model.servers.description import (
    Do,
    Named,
    Subsystem,
    constant,
    ensures,
    guarantee,
    invariant,
    machine_with,
    relation,
    rule,
    when,
)
from model.servers.idioms import Spaces, among
from model.signature import Formula, Term
from model.spaces.vocabulary import a, owner, r, sigma0, x


class UnifiedFiles(Subsystem):
    """F hands on what file systems map to it: a flush of theirs reaches the user, one of F's own does not."""

    clause = "S2"
    machine = machine_with(Thread=5, Id=5, Space=5, Slot=5)
    unifier = constant(Space, meaning="F, which unifies the file systems")
    standard = constant(Space, meaning="the standard pager")
    user = constant(Space, meaning="the user of F")
    files = relation(p, meaning="the space is a file system, f₁ or f₂")

    def members(self, space: Term) -> Formula:
        """σ₀, the pager, the file systems, F and its user."""
        return Or(among(sigma0, self.standard, self.unifier, self.user)(space), self.files(space))

    @property
    def upward(self) -> tuple[tuple[Spaces, Spaces], ...]:
        """From whom the pages of each come, in one step."""
        lower = ((self.unifier, self.files), (self.user, self.unifier))
        return ((self.files, self.standard), (self.standard, sigma0), *lower)

    def assume(self) -> Named:
        """Nobody plays two parts."""
        one = [sigma0, self.standard, self.unifier, self.user]
        return {
            "they_differ": And(*(one[m] != one[n] for n in range(4) for m in range(n))),
            "none_is_a_file_system": And(*(Not(self.files(each)) for each in one)),
        }

    def start(self) -> Named:
        """Nothing was handed out yet."""
        return {"only_the_root_has_pages": self.only_root_has_pages(), "no_windows": self.no_windows()}

    @rule("wait")
    def listen(self, c: Call) -> Do:
        """Each opens windows to those that its pages come from."""
        return when(windows_face_upward=self.faces_by(c, *self.upward))

    @rule("send")
    def talk(self, c: Call) -> Do:
        """Members talk, and open no window by it."""
        return when(no_window=self.closed(c))

    @rule("send_map")
    def give(self, c: Call) -> Do:
        """Everybody maps, but for F and the user."""
        neither = And(Not(self.by(c, self.unifier)), Not(self.by(c, self.user)))
        return when(neither_f_nor_user=neither, no_window=self.closed(c))

    @rule("send_grant")
    def hand_on(self, c: Call) -> Do:
        """F grants to the user."""
        return when(by_f=self.by(c, self.unifier), to_user=self.to(c, self.user), no_window=self.closed(c))

    @rule("flush")
    def take(self, c: Call) -> Do:
        """Everybody may flush pages, whole."""
        return when(every_right=ForAll([a], c.mask(a)))

    @guarantee
    def out_of_the_books(self) -> Formula:
        """A page of the user derives from file systems, the standard pager and σ₀, and from nobody else: F is out."""
        books = lambda p: Or(self.files(p), among(self.standard, sigma0)(p))  # noqa: E731
        return self.chain(among(self.user), books)

    @ensures("take")
    def spares_the_user(self, after: Any, c: Call) -> Formula:
        """A flush by F changes nothing of the user's."""
        same = ForAll([r], after.phys(x, r) == self.phys(x, r))
        return ForAll([x], Implies(And(self.by(c, self.unifier), owner(x) == self.user), same))

    @ensures("take")
    def reaches_the_user(self, after: Any, c: Call) -> Formula:
        """A flush, by a file system as by others, takes the page from all that have it from there, the user as well."""
        return ForAll([x], Implies(self.derives(x, c.src), Not(after.live(x))))

    @invariant
    def consent(self) -> Formula:
        """Windows face upward only."""
        return And(self.facing_by(*self.upward), self.sealed(sigma0))

    @invariant
    def levels(self) -> Formula:
        """Pages derive from the levels above."""
        pager = among(self.standard, sigma0)
        return And(
            self.chain(among(sigma0), lambda p: p != p),
            self.chain(among(self.standard), among(sigma0)),
            self.chain(self.files, pager),
            self.chain(among(self.unifier), lambda p: Or(self.files(p), pager(p))),
        )


class MappedOn(UnifiedFiles):
    """Wrong: F maps what it should grant, and so stays in the books."""

    machine = machine_with(Thread=5, Id=5, Space=5, Slot=5, Right=1, Word=1, Number=1)

    @rule("send_map")
    def give(self, c: Call) -> Do:
        """Wrong: F maps too."""
        return when(not_the_user=Not(self.by(c, self.user)), no_window=self.closed(c))


class OpenUser(UnifiedFiles):
    """Wrong: the user opens windows to anybody."""

    @rule("wait")
    def listen(self, c: Call) -> Do:
        """Wrong: the user faces everybody."""
        return when(windows=Or(self.by(c, self.user), self.faces_by(c, *self.upward)))


class HalfFlushed(UnifiedFiles):
    """Wrong: a flush takes some rights only."""

    @rule("flush")
    def take(self, c: Call) -> Do:
        """Wrong: any rights."""
        return super().take(c).without("every_right")
