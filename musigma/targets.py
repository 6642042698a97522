"""The commands that run databases, traces and logs, as functions: each returns a value that prints well."""

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from model.cores.trace import CoreTrace, is_core_trace
from model.messages.trace import MessageTrace, is_message_trace
from model.plain_json import values_in
from model.spaces.dialect import CANONICAL, Dialect
from model.trace import Trace
from musigma.checks import Check, Monitored, Race, Replay
from musigma.named import Named, dialect_of, known_by_name
from proofs.input.naming import parse_messages
from proofs.input.sizes import parse_size

if TYPE_CHECKING:
    from refinement.check.driver.steps import Recorded


def check(
    target: "str | os.PathLike[str] | None" = None,
    *,
    command: str | None = None,
    dialect: Named = CANONICAL,
    messages: str = "canonical",
    seconds: float = 30.0,
    seed: int | None = None,
    jobs: int = 1,
    hang: float = 5.0,
    memory: int | str = "1G",
) -> Check:
    """Check a mapping database against the model.

    :param target: a shared library, or ``file.py:Class``.
    :param command: a program that speaks JSON lines, instead.
    :param dialect: ``auto`` to find it.
    :param messages: the dialect of threads and messages, if the target offers them.
    :param hang: seconds after which a call hangs.
    :param memory: that the target may use, as in ``"512M"``; a number alone is of MiB.
    :raises TargetError: the target does not have the interface.
    :raises ToolError: the tool failed, and nothing is known.
    """
    from refinement.check import Limits, find_dialect
    from refinement.check import check as check_target
    from refinement.check.search.dialects import ALL_CHANGES

    database, limits = _target(target, command), Limits(hang=hang, memory=parse_size(memory))
    found = find_dialect(database, limits=limits, changes=ALL_CHANGES) if dialect == "auto" else None
    chosen = found.dialect if found else dialect_of(dialect)
    talk = parse_messages(messages)
    report = check_target(database, chosen, messages=talk, seconds=seconds, seed=seed, jobs=jobs, limits=limits)
    return Check(report, database, limits, found)


def race(
    target: "str | os.PathLike[str]",
    *,
    threads: int = 2,
    cc: str | None = None,
    dialect: Named = CANONICAL,
    seconds: float = 30.0,
    seed: int | None = None,
    jobs: int = 1,
    data_races: bool = False,
    may_refuse: bool = False,
    thread_sanitizer: bool = False,
    hang: float = 5.0,
    memory: int | str = "1G",
) -> Race:
    """Check a mapping database in C that several threads call, under schedules that are chosen.

    :param target: a source in C, or a shared library compiled with ``-fsanitize=thread``.
    :param cc: how a source is compiled, as in ``"cc -O1"``.
    :param data_races: two accesses, one of them a write, that nothing orders are a finding, too.
    :param may_refuse: a call that overlaps another may be refused without a reason.
    :param thread_sanitizer: compile a source with ThreadSanitizer's library as well, and take its reports in.
    :raises TargetError: the target cannot be raced.
    :raises ToolError: the tool failed, and nothing is known.
    """
    from refinement.check import Limits
    from refinement.check.races.building import raced
    from refinement.check.races.sanitizer import sanitize
    from refinement.check.search.races.engine import race as race_target
    from refinement.check.search.spent import Spent

    limits = Limits(hang=hang, memory=parse_size(memory))
    spent = Spent(seconds)
    database = raced(os.fspath(target), cc)
    spent.note("compiling")
    report = race_target(
        database,
        dialect_of(dialect),
        threads=threads,
        seconds=seconds,
        seed=seed,
        jobs=jobs,
        limits=limits,
        data_races=data_races,
        may_refuse=may_refuse,
        spent=spent,
    )
    if thread_sanitizer and not report.interrupted:
        report = report.beside(sanitize(Path(target), cc, threads=threads, seconds=seconds, seed=report.seed))
    return Race(report, database, limits)


def monitor(log: "str | os.PathLike[str] | BinaryIO", *, dialect: Named = CANONICAL) -> Monitored:
    """Follow a kernel's log to the first line that no state explains.

    :param log: a file of JSON lines, by its name or opened to read bytes.
    :raises ValueError: a line is none, or the dialect cannot be followed.
    :raises OSError: the file cannot be read.
    """
    from refinement.monitor.monitor import monitor as follow_log

    if not isinstance(log, str | os.PathLike):
        return Monitored(follow_log(log, dialect_of(dialect)))
    with Path(log).open("rb") as source:
        return Monitored(follow_log(source, dialect_of(dialect), name=os.fspath(log)))


def replay(
    trace: "Trace | MessageTrace | CoreTrace | dict[str, Any] | str | os.PathLike[str]",
    target: "str | os.PathLike[str] | None" = None,
    *,
    command: str | None = None,
    dialect: Named | None = None,
    hang: float = 5.0,
) -> Replay:
    """Run a trace or a list of steps again: on the model, and on a mapping database if one is named.

    :param trace: a trace; or the JSON values of a trace or a list of steps, or a file with them.
    :param dialect: instead of the one that the trace names.
    :raises ValueError: it is neither, or only a target can run it and none is named.
    :raises OSError: the file cannot be read.
    """
    from refinement.check import Limits, program_of
    from refinement.check import replay as replay_program
    from refinement.check.driver.steps import Recorded, from_json
    from refinement.check.messages.steps import is_of_messages

    if isinstance(trace, CoreTrace):
        raise ValueError("a trace of many cores is shown by musigma replay, in a lane a core")
    value = trace if isinstance(trace, Trace | MessageTrace | dict) else values_in(Path(trace).read_text("utf-8"))
    if is_core_trace(value):
        raise ValueError("a trace of many cores is shown by musigma replay, in a lane a core")
    if isinstance(value, MessageTrace) or is_message_trace(value):
        spoken = value if isinstance(value, MessageTrace) else MessageTrace.from_json(value)
        if target is not None or command is not None:
            raise ValueError("a trace of threads and messages runs on the model: name no target")
        return Replay(spoken if dialect is None else replace(spoken, dialect=known_by_name(dialect).name))
    if isinstance(value, Trace):
        recorded = Recorded(program_of(value), value.dialect, value.shows, obligation=value.obligation)
    else:
        if is_of_messages(value):
            raise ValueError("this is of threads and messages: refinement.check.replay_messages runs it on a target")
        recorded = from_json(value)
    chosen = dialect_of(recorded.dialect) if dialect is None else known_by_name(dialect)
    shown = _trace_of(recorded, chosen)
    if target is None and command is None:
        if shown is None:
            raise ValueError("only a target can run these steps, of which some can stand in no trace: name one")
        return Replay(shown)
    database, limits = _target(target, command), Limits(hang=hang, stack=recorded.stack)
    report = replay_program(database, recorded.program, chosen, limits=limits, repeated=recorded.repeated)
    return Replay(shown, report)


def _trace_of(recorded: "Recorded", dialect: Dialect) -> Trace | None:
    """Give what was recorded as a trace; none if steps of it can stand in no trace."""
    from refinement.check.driver.program import scope_at
    from refinement.check.finding.finding import operations_of

    scope = scope_at(recorded.program, 0)
    try:
        operations = operations_of(recorded.program)
    except ValueError:
        return None
    return Trace(dialect.name, scope, operations, recorded.shows, recorded.obligation)


def _target(target: "str | os.PathLike[str] | None", command: str | None) -> Any:
    """The target that the arguments name.

    :raises ValueError: they name none, or two.
    """
    from refinement.check import command_target, parse_target

    if (target is None) == (command is None):
        raise ValueError("name one target: a shared library, file.py:Class, or command='program arguments'")
    return command_target(command) if command is not None else parse_target(os.fspath(target or ""))
