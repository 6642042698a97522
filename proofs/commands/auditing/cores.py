"""``musigma audit --protocol NAME``: which conditions of a protocol of many cores, and of its proof, are needed."""

from pathlib import Path

from model.scope import ArgumentError
from proofs.commands.auditing.parts import audited, exit_of
from proofs.commands.exploring.cores import protocol_asked
from proofs.commands.shared.common import UsageError, write_json

OF_IT = ("--protocol", "--json", "--jobs", "--timeout")
"""The options that such an audit has a use for."""


def audit_protocol(name: str, json: Path | None, jobs: int | None, timeout: float) -> int:
    """Audit, print and write; the exit status."""
    from rich.console import Console

    from proofs.audits.cores import CoreAudit, Need, audit_cores
    from proofs.report.writers.core_audit_report import core_audit_json, print_core_audit

    protocol, console = protocol_asked(name), Console()
    try:
        found, seconds, interrupted = audited(
            CoreAudit(protocol), lambda pool, begin: audit_cores(protocol, pool, on_part=begin), jobs, timeout
        )
    except ArgumentError as error:
        raise UsageError(str(error)) from None
    print_core_audit(console, found, seconds)
    write_json(json, core_audit_json(found, seconds))
    alarm = any(part.need == Need.ALARM for part in found.undecided)
    return exit_of(console, found.left, interrupted=interrupted, alarm=alarm, undecided=bool(found.undecided))
