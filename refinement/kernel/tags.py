"""Address-space tags: fewer than spaces, so they are given out, taken away and given out again."""

from collections.abc import Sequence

from machine.core import Core


class Tags:
    """Tags 1 ... ``count`` for the spaces of a kernel; with untagged buffers every space has tag 0 for good.

    :raises ValueError: not one tag more than there are cores, so that one can always be taken from a space in which
        no core executes.
    """

    def __init__(self, spaces: int, count: int, cores: Sequence[Core]) -> None:
        """No space has a tag yet."""
        self._cores = cores
        self._tagged = cores[0].tlb.tagged
        if self._tagged and count <= len(cores):
            raise ValueError(f"{count} tags for {len(cores)} cores: give at least {len(cores) + 1}")
        self._of: list[int | None] = [None if self._tagged else 0] * spaces
        # In the order in which they were given out; the first in line is the first to be taken away.
        self._queue = list(range(1, count + 1)) if self._tagged else []
        self._holder: dict[int, int] = {}

    def current(self, space: int) -> int | None:
        """The space's tag; without one, no buffer translates anything of the space."""
        return self._of[space]

    def of(self, space: int, core: Core) -> int:
        """The space's tag, for the core to execute with; if it has none, another space may lose its own."""
        tag = self._of[space]
        if tag is not None:
            return tag
        given = self._next(core)
        loser = self._holder.get(given)
        if loser is not None:
            self._of[loser] = None
            self.retire(given)
        self._of[space] = given
        self._holder[given] = space
        return given

    def _next(self, core: Core) -> int:
        """The first tag in line with which no other core executes; it is the last in line then."""
        place = 0
        while self._in_use(self._queue[place], core):
            place += 1
        tag = self._queue.pop(place)
        self._queue.append(tag)
        return tag

    def _in_use(self, tag: int, core: Core) -> bool:
        """Some other core executes with the tag."""
        for other in self._cores:  # noqa: SIM110 - what a proof executes is written without generators
            if other != core and other.tag == tag:
                return True
        return False

    def retire(self, tag: int) -> None:
        """No core's buffer translates anything under the tag any more."""
        for core in self._cores:
            core.tlb.invalidate_tag(tag)
