"""Anybody's mapping database against the model: a shared library, a Python class or a command.

:func:`check` searches for a difference and returns a report; :func:`replay` runs one program again;
:func:`find_dialect` tells which readings a target has. They print nothing. The target runs in processes of its own.
"""

from refinement.check.driver.program import program_of
from refinement.check.driver.steps import parse_steps
from refinement.check.finding.finding import Conformance, Failure, Finding
from refinement.check.finding.message_artefacts import as_c, as_json, as_pytest, as_text
from refinement.check.finding.message_finding import MessageFinding
from refinement.check.finding.ownership_differences import OwnershipDifferencesReport
from refinement.check.finding.ownership_finding import OwnershipFinding, OwnershipReplay, OwnershipReport
from refinement.check.finding.range_finding import RangeFinding, RangeReport
from refinement.check.finding.report import CheckReport
from refinement.check.process.isolation import Limits, ToolError
from refinement.check.search.dialects import DialectReport, find_dialect
from refinement.check.search.engine import ReplayReport, StepAnswer, ask, check, replay
from refinement.check.search.messages.engine import MessageReplay, replay_messages
from refinement.check.search.ownership.check import check_ownership, replay_ownership
from refinement.check.search.ownership.collect import collect_ownership
from refinement.check.search.ownership.dialects import OwnershipDialectReport, find_ownership_dialect
from refinement.check.search.ranges.asking import RangeAnswer, ask_ranges
from refinement.check.search.ranges.check import check_ranges, is_sized
from refinement.check.search.ranges.dialects import RangeDialectReport, find_range_dialect
from refinement.check.search.ranges.replay import RangeReplay, replay_ranges
from refinement.check.target.target import Target, TargetError, command_target, parse_target

__all__ = [
    "CheckReport",
    "Conformance",
    "DialectReport",
    "Failure",
    "Finding",
    "Limits",
    "MessageFinding",
    "MessageReplay",
    "OwnershipDialectReport",
    "OwnershipDifferencesReport",
    "OwnershipFinding",
    "OwnershipReplay",
    "OwnershipReport",
    "RangeAnswer",
    "RangeDialectReport",
    "RangeFinding",
    "RangeReplay",
    "RangeReport",
    "ReplayReport",
    "StepAnswer",
    "Target",
    "TargetError",
    "ToolError",
    "as_c",
    "as_json",
    "as_pytest",
    "as_text",
    "ask",
    "ask_ranges",
    "check",
    "check_ownership",
    "check_ranges",
    "collect_ownership",
    "command_target",
    "find_dialect",
    "find_ownership_dialect",
    "find_range_dialect",
    "is_sized",
    "parse_steps",
    "parse_target",
    "program_of",
    "replay",
    "replay_messages",
    "replay_ownership",
    "replay_ranges",
]
