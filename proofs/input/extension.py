"""What is proved of a theory: of that of Appendix A, or of one that a file defines.

A file extends the theory by any of four names. ``ACTIONS`` maps the name of an action to a function from a dialect to
an :class:`~model.spaces.vocabulary.Action`; ``INVARIANTS`` is a sequence of
:class:`~model.spaces.invariants.Invariant`; ``OBLIGATIONS`` one of :class:`~proofs.obligation.Obligation`. Every action
is then crossed with every invariant, and all else goes the same way as with the theory's own. ``FORMATS`` is a sequence
of :class:`~machine.Format`; of each is to be proved what is proved of the machine's own.

Instead of actions and invariants it can give a whole :class:`~model.theory.Theory` as ``THEORY``, made by
:func:`model.theory.extended` where it adds symbols to the state.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from model.cores.readings import protocol_named
from model.cores.theories import theory_of_cores
from model.messages.readings import message_dialect_named
from model.messages.theories import theory_of_messages
from model.ownership.readings import OWNERSHIP, OWNERSHIP_DIALECTS, ownership_named
from model.ownership.theories import theory_of_ownership
from model.ranges.readings import range_dialect_named
from model.ranges.theories import theory_of_ranges
from model.servers.theory import SubsystemTheory
from model.spaces.dialect import Dialect
from model.spaces.invariants import Invariant
from model.theory import APPENDIX_A, Actions, Theory
from proofs.input.described import names_a_subsystem, subsystem
from proofs.input.theory_file import ExtensionError, format_obligations_in, load_file, obligations_in, theory_in
from proofs.obligation import Obligation, Provable
from proofs.obligations.cores.inventory import of_protocol
from proofs.obligations.messages.inventory import of_messages
from proofs.obligations.messages.preservation import says_the_same
from proofs.obligations.ownership.inventory import of_dialect
from proofs.obligations.ranges.inventory import of_ranges
from proofs.obligations.servers import inventory as servers
from proofs.obligations.spaces.preservation import matrix
from proofs.registry import registry
from proofs.two_runs import TwoRuns

MESSAGES = "messages:"
"""What the source of a theory of messages begins with; its dialect follows. A file's is an absolute path."""
CORES = "cores:"
"""What the source of a theory of many cores begins with; its protocol follows."""


RANGES = "ranges:"
"""What the source of a theory of ranges begins with, in the same way."""


@dataclass(frozen=True, slots=True)
class Specification:
    """A theory and what is to be proved of it, by id.

    ``source`` is the file that defines it, empty for Appendix A; ``messages`` the dialect of messages that it speaks
    of, empty for none; ``ranges`` that of ranges; ``cores`` says that it is one of many cores, ``ownership`` that it is
    one of ownership. ``beneath`` is the theory that a subsystem's moves are steps of: its obligations are in the
    registry as well, since what is proved of the subsystem assumes its invariants. So are those of ``others``, the
    subsystems that it relies on; ``relied`` are the invariants of theirs that are taken for granted.
    """

    source: str
    theory: Theory[Any]
    registry: Mapping[str, Provable]
    messages: str = ""
    cores: bool = False
    ownership: bool = False
    beneath: "Specification | None" = None
    ranges: str = ""
    others: "tuple[Specification, ...]" = ()
    relied: frozenset[str] = frozenset()

    @property
    def every_invariant(self) -> frozenset[str]:
        """The names of the invariants of the theory, and of all that it relies on."""
        return frozenset(self.theory.invariants).union(*(other.every_invariant for other in self.others))

    @property
    def own(self) -> list[Provable]:
        """What is to be proved of it, but for what is of the theory beneath."""
        beneath = self.beneath.registry if self.beneath else {}
        return [obligation for name, obligation in self.registry.items() if name not in beneath]

    @property
    def actions(self) -> Actions[Any]:
        """The theory's actions."""
        return self.theory.actions

    @property
    def invariants(self) -> Mapping[str, Invariant[Any]]:
        """The theory's invariants."""
        return self.theory.invariants

    def inductive_steps(self, dialect: Dialect) -> list[Obligation[Any, Any]]:
        """The obligations that together show that the invariants are inductive.

        :raises KeyError: one is missing, and the action does not leave the invariant word for word as it is.
        """
        of = {(o.action, o.invariant): o for o in self.own if isinstance(o, Obligation) and o.invariant}
        found = self.beneath.inductive_steps(dialect) if self.beneath else []
        beneath = {*self.beneath.invariants} if self.beneath else set()
        for other in self.others:
            found += [step for step in other.inductive_steps(dialect) if step.invariant not in beneath]
        shown = {step.invariant for step in found}
        for name in self.relied - shown if self.others else ():
            raise KeyError(name)
        for invariant in (name for name in self.invariants if name not in beneath | self.relied):
            for action in ("", *self.actions):
                obligation = of.get((action, invariant))
                if obligation is not None:
                    found += [obligation] if obligation.applies(dialect.readings) else []
                elif not (self.is_sparse and action and says_the_same(self.theory, action, invariant, dialect)):
                    raise KeyError((action, invariant))
        return found

    @property
    def is_sparse(self) -> bool:
        """Whether nothing is asked of an invariant that an action leaves word for word as it is."""
        return bool(self.messages) or self.cores or self.ownership


@cache
def theory_of(source: str = "") -> Specification:
    """The theory of Appendix A, of messages or ranges in a dialect (``messages:NAME``), of cores with a protocol
    (``cores:NAME``), of ownership in a dialect (``ownership:NAME``), a file's, or a subsystem's.

    :raises ExtensionError: there is a mistake in the file, or no such dialect of ownership.
    """
    if not source:
        return Specification("", APPENDIX_A, registry())
    if source.startswith(MESSAGES):
        named = message_dialect_named(source.removeprefix(MESSAGES))
        return Specification(source, theory_of_messages(named), of_messages(named), named.name)
    if source.startswith(RANGES):
        of = range_dialect_named(source.removeprefix(RANGES))
        return Specification(source, theory_of_ranges(of), of_ranges(of), ranges=of.name)
    if source.startswith(CORES):
        protocol = protocol_named(source.removeprefix(CORES))
        return Specification(source, theory_of_cores(protocol), of_protocol(protocol), cores=True)
    if source.startswith(OWNERSHIP):
        return _of_ownership(source)
    if names_a_subsystem(source):
        return _of_subsystem(source)
    path = Path(source)
    module = load_file(path)
    theory = theory_in(path, module)
    of_appendix = registry() if _is_or_extends(theory, APPENDIX_A) else {}
    found = {name: _in_theory(obligation, theory) for name, obligation in of_appendix.items()}
    found |= {obligation.id: obligation for obligation in matrix(theory) if obligation.id not in found}
    for obligation in obligations_in(path, module, theory):
        if obligation.id in found:
            raise ExtensionError(f"{path.name}: an obligation is called {obligation.id} already; give it another id")
        found[obligation.id] = obligation
    for of_format in format_obligations_in(path, module):
        if of_format.id in found or of_format.id in registry():
            said = f"there is a format whose obligations are called {of_format.id} already: give it another name"
            raise ExtensionError(f"{path.name}: {said}")
        found[of_format.id] = of_format
    return Specification(source, theory, MappingProxyType(found))


def _of_ownership(source: str) -> Specification:
    """What is to be proved of a dialect of ownership, a wrong one perhaps."""
    name = source.removeprefix(OWNERSHIP)
    try:
        dialect = ownership_named(name)
        theory = theory_of_ownership(dialect)
    except KeyError:
        known = f"{', '.join(OWNERSHIP_DIALECTS)}, or as in: {OWNERSHIP}ffa with reclaim=forced"
        raise ExtensionError(f"no dialect of ownership is called {name!r}: write one of {known}") from None
    return Specification(source, theory, of_dialect(dialect), ownership=True)


def _of_subsystem(source: str) -> Specification:
    """What is to be proved of a subsystem, and of the kernel that it runs on."""
    described = subsystem(source)
    kernel = theory_of(MESSAGES + described.kind.messages.name)
    own = {obligation.id: obligation for obligation in servers.obligations(described)}
    for name in own.keys() & kernel.registry.keys():
        raise ExtensionError(f"{source}: the kernel has an obligation called {name}; give the rule another name")
    others = tuple(_of_other(other, kernel) for other in described.others)
    relied = {name: each for other in others for name, each in other.registry.items()}
    registry = MappingProxyType({**kernel.registry, **relied, **own})
    return Specification(
        source,
        described.theory,
        registry,
        kernel.messages,
        beneath=kernel,
        others=others,
        relied=frozenset(described.relied),
    )


def _of_other(described: SubsystemTheory, kernel: Specification) -> Specification:
    """What is to be proved of a subsystem that another relies on, under its name; not what that relies on itself."""
    own = {obligation.id: obligation for obligation in servers.obligations_within(described)}
    registry: dict[str, Provable] = {**kernel.registry, **own}
    theory = servers.theory_within(described)
    granted = frozenset(described.relied)
    return Specification("", theory, MappingProxyType(registry), kernel.messages, beneath=kernel, relied=granted)


def _is_or_extends(theory: Theory[Any], base: Theory[Any]) -> bool:
    return theory is base or (theory.base is not None and _is_or_extends(theory.base, base))


def _in_theory(obligation: Provable, theory: Theory[Any]) -> Provable:
    """An obligation of the base, now about the extended theory's states; what is about code stays."""
    return replace(obligation, theory=theory) if isinstance(obligation, Obligation | TwoRuns) else obligation
