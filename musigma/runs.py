"""The commands that prove, search and audit, as functions: each returns a value that prints well."""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from time import perf_counter
from typing import TYPE_CHECKING

from model.near_names import near_names
from model.scope import Scope
from model.servers.description import Subsystem
from model.servers.systems.catalogue import SYSTEMS
from model.servers.theory import SubsystemTheory
from model.spaces.dialect import CANONICAL, DIALECTS
from musigma.named import Named, dialect_of, known_by_name
from musigma.results import Attacks, Audit, Proof, Suggestions
from musigma.traces import Counterexample, Exploration
from proofs.asked import subsystem_asked, theory_and_pattern
from proofs.input.described import name_of
from proofs.input.extension import Specification
from proofs.input.naming import NoSuchNameError, obligations_matching
from proofs.input.sizes import parse_size

if TYPE_CHECKING:
    pass

Asked = str | type[Subsystem] | None
SMALL = Scope(spaces=3, pages=2, frames=1)


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
    chosen_dialect = known_by_name(dialect)
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
    :raises ValueError: nothing has that name, or it is a fault, which comes with its dialect, and another is given.

    >>> found = counterexample("not-ancestor")
    >>> [operation.text(found.trace.scope) for operation in found.trace.operations]
    ['map σ0[0] → σ1[0]', 'map σ1[0] → σ2[0]', 'map σ2[0] → σ1[0]']
    """
    from proofs.counterexamples.by_name import counterexample as find
    from proofs.counterexamples.by_name import has_own_dialect, names

    chosen = dialect_of(dialect)
    if has_own_dialect(name) and chosen != CANONICAL:
        raise ValueError(f"{name} is a fault, which comes with its dialect: leave dialect out")
    try:
        return Counterexample(name, find(name, chosen))
    except KeyError:
        raise NoSuchNameError(f"nothing is called {name!r}" + near_names(name, names())) from None


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
    from proofs.servers.attack import EVERY_SIZE, attacked
    from proofs.servers.attack import attack as look

    described = _described(subsystem)
    for said, known in ((guarantee, attacked(described)), *((move, described.actions) for move in moves)):
        if said is not None and said not in known:
            raise NoSuchNameError(f"{described.name} has no {said!r}" + near_names(said, known))
    sizes = EVERY_SIZE if every_size else {**described.kind.machine, **(machine or {})}
    chosen = dialect_of(dialect)
    wanted = [guarantee] if guarantee else list(attacked(described))
    return Attacks(
        tuple(
            look(described, each, dialect=chosen, machine=sizes, moves=moves, most=most, seconds=seconds)
            for each in wanted
        ),
        described,
        chosen,
    )


def suggest(subsystem: str | type[Subsystem], *, dialect: Named = CANONICAL, seconds: float = 60.0) -> Suggestions:
    """Look for invariants that are inductive with those of a subsystem, and for those that its proof needs.

    :param subsystem: one of the project's by its name, ``FILE.py:NAME``, or the class that describes it.
    :param seconds: limit for all.
    :raises ValueError: nothing has that name, or the file has a mistake.

    >>> print(repr(suggest("DeviceDriver")))
    <Suggestions: DeviceDriver: nothing is lacking>
    """
    from proofs.servers.suggestion import suggest as look

    return Suggestions(look(_described(subsystem), dialect_of(dialect), seconds=seconds))


def _described(subsystem: str | type[Subsystem]) -> SubsystemTheory:
    """The subsystem of that name or class.

    :raises ValueError: there is none, or there is a mistake in its description.
    """
    from proofs.input.described import names_a_subsystem

    name = name_of(subsystem) if isinstance(subsystem, type) else subsystem
    if not names_a_subsystem(name):
        raise NoSuchNameError(f"no subsystem is called {name!r}; write FILE.py:NAME" + near_names(name, SYSTEMS))
    return subsystem_asked(name)


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
            dialect_of(dialect),
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
    from proofs.audits.spaces import audit as run_audit
    from proofs.engines.pool import workers
    from proofs.engines.smt.outcome import Settings, Solvers

    started = perf_counter()
    chosen = [known_by_name(each) for each in dialects] or list(DIALECTS.values())
    with workers(jobs, Settings(solvers=Solvers.Z3, seconds=timeout)) as pool:
        found = run_audit(pool, chosen, on_dialect=lambda name, so_far: on_dialect(name))
    return Audit(found, tuple(chosen), perf_counter() - started)
