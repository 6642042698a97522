"""Descriptions of subsystems: their members, what these may do and note, and what is guaranteed.

A *subsystem* is a set of spaces whose threads do only what its rules allow. Everybody else does anything that the
kernel lets them do, at any time: that is what its guarantees rely on, and all of it (B.independence, B.integrity).
*Ghosts* are relations of its own, changed by its rules only, in which it notes what a kernel does not: what was sold,
what is locked.

A description is a subclass of :class:`Subsystem`. Its symbols are class attributes; its methods speak of one state of
the whole system, in which ``self.window`` and ``self.phys`` are relations of the kernel's, and ``self.sold`` a ghost::

    class Shop(Subsystem):
        \"\"\"A word is sold once.\"\"\"

        shop = constant(Space)
        sold = ghost(w, i)

        def members(self, space):
            return space == self.shop

        @rule("send")
        def sell(self, c):
            return when(unsold=ForAll([i], Not(self.sold(c.word, i)))).then(sold=(c.word, self.ident(c.other)))

        @guarantee
        def once(self):
            \"\"\"No word is sold to two.\"\"\"
            return ForAll([w, i, j], Implies(And(self.sold(w, i), self.sold(w, j)), i == j))
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType
from typing import Any, ClassVar, TypeAlias

from model import signature
from model.messages.readings import CANONICAL_MESSAGES, MessageDialect
from model.servers.idioms import Idioms
from model.signature import Formula, Symbol, Term

# Of a class these are declarations, of its instances what they mean: hence Any.
constant: Callable[..., Any] = signature.constant
function: Callable[..., Any] = signature.function
relation: Callable[..., Any] = signature.relation

Named: TypeAlias = dict[str, Formula]
"""Formulas by name; an underscore in a name is a space where it is shown."""


class DescriptionError(TypeError):
    """A description has a mistake; the message says in one line where, what, and what to write instead."""


class Role(Enum):
    """What a method of a description says."""

    RULE = "rule"
    INVARIANT = "invariant"
    GUARANTEE = "guarantee"
    ENSURES = "ensures"


@dataclass(frozen=True, slots=True)
class Mark:
    """The role of a method; of a rule the kernel's action, of what a step ensures the moves that it speaks of."""

    role: Role
    moves: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Ghost(Symbol):
    """A relation of the subsystem's own that its rules change; it holds of nothing at first."""


def ghost(*arguments: Term, meaning: str = "") -> Any:
    """Declare a ghost by the variables that it is applied to."""
    made = signature.relation(*arguments, meaning=meaning)
    return Ghost(made.arguments, made.result, made.tex, made.negated, made.meaning)


@dataclass(frozen=True, slots=True)
class Do:
    """When a rule may be followed, and what it notes: what ghosts get, and predicates on what they lose before."""

    conditions: Named
    adds: Mapping[str, tuple[Term, ...] | Callable[..., Formula]] = field(default_factory=dict)
    removes: Mapping[str, Callable[..., Formula]] = field(default_factory=dict)

    def then(self, **adds: tuple[Term, ...] | Callable[..., Formula]) -> "Do":
        """Note in each of these ghosts a tuple, or the tuples of which a predicate holds."""
        return replace(self, adds={**self.adds, **adds})

    def forgets(self, **removes: Callable[..., Formula]) -> "Do":
        """Strike from each of these ghosts the tuples of which the predicate holds."""
        return replace(self, removes={**self.removes, **removes})

    def without(self, *names: str) -> "Do":
        """The same without some of its conditions, as a mistake would have it.

        :raises DescriptionError: there is no such condition.
        """
        for name in names:
            if name not in self.conditions:
                raise DescriptionError(f"there is no condition {name!r}; one of {', '.join(self.conditions)}")
        return replace(self, conditions={name: f for name, f in self.conditions.items() if name not in names})


def when(**conditions: Formula) -> Do:
    """A rule may be followed where all of this holds; always, if nothing is said."""
    return Do(conditions)


def rule(action: str) -> Callable[[Callable[..., Do]], Callable[..., Do]]:
    """Members may do this action of the kernel, where the rule's conditions hold: ``method(self, call) -> Do``."""
    if not isinstance(action, str):
        raise DescriptionError(f"@rule is given a {type(action).__name__}; write @rule('send'), with the action")
    return _marker(Mark(Role.RULE, (action,)))


def invariant(method: Callable[..., Formula]) -> Callable[..., Formula]:
    """It holds in every state, and helps to prove what is guaranteed: ``method(self) -> Formula``."""
    return _marker(Mark(Role.INVARIANT))(method)


def guarantee(method: Callable[..., Formula]) -> Callable[..., Formula]:
    """It holds in every state, whatever outsiders do, and others rely on it: ``method(self) -> Formula``."""
    return _marker(Mark(Role.GUARANTEE))(method)


def ensures(*moves: str) -> Callable[[Callable[..., Formula]], Callable[..., Formula]]:
    """It holds of every step by one of the moves, of all steps if none is named: ``method(self, after, call)``.

    :param moves: rules of the subsystem, or actions of the kernel for those of outsiders.
    """
    for move in moves:
        if not isinstance(move, str):
            raise DescriptionError(f"@ensures is given a {type(move).__name__}; write @ensures() or @ensures('sell')")
    return _marker(Mark(Role.ENSURES, moves))


def _marker(mark: Mark) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def marked(method: Callable[..., Any]) -> Callable[..., Any]:
        if not callable(method):
            raise DescriptionError(
                f"@{mark.role.value} stands above a {type(method).__name__}; write it above a method"
            )
        other = getattr(method, "mark", None)
        if isinstance(other, Mark):
            said = "@ensures('sell', 'listen')" if mark.role is other.role is Role.ENSURES else "a method for each"
            raise DescriptionError(f"@{mark.role.value} and @{other.role.value} stand above one method; write {said}")
        method.mark = mark  # type: ignore[attr-defined]
        return method

    return marked


MACHINE: Mapping[str, int] = MappingProxyType(
    {"Thread": 4, "Id": 4, "Space": 4, "Slot": 4, "Frame": 1, "Right": 2, "Word": 4, "Page": 1, "Number": 4}
)
"""How many elements of each sort a small machine has."""


def machine_with(**sizes: int) -> Mapping[str, int]:
    """The small machine with other numbers of elements of some sorts.

    >>> machine_with(Frame=2)["Frame"]
    2
    """
    return MappingProxyType({**MACHINE, **sizes})


class Subsystem(Idioms):
    """One state of the whole system, as a description speaks of it.

    :cvar clause: the clause of the paper that its guarantees stand for.
    :cvar messages: the kernel that it runs on, as a dialect of threads and messages.
    :cvar machine: how many elements of each sort a machine has on which attacks are looked for.
    :cvar relies: the subsystems whose guarantees it takes for granted; their constants are its own as well.
    """

    clause: ClassVar[str] = "B.independence"
    messages: ClassVar[MessageDialect] = CANONICAL_MESSAGES
    machine: ClassVar[Mapping[str, int]] = MACHINE
    relies: ClassVar[tuple[type["Subsystem"], ...]] = ()

    def __init__(self, state: Any, fixed: Any) -> None:
        """A state, and what never changes."""
        self.state, self.fixed = state, fixed
        for name, symbol in symbols_in(type(self)).items():
            setattr(self, name, getattr(state if isinstance(symbol, Ghost) else fixed, name))

    def __getattr__(self, name: str) -> Any:
        """What the kernel's vocabulary has under a name: in the state, or in what never changes."""
        if name.startswith("_") or name in ("state", "fixed"):
            raise AttributeError(name)
        for part in (self.state, self.fixed):
            if hasattr(part, name):
                return getattr(part, name)
        raise AttributeError(
            f"nothing is called {name!r}; a relation of the kernel's, a ghost or a constant was expected"
        )

    def members(self, space: Term) -> Formula:
        """Which spaces follow the rules."""
        raise NotImplementedError

    def assume(self) -> Named:
        """What is assumed of constants and of sets that never change."""
        return {}

    def start(self) -> Named:
        """The states in which the subsystem may begin, beside what holds in every state of the kernel."""
        return {}


def symbols_in(kind: type[Subsystem]) -> Mapping[str, Symbol]:
    """The symbols that a description declares, those of the descriptions that it relies on and extends first."""
    found = {
        name: symbol
        for other in kind.relies
        for name, symbol in symbols_in(other).items()
        if not isinstance(symbol, Ghost)
    }
    for base in reversed(kind.__mro__):
        found |= {name: value for name, value in vars(base).items() if isinstance(value, Symbol)}
    return MappingProxyType(found)


def ghosts_of(kind: type[Subsystem]) -> Mapping[str, Ghost]:
    """The ghosts that a description declares."""
    return {name: symbol for name, symbol in symbols_in(kind).items() if isinstance(symbol, Ghost)}


def marked(kind: type[Subsystem], *roles: Role) -> dict[str, tuple[Mark, Callable[..., Any]]]:
    """The methods with such roles, in the order of definition; a subclass takes one away by ``name = None``."""
    found: dict[str, tuple[Mark, Callable[..., Any]]] = {}
    for base in reversed(kind.__mro__):
        for name, method in vars(base).items():
            mark = getattr(method, "mark", None)
            if isinstance(mark, Mark) and mark.role in roles:
                found[name] = (mark, method)
            elif name in found:
                if method is not None:
                    role = found[name][0].role.value
                    raise mistake(kind, method, f"{name} replaces a {role} and is none; write @{role} above it")
                del found[name]
    return found


def sentence_of(kind: type[Subsystem], name: str, method: Callable[..., Any]) -> str:
    """The first line of a method's docstring, which says it in words.

    :raises DescriptionError: it has none.
    """
    text = inspect.getdoc(method)
    if not text:
        raise mistake(kind, method, f"{name} has no docstring; say in one line what holds")
    return text.splitlines()[0].rstrip(".")


def place_of(kind: type[Subsystem], what: Any) -> str:
    """Return where a method or a class stands, as ``file:line``; the class's name where there is no file."""
    try:
        code = getattr(what, "__code__", None)
        line = code.co_firstlineno if code else inspect.getsourcelines(what)[1]
        file = code.co_filename if code else inspect.getfile(what)
    except (OSError, TypeError):
        return kind.__name__
    return f"{file.rsplit('/', 1)[-1]}:{line}"


def mistake(kind: type[Subsystem], what: Any, text: str) -> DescriptionError:
    """The error that a description has a mistake, with its place."""
    return DescriptionError(f"{place_of(kind, what)}: {text}")


def lines_of(kind: type[Subsystem]) -> Iterator[str]:
    """The lines of a description that say something: no blank ones, no docstrings, no comments."""
    quoted = False
    for line in inspect.getsource(kind).splitlines():
        text = line.strip()
        quotes = text.count('"""')
        if not quoted and not quotes and text and not text.startswith("#"):
            yield line
        quoted = quoted != (quotes == 1)
