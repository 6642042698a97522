"""Audits part by part: what is known when one is interrupted, and the status of each end."""

import pytest
from rich.console import Console

from proofs.commands.auditing.parts import OnPart, audited, exit_of
from proofs.engines.pool import Workers
from proofs.verdict import EXIT_ALARM, EXIT_INCOMPLETE, EXIT_INTERRUPTED, EXIT_PASSED


def test_what_was_known_is_kept_at_an_interrupt() -> None:
    def work(pool: Workers, begin: OnPart[int]) -> int:
        begin("one", 1)
        begin("two", 2)
        raise KeyboardInterrupt

    assert audited(0, work, 1, 10.0)[::2] == (2, True)


def test_what_an_audit_finds_is_what_it_returns() -> None:
    def work(pool: Workers, begin: OnPart[int]) -> int:
        begin("one", 1)
        return 7

    found, seconds, interrupted = audited(0, work, 1, 10.0)
    assert (found, interrupted) == (7, False)
    assert seconds >= 0


@pytest.mark.parametrize(
    ("interrupted", "alarm", "undecided", "status"),
    [
        (True, True, True, EXIT_INTERRUPTED),
        (False, True, True, EXIT_ALARM),
        (False, False, True, EXIT_INCOMPLETE),
        (False, False, False, EXIT_PASSED),
    ],
)
def test_each_end_has_its_status(interrupted: bool, alarm: bool, undecided: bool, status: int) -> None:
    console = Console(record=True, quiet=False)
    ended = exit_of(console, ("two", "three"), interrupted=interrupted, alarm=alarm, undecided=undecided)
    assert ended == status
    assert ("not audited: two, three" in console.export_text()) == interrupted
