"""Pages with one owner, in the way of FF-A; check the class with musigma check --ownership ffa owned.py:OwnedPages."""

DONE, REFUSED = 0, 1
OWNS, BORROWS, ACCESSES = 1, 2, 4


class OwnedPages:
    def __init__(self, parties, pages):
        self.owner = [0] * pages
        self.is_lent = [False] * pages
        self.borrowers = [set() for _ in range(pages)]
        self.retrieved = [set() for _ in range(pages)]

    def donate(self, by, other, page):
        if self.owner[page] != by or other == by or self.borrowers[page]:
            return REFUSED
        self.owner[page] = other
        return DONE

    def lend(self, by, other, page):
        return self._offer(by, other, page, is_lent=True)

    def share(self, by, other, page):
        return self._offer(by, other, page, is_lent=False)

    def _offer(self, by, other, page, is_lent):
        if self.owner[page] != by or other == by or other in self.borrowers[page]:
            return REFUSED
        if self.borrowers[page] and self.is_lent[page] != is_lent:
            return REFUSED
        self.is_lent[page] = is_lent
        self.borrowers[page].add(other)
        return DONE

    def retrieve(self, by, page):
        if by not in self.borrowers[page] or by in self.retrieved[page]:
            return REFUSED
        self.retrieved[page].add(by)
        return DONE

    def relinquish(self, by, page):
        if by not in self.retrieved[page]:
            return REFUSED
        self.retrieved[page].remove(by)
        return DONE

    def reclaim(self, by, other, page):  # other is None: in this dialect a reclaim ends all loans
        if self.owner[page] != by or not self.borrowers[page] or self.retrieved[page]:
            return REFUSED
        self.borrowers[page].clear()
        return DONE

    def has(self, party, page):
        if party in self.borrowers[page]:
            return BORROWS + ACCESSES * (party in self.retrieved[page])
        if party != self.owner[page]:
            return 0
        is_away = self.is_lent[page] and self.borrowers[page]
        return OWNS + (0 if is_away else ACCESSES)
