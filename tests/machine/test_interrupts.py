"""Interrupt lines: masked ones wait, one in service keeps lower ones back, and nothing that is raised is lost."""

import pytest

from machine import InterruptController


def controller(*unmasked: int, route: tuple[int, ...] = ()) -> InterruptController:
    made = InterruptController(3, route)
    for line in unmasked:
        made.unmask(line)
    return made


def test_a_line_is_delivered_once_until_its_end() -> None:
    made = controller(1)
    assert made.acknowledge(0) is None
    made.set_level(1, raised=True)
    assert [made.acknowledge(0), made.acknowledge(0)] == [1, None]
    made.end(1)
    assert made.acknowledge(0) == 1  # the device still wants it
    made.end(1)
    made.set_level(1, raised=False)
    assert made.acknowledge(0) is None


def test_a_masked_line_is_late_and_not_lost() -> None:
    made = controller()
    made.set_level(2, raised=True)
    assert (made.acknowledge(0), made.is_raised(2), made.is_masked(2)) == (None, True, True)
    made.unmask(2)
    assert made.acknowledge(0) == 2
    made.mask(2)
    made.end(2)
    assert made.acknowledge(0) is None


def test_the_lower_number_goes_first_and_keeps_others_back() -> None:
    made = controller(0, 1, 2)
    made.set_level(2, raised=True)
    assert made.acknowledge(0) == 2
    for line in (0, 1):
        made.set_level(line, raised=True)
    assert made.acknowledge(0) == 0  # it interrupts the service of line 2
    assert made.acknowledge(0) is None  # and keeps line 1 back
    made.end(0)
    made.mask(0)
    assert made.acknowledge(0) == 1


def test_lines_go_to_their_cores() -> None:
    made = controller(0, 1, 2, route=(1, 0, 1))
    for line in range(3):
        made.set_level(line, raised=True)
    assert [made.acknowledge(core) for core in (0, 1, 2)] == [1, 0, None]


@pytest.mark.parametrize(("lines", "route"), [(0, ()), (2, (0,))])
def test_refused(lines: int, route: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="at least one line, and a core for each"):
        InterruptController(lines, route)
