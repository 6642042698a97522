"""The commands as functions: each asks an engine, and returns a value that prints well."""

import json
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, BinaryIO

from model.cores.trace import CoreTrace, is_core_trace
from model.messages.trace import MessageTrace, is_message_trace
from model.scope import Scope
from model.servers.description import Subsystem
from model.servers.systems.catalogue import SYSTEMS
from model.servers.theory import SubsystemTheory
from model.spaces.dialect import CANONICAL, DIALECTS, Dialect, dialect_named
from model.trace import Trace
from musigma.checks import Check, Monitored, Race, Replay
from musigma.results import Attacks, Audit, Counterexample, Exploration, Proof, Suggestions
from proofs.asked import theory_and_pattern
from proofs.described import name_of
from proofs.extension import Specification
from proofs.naming import NoSuchNameError, obligations_matching, parse_dialect, parse_messages
from proofs.naming import suggest as did_you_mean
from proofs.sizes import parse_size

if TYPE_CHECKING:
    from refinement.check.driver.steps import Recorded

Named = Dialect | str
Asked = str | type[Subsystem] | None
SMALL = Scope(spaces=3, pages=2, frames=1)


def _dialect(named: Named) -> Dialect:
    return parse_dialect(named) if isinstance(named, str) else named


def _dialect_known_by_name(named: Named) -> Dialect:
    """A dialect that worker processes find by its name.

    :raises ValueError: its name stands for other readings.
    """
    dialect = _dialect(named)
    try:
        known = dialect_named(dialect.name).readings
    except KeyError:
        known = None
    if known != dialect.readings:
        raise ValueError(
            f"{dialect.name!r} does not name these readings: write 'canonical with passing=as_given', or the like"
        )
    return dialect


def _theory(pattern: Asked, theory: "str | os.PathLike[str] | None") -> tuple[Specification, str | None]:
    """The theory that a file defines, a subsystem's, or the model's; and what is chosen of it.

    :raises TypeError: the theory is no file; worker processes read the theory themselves.
    """
    if theory is not None and not isinstance(theory, str | os.PathLike):
        raise TypeError(
            f"a {type(theory).__name__} is given as theory; write it into a file as THEORY, and name the file"
        )
    name = name_of(pattern) if isinstance(pattern, type) else pattern
    return theory_and_pattern(name, os.fspath(theory) if theory else None)


def prove(
    pattern: Asked = None,
    *,
    dialect: Named = CANONICAL,
    theory: "str | os.PathLike[str] | None" = None,
    messages: str = "canonical",
    ranges: str = "canonical",
    everything: bool = False,
    solver: str = "both",
    certify: bool = False,
    witness: bool = False,
    jobs: int | None = None,
    timeout: float = 10.0,
    memory: int | str = "4G",
    seed: int = 0,
) -> Proof:
    """Discharge proof obligations, and search for a shortest trace where one fails.

    :param pattern: a claim (``C2``), a part of an obligation's id, or an id with ``*`` and ``?``; or a subsystem,
        by its name or as a class; by default what speaks of the model.
    :param theory: a Python file with actions and invariants of your own, or with a whole :class:`musigma.Theory`.
    :param messages: the dialect of threads and messages.
    :param ranges: the dialect of ranges.
    :param everything: without a pattern, the kernel's code and the paging formats as well, which takes longer.
    :param solver: who must agree: ``z3``, ``cvc5`` or ``both``.
    :param timeout: seconds for one question to a solver.
    :param memory: for each of the ``jobs`` worker processes, as in ``"4G"``; a number alone is of MiB.
    :raises ValueError: nothing has that name, or the file has a mistake.

    >>> print(repr(prove("initial__has__forest")))
    <Proof: canonical: 1 proved>
    """
    from proofs.engines.pool import workers
    from proofs.engines.smt.outcome import Settings, Solvers
    from proofs.prove_all import prove_all

    started = perf_counter()
    chosen_dialect = _dialect_known_by_name(dialect)
    chosen_theory, part = _theory(pattern, theory)
    chosen = obligations_matching(part, chosen_theory, everything=everything, messages=messages, ranges=ranges)
    settings = Settings(
        solvers=Solvers(solver),
        seconds=timeout,
        seed=seed,
        certify=certify,
        witness=witness,
        theory=chosen_theory.source,
    )
    with workers(jobs, settings, parse_size(memory)) as pool:
        run = prove_all(chosen_dialect, chosen, pool, induction=True, messages=messages, ranges=ranges)
    return Proof(run, perf_counter() - started)


def counterexample(name: str, *, dialect: Named = CANONICAL) -> Counterexample:
    """Show the shortest trace by which a dropped side condition, a reading or a fault violates a claim.

    :param name: a side condition, which is dropped; a claim; an obligation's id; or a fault of the catalogue.
    :raises ValueError: nothing has that name.

    >>> found = counterexample("not-ancestor")
    >>> [operation.text(found.trace.scope) for operation in found.trace.operations]
    ['map σ0[0] → σ1[0]', 'map σ1[0] → σ2[0]', 'map σ2[0] → σ1[0]']
    """
    from proofs.counterexample import counterexample as find
    from proofs.counterexample import names

    chosen = _dialect(dialect)
    try:
        return Counterexample(name, find(name, chosen))
    except KeyError:
        raise NoSuchNameError(f"nothing is called {name!r}" + did_you_mean(name, names())) from None


def attack(
    subsystem: str | type[Subsystem],
    guarantee: str | None = None,
    *,
    dialect: Named = CANONICAL,
    machine: Mapping[str, int] | None = None,
    moves: Sequence[str] = (),
    every_size: bool = False,
    most: int = 10,
    seconds: float = 60.0,
) -> Attacks:
    """Look for the shortest run of everybody that violates what a subsystem guarantees.

    :param subsystem: one of the project's by its name, ``FILE.py:NAME``, or the class that describes it.
    :param guarantee: what is to be violated; by default each guarantee in turn.
    :param machine: how many elements of some sorts the machine has, such as ``{"Thread": 5}``.
    :param moves: the rules and actions that a run may take; by default all.
    :param every_size: decide it for machines of every size.
    :param most: the most steps of a run.
    :param seconds: limit for one guarantee.
    :raises ValueError: nothing has that name, or the file has a mistake.

    >>> print(repr(attack("SharedPorts", "own_ports", machine={"Thread": 3, "Space": 3}, most=3)))
    <Attacks: SharedPorts: own_ports violated in 2 steps>
    """
    from proofs.attack import EVERY_SIZE, attacked
    from proofs.attack import attack as look

    described = _described(subsystem)
    for said, known in ((guarantee, attacked(described)), *((move, described.actions) for move in moves)):
        if said is not None and said not in known:
            raise NoSuchNameError(f"{described.name} has no {said!r}" + did_you_mean(said, known))
    sizes = EVERY_SIZE if every_size else {**described.kind.machine, **(machine or {})}
    chosen = _dialect(dialect)
    wanted = [guarantee] if guarantee else list(attacked(described))
    return Attacks(
        tuple(
            look(described, each, dialect=chosen, machine=sizes, moves=moves, most=most, seconds=seconds)
            for each in wanted
        )
    )


def suggest(subsystem: str | type[Subsystem], *, dialect: Named = CANONICAL, seconds: float = 60.0) -> Suggestions:
    """Look for invariants that are inductive with those of a subsystem, and for those that its proof needs.

    :param subsystem: one of the project's by its name, ``FILE.py:NAME``, or the class that describes it.
    :param seconds: limit for all.
    :raises ValueError: nothing has that name, or the file has a mistake.

    >>> print(repr(suggest("DeviceDriver")))
    <Suggestions: DeviceDriver: nothing is lacking>
    """
    from proofs.suggestion import suggest as look

    return Suggestions(look(_described(subsystem), _dialect(dialect), seconds=seconds))


def _described(subsystem: str | type[Subsystem]) -> SubsystemTheory:
    """The subsystem of that name or class.

    :raises ValueError: there is none, or there is a mistake in its description.
    """
    from proofs.described import names_a_subsystem
    from proofs.described import subsystem as of_name

    name = name_of(subsystem) if isinstance(subsystem, type) else subsystem
    if not names_a_subsystem(name):
        raise NoSuchNameError(f"no subsystem is called {name!r}; write FILE.py:NAME" + did_you_mean(name, SYSTEMS))
    return of_name(name)


def explore(
    scope: Scope = SMALL,
    *,
    dialect: Named = CANONICAL,
    rights: str = "none",
    properties: Collection[str] | None = None,
    faults: Collection[str] = (),
    symmetry: bool = True,
    max_states: int | None = None,
    memory: int | str | None = None,
    threads: int | None = None,
) -> Exploration:
    """Visit every reachable state of a scope, and check properties in each.

    :param rights: that operations choose from: ``none``, ``rw`` or ``rwx``.
    :param properties: ids of properties; all unless given.
    :param faults: what the operations do wrong, by name.
    :param symmetry: visit one state of those that differ by names only.
    :param memory: for the visited states, as in ``"4G"``; a number alone is of MiB.
    :raises ValueError: an argument makes no sense.

    >>> print(repr(explore(Scope(3, 1, 1))))
    <Exploration: 3 spaces × 1 page × 1 frame, dialect canonical: exhausted, 4 states, depth 2>
    """
    from proofs.explorer.explore import explore as search

    return Exploration(
        search(
            scope,
            _dialect(dialect),
            rights,
            properties=properties,
            faults=faults,
            symmetry=symmetry,
            max_states=max_states,
            memory=None if memory is None else parse_size(memory),
            threads=threads,
        )
    )


def audit(
    dialects: Collection[Named] = (),
    *,
    jobs: int | None = None,
    timeout: float = 10.0,
    on_dialect: Callable[[str], None] = lambda name: None,
) -> Audit:
    """Audit each claim of the paper in some dialects, or all, and each side condition of canonical.

    :param on_dialect: called with the name of each dialect before its turn.
    """
    from proofs.audit import audit as run_audit
    from proofs.engines.pool import workers
    from proofs.engines.smt.outcome import Settings, Solvers

    started = perf_counter()
    chosen = [_dialect_known_by_name(each) for each in dialects] or list(DIALECTS.values())
    with workers(jobs, Settings(solvers=Solvers.Z3, seconds=timeout)) as pool:
        found = run_audit(pool, chosen, on_dialect=lambda name, so_far: on_dialect(name))
    return Audit(found, tuple(chosen), perf_counter() - started)


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
    chosen = found.dialect if found else _dialect(dialect)
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
    hang: float = 5.0,
    memory: int | str = "1G",
) -> Race:
    """Check a mapping database in C that several threads call, under schedules that are chosen.

    :param target: a source in C, or a shared library compiled with ``-fsanitize=thread``.
    :param cc: how a source is compiled, as in ``"cc -O1"``.
    :param data_races: two accesses, one of them a write, that nothing orders are a finding, too.
    :param may_refuse: a call that overlaps another may be refused without a reason.
    :raises TargetError: the target cannot be raced.
    :raises ToolError: the tool failed, and nothing is known.
    """
    from refinement.check import Limits
    from refinement.check.races.building import raced
    from refinement.check.search.race_engine import race as race_target

    limits = Limits(hang=hang, memory=parse_size(memory))
    database = raced(os.fspath(target), cc)
    report = race_target(
        database,
        _dialect(dialect),
        threads=threads,
        seconds=seconds,
        seed=seed,
        jobs=jobs,
        limits=limits,
        data_races=data_races,
        may_refuse=may_refuse,
    )
    return Race(report, database, limits)


def monitor(log: "str | os.PathLike[str] | BinaryIO", *, dialect: Named = CANONICAL) -> Monitored:
    """Follow a kernel's log to the first line that no state explains.

    :param log: a file of JSON lines, by its name or opened to read bytes.
    :raises ValueError: a line is none, or the dialect cannot be followed.
    :raises OSError: the file cannot be read.
    """
    from refinement.monitor.monitor import monitor as follow_log

    if not isinstance(log, str | os.PathLike):
        return Monitored(follow_log(log, _dialect(dialect)))
    with Path(log).open("rb") as source:
        return Monitored(follow_log(source, _dialect(dialect), name=os.fspath(log)))


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
    value = trace if isinstance(trace, Trace | MessageTrace | dict) else json.loads(Path(trace).read_text("utf-8"))
    if is_core_trace(value):
        raise ValueError("a trace of many cores is shown by musigma replay, in a lane a core")
    if isinstance(value, MessageTrace) or is_message_trace(value):
        spoken = value if isinstance(value, MessageTrace) else MessageTrace.from_json(value)
        if target is not None or command is not None:
            raise ValueError("a trace of threads and messages runs on the model: name no target")
        return Replay(spoken if dialect is None else replace(spoken, dialect=_dialect_known_by_name(dialect).name))
    if isinstance(value, Trace):
        recorded = Recorded(program_of(value), value.dialect, value.shows, obligation=value.obligation)
    else:
        if is_of_messages(value):
            raise ValueError("this is of threads and messages: refinement.check.replay_messages runs it on a target")
        recorded = from_json(value)
    chosen = _dialect(recorded.dialect) if dialect is None else _dialect_known_by_name(dialect)
    shown = _trace_of(recorded, chosen)
    if target is None and command is None:
        if shown is None:
            raise ValueError("only a target can run these steps, of which some can stand in no trace: name one")
        return Replay(shown)
    database, limits = _target(target, command), Limits(hang=hang, stack=recorded.stack)
    report = replay_program(database, recorded.program, chosen, limits=limits, repeated=recorded.repeated)
    return Replay(shown, report)


def _trace_of(recorded: "Recorded", dialect: Dialect) -> Trace | None:
    """What was recorded as a trace; none if steps of it can stand in no trace."""
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
