"""Interrupt lines: devices raise them, a controller masks, routes and delivers them, one at a time to a core.

The controller keeps three bits a line, as the 8259A does (Intel 8259A data sheet, "Interrupt Request Register (IRR) and
In-Service Register (ISR)", "Interrupt Mask Register (IMR)"), and for each the core that it goes to, as an I/O APIC does
(Intel 82093AA data sheet, 3.2.4, the destination field of a redirection entry). Lines are level-triggered (8259A, LTIM
of ICW1): a request is there as long as the device keeps its line raised, so what is masked is late and not lost.
"""

from collections.abc import Sequence


class InterruptController:
    """Lines 0, 1, ...; the lower the number, the higher the priority (8259A, "Fully Nested Mode").

    :param lines: how many there are; all are low and masked at first.
    :param route: to which core each goes, by the core's number; by default all to core 0.
    :raises ValueError: no line, or a route that does not give one core for each.

    >>> controller = InterruptController(2)
    >>> controller.unmask(1)
    >>> controller.set_level(1, raised=True)
    >>> controller.acknowledge(core=0), controller.acknowledge(core=0)
    (1, None)
    """

    __slots__ = ("_in_service", "_masked", "_raised", "_route")

    def __init__(self, lines: int, route: Sequence[int] = ()) -> None:
        """No device asks for anything."""
        if lines < 1 or len(route) not in (0, lines):
            raise ValueError(f"{lines} lines, {len(route)} routes: give at least one line, and a core for each or none")
        self._route = list(route) or [0] * lines
        self._raised, self._masked, self._in_service = [False] * lines, [True] * lines, [False] * lines

    @property
    def count(self) -> int:
        """Count the lines."""
        return len(self._masked)

    def set_level(self, line: int, *, raised: bool) -> None:
        """The device raises its line, or lowers it since it got what it wanted."""
        self._raised[line] = raised

    def is_raised(self, line: int) -> bool:
        """Return whether the device wants something."""
        return self._raised[line]

    def mask(self, line: int) -> None:
        """The line is not delivered until it is unmasked (8259A, OCW1)."""
        self._masked[line] = True

    def unmask(self, line: int) -> None:
        """The line is delivered if it is raised, at once or later."""
        self._masked[line] = False

    def is_masked(self, line: int) -> bool:
        """Return whether the line is not delivered."""
        return self._masked[line]

    def acknowledge(self, core: int) -> int | None:
        """The line that interrupts the core now, in service from here on; none if no line may (8259A, INTA sequence).

        A line in service keeps all lines of its own and of lower priority from its core.
        """
        for line, goes_to in enumerate(self._route):
            if goes_to == core:
                if self._in_service[line]:
                    return None
                if self._raised[line] and not self._masked[line]:
                    self._in_service[line] = True
                    return line
        return None

    def end(self, line: int) -> None:
        """The line is in service no more (8259A, specific EOI); if it is still raised and unmasked, it comes again."""
        self._in_service[line] = False
