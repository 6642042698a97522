"""The tags' state on terms, and the loops of the code that gives them out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from z3 import And, BoolSort, BoolVal, Const, Consts, ForAll, Function, If, Implies, Not, Or

from model.spaces.theory import Formula, Predicate, Space, Term
from proofs.execution.loop_rules import Values
from proofs.execution.monitor import bind
from proofs.execution.path import Cut, ExecutionError, Path
from proofs.execution.values import Option, Tag, Value
from proofs.obligations.machine.tags_line import Core, TagOrder, TagSearch, c, t, under
from proofs.obligations.machine.walk_memory import plain_name
from proofs.obligations.source import Code

busy = Function("executes_some_space", Core, BoolSort())
runs_in = Function("runs", Core, Space)
TagOf = Callable[[Term], Term]
s, other_space, space = Consts("s other_space space", Space)
other_tag, core = Const("other_tag", Tag), Const("core", Core)


def distinct(tag_of: TagOf, has_tag: Predicate) -> Formula:
    """Two spaces that have tags have different ones."""
    same = And(has_tag(s), has_tag(other_space), tag_of(s) == tag_of(other_space))
    return ForAll([s, other_space], Implies(same, s == other_space))


def silent(held: Callable[[Term, Term], Formula], tag: Term) -> Formula:
    """No core's buffer translates anything under the tag."""
    return ForAll([c], Not(held(c, tag)))


def executes(tag_of: TagOf, has_tag: Predicate, core: Term) -> Formula:
    """If a core executes a space, this has the tag that the core executes with."""
    return Implies(busy(core), And(has_tag(runs_in(core)), tag_of(runs_in(core)) == under(core)))


@dataclass(frozen=True, slots=True)
class TagState:
    """The tags of spaces, and the tags under which buffers hold something.

    :param held: of a core and a tag: its buffer may translate something under the tag.
    """

    has: Predicate
    of: TagOf
    given: Predicate
    holder: TagOf
    held: Callable[[Term, Term], Formula]


BEFORE = TagState(
    Function("has_tag", Space, BoolSort()),
    Function("tag_of", Space, Tag),
    Function("is_given", Tag, BoolSort()),
    Function("holder_of", Tag, Space),
    Function("held_under", Core, Tag, BoolSort()),
)


def invariants(state: TagState) -> dict[str, Formula]:
    """What holds between calls."""
    return {
        "a space's tag is given to it": ForAll(
            [s], Implies(state.has(s), And(state.given(state.of(s)), state.holder(state.of(s)) == s))
        ),
        "a tag that is given is its holder's": ForAll(
            [t], Implies(state.given(t), And(state.has(state.holder(t)), state.of(state.holder(t)) == t))
        ),
        "tags are distinct": distinct(state.of, state.has),
        "buffers hold nothing under a tag that nobody has": ForAll(
            [t], Implies(Not(state.given(t)), silent(state.held, t))
        ),
    }


REQUIRES = {
    **invariants(BEFORE),
    "cores execute spaces under these spaces' tags": ForAll([c], executes(BEFORE.of, BEFORE.has, c)),
}

DISTINCT = "tags_of__keeps__tags_distinct"
TELLS = "tags_of__gives__the_spaces_tag"
RETIRES = "tags_of__retires__a_tag_it_takes"
EXECUTING = "tags_of__takes__no_tag_in_use"
CURRENT = "tags_current__is__the_spaces_tag"
EVERY_CORE = "tags_retire__reaches__every_core"


class MeetingCores:
    """A loop over all cores, by an invariant about those that it has been through."""

    def __init__(
        self, path: Path, what: str, invariant: Callable[[Predicate], Formula], anywhere: Callable[[], None]
    ) -> None:
        """The invariant, of the set of cores that were met; and how to be in any state in the loop."""
        self.path, self.what, self.invariant, self.anywhere = path, what, invariant, anywhere
        self.seen: Predicate = Function(f"seen by {what}", Core, BoolSort())
        self.met = Const(f"core met by {what}", Core)

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        """No core was met; then, any of them were."""
        at_first = self.invariant(lambda _: BoolVal(False))
        self.path.demand(self.what, lambda: at_first)
        self.anywhere()
        self.path.assume({f"{self.what}: some cores were met": self.invariant(self.seen)})
        return {}

    def each(self, iterable: object) -> Iterator[object]:
        """One more core; or all were met."""
        if not isinstance(iterable, AllCores):
            raise ExecutionError(f"{self.what}: a loop over {iterable!r}, and not over all cores")
        if self.path.decide(Const(f"{self.what} meets another core", BoolSort())):
            yield iterable.core(self.met)
        self.path.assume({f"{self.what}: every core was met": ForAll([c], self.seen(c))})

    def tail(self, values: Values) -> None:
        """One more core was met."""
        kept = self.invariant(lambda c: Or(self.seen(c), c == self.met))
        self.path.demand(self.what, lambda: kept)
        raise Cut


class AllCores:
    """All cores, however many."""

    def __init__(self, tags: "SymbolicTags") -> None:
        """Whose tags are given out."""
        self.tags = tags

    def core(self, term: Term) -> "OneCore":
        """One of them."""
        return OneCore(self.tags, term)


class OneCore(Value):
    """A core: the tag under which it executes, and its buffer."""

    def __init__(self, tags: "SymbolicTags", term: Term) -> None:
        """Any of them."""
        super().__init__(term, tags.path)
        object.__setattr__(self, "tags", tags)

    tags: "SymbolicTags"

    @property
    def tag(self) -> Value:
        """Its current tag."""
        return Value(under(self.term), self.path)

    @property
    def tlb(self) -> "OneTlb":
        """Its buffer."""
        return OneTlb(self)


class OneTlb:
    """The buffer of a core."""

    def __init__(self, core: OneCore) -> None:
        """Whose it is."""
        self.term, self.tags = core.term, core.tags

    def invalidate_tag(self, tag: object) -> None:
        """Under the tag it holds nothing any more."""
        gone, at, old = term_of(tag), self.term, self.tags.state.held
        self.tags.become(held=lambda c, t: And(old(c, t), Or(c != at, t != gone)))


def term_of(value: object) -> Term:
    """The term for a space or a tag, which must be there."""
    if isinstance(value, Option):
        value = value.get()
    if not isinstance(value, Value):
        raise ExecutionError(f"{value!r} is neither a space nor a tag")
    return value.term


class _Of:
    """The column of spaces' tags."""

    def __init__(self, tags: "SymbolicTags") -> None:
        self.tags = tags

    def __getitem__(self, space: object) -> Option:
        """The space's tag, if it has one."""
        at, state = term_of(space), self.tags.state
        return Option(Not(state.has(at)), Value(state.of(at), self.tags.path))

    def __setitem__(self, space: object, tag: object) -> None:
        """Give it one, or none."""
        at, old = term_of(space), self.tags.state
        if tag is None:
            self.tags.become(has=lambda s: And(old.has(s), s != at))
            return
        new = term_of(tag)
        self.tags.become(has=lambda s: Or(old.has(s), s == at), of=lambda s: If(s == at, new, old.of(s)))


class _Holder:
    """The space of each tag."""

    def __init__(self, tags: "SymbolicTags") -> None:
        self.tags = tags

    def get(self, tag: object) -> Option:
        """Its holder, if it has one."""
        at, state = term_of(tag), self.tags.state
        return Option(Not(state.given(at)), Value(state.holder(at), self.tags.path))

    def __setitem__(self, tag: object, space: object) -> None:
        """It has one."""
        at, new, old = term_of(tag), term_of(space), self.tags.state
        self.tags.become(given=lambda t: Or(old.given(t), t == at), holder=lambda t: If(t == at, new, old.holder(t)))


class SymbolicTags:
    """The state of the tags, and the methods of the code's class."""

    def __init__(self, path: Path, code: Code) -> None:
        """Between two calls."""
        self.path = path
        self.state = BEFORE
        self._of, self._holder, self._queue, self._cores = _Of(self), _Holder(self), TagOrder(path), AllCores(self)
        self._code = code
        self._user: Term | None = None

    def become(self, **changed: Any) -> None:
        """Be in another state."""
        self.state = replace(self.state, **changed)

    def _method(self, name: str, rules: dict[tuple[str, int], Any]) -> Callable[..., Any]:
        function = getattr(self._code.tags, name)
        named = {(plain_name(function), number): rule for (_, number), rule in rules.items()}
        return bind(function, self.path, rules=named)

    def of(self, space: Value, core: OneCore) -> Value:
        """Executed."""
        given: Value = self._method("of", {})(self, space, core)
        return given

    def current(self, space: Value) -> Option:
        """Executed."""
        given: Option = self._method("current", {})(self, space)
        return given

    def _next(self, core: OneCore) -> Value:
        given: Value = self._method("_next", {("", 0): TagSearch(self.path, lambda: self._user)})(self, core)
        return given

    def _in_use(self, tag: Value, core: OneCore) -> object:
        in_line = term_of(tag)

        def invariant(seen: Predicate) -> Formula:
            return ForAll([c], Implies(And(seen(c), c != core.term), under(c) != in_line))

        rule = MeetingCores(self.path, EXECUTING, invariant, lambda: None)
        self._user = rule.met
        return self._method("_in_use", {("", 0): rule})(self, tag, core)

    def retire(self, tag: Value) -> None:
        """Executed."""
        gone, old = term_of(tag), self.state.held
        during = Function("held_during", Core, Tag, BoolSort())

        def invariant(seen: Predicate) -> Formula:
            held = self.state.held
            return And(
                ForAll([c], Implies(seen(c), Not(held(c, gone)))),
                ForAll([c, t], Implies(t != gone, held(c, t) == old(c, t))),
            )

        rule = MeetingCores(self.path, EVERY_CORE, invariant, lambda: self.become(held=during))
        self._method("retire", {("", 0): rule})(self, tag)
