"""Templates of invariants: what is likely to hold of a subsystem, made of its symbols, as code and as formulas.

A candidate is the code of a method, which is evaluated as it stands; so what is shown to be inductive is what a user
pastes. The templates are of three kinds: the idioms, for every set of spaces that the description knows; where its
threads and frames are; and what its ghosts imply, by one quantifier a sort.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import z3

from model.messages import vocabulary
from model.messages.vocabulary import Frame, Id, Slot, Space, Thread, Word
from model.servers.description import Ghost, Subsystem, symbols_in
from model.servers.idioms import among, nobody
from model.signature import Formula, Symbol
from model.spaces.vocabulary import owner, q, r, sigma0, x, y

_VARIABLES = {
    Slot: ("x", "y"),
    Frame: ("r", "q"),
    Space: ("p", "p2"),
    Thread: ("t", "u"),
    Id: ("i", "j"),
    Word: ("w", "v"),
}
"""The variables that a description is written with."""

_NAMES: Mapping[str, Any] = {
    **{name: getattr(z3, name) for name in ("And", "Exists", "ForAll", "Implies", "Not", "Or")},
    **{name: getattr(vocabulary, name) for name in ("i", "j", "p", "p2", "t", "u", "v", "w")},
    **{"among": among, "nobody": nobody, "owner": owner, "q": q, "r": r, "sigma0": sigma0, "x": x, "y": y},
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """An invariant that may hold.

    :param template: which of the templates it is of.
    :param name: what its method is called.
    :param sentence: what it says, in words.
    :param body: what the method returns, as code.
    """

    template: str
    name: str
    sentence: str
    body: str

    @property
    def code(self) -> str:
        """The method, to be pasted into the description."""
        return f'    @invariant\n    def {self.name}(self):\n        """{self.sentence}."""\n        return {self.body}'

    def formula(self, seen: Subsystem) -> Formula:
        """What it says of a state."""
        made: Formula = eval(self.body, {"__builtins__": {}, **_NAMES, "self": seen})
        return made


@dataclass(frozen=True, slots=True)
class _Set:
    """A set of spaces: as code, and in words."""

    code: str
    words: str

    def of(self, space: str) -> str:
        """The code that the space is in it."""
        if self.single:
            return f"{space} == {self.code}"
        code = f"({self.code})" if self.code.startswith("lambda") else self.code
        return f"{code}({space})"

    @property
    def single(self) -> bool:
        return not self.words.startswith("all ")


def candidates(kind: type[Subsystem]) -> list[Candidate]:
    """The candidates of all templates, each once."""
    symbols = symbols_in(kind)
    made = (
        *_of_windows(symbols),
        *_of_pages(symbols),
        *_of_threads(symbols),
        *_of_slots(symbols),
        *_of_words(symbols),
        *_of_ghosts(symbols),
    )
    return list({each.body: each for each in made}.values())


def _constants(symbols: Mapping[str, Symbol], sort: z3.SortRef) -> list[str]:
    return [name for name, each in symbols.items() if not each.arguments and each.result == sort]


def _relations(symbols: Mapping[str, Symbol], *sorts: z3.SortRef) -> list[str]:
    return [
        name
        for name, each in symbols.items()
        if each.is_relation and each.sorts == sorts and not isinstance(each, Ghost)
    ]


def _sets(symbols: Mapping[str, Symbol]) -> list[_Set]:
    """The sets of spaces that the description names, σ₀ among them."""
    found = [_Set(f"self.{name}", f"all {name}") for name in _relations(symbols, Space)]
    found += [_Set(f"self.{name}", name) for name in _constants(symbols, Space)]
    return [*found, _Set("sigma0", "sigma0")]


def _some(symbols: Mapping[str, Symbol]) -> list[_Set]:
    """What can be made of up to three of these sets."""
    sets = _sets(symbols)
    return [*sets, *(_union(some) for number in (2, 3) for some in combinations(sets, number))]


def _union(sets: tuple[_Set, ...]) -> _Set:
    words = "all " + " and ".join(each.words.removeprefix("all ") for each in sets)
    if all(each.single for each in sets):
        return _Set(f"among({', '.join(each.code for each in sets)})", words)
    return _Set(f"lambda p: Or({', '.join(each.of('p') for each in sets)})", words)


def _called(*parts: str) -> str:
    words = "_".join(part.removeprefix("all ") for part in parts)
    return words.replace(" and ", "_").replace(" ", "_")


def _of_windows(symbols: Mapping[str, Symbol]) -> Iterator[Candidate]:
    """Who opens windows to whom."""
    sets = _sets(symbols)
    members = _Set("self.members", "all members")
    for mine in sets:
        who = mine.words
        yield Candidate(
            "sealed", _called("sealed", who), f"{_upper(who)} has no open window", f"self.sealed({mine.code})"
        )
        for allowed in (*(each for each in sets if each != mine), members):
            said = f"Windows of {who} are open to {allowed.words} only"
            yield Candidate(
                "facing", _called("facing", who, allowed.words), said, f"self.facing({mine.code}, {allowed.code})"
            )
        yield Candidate(
            "disjoint",
            _called("disjoint", who),
            f"No slot of {who} is in two windows",
            f"self.disjoint({mine.code})",
        )
        yield Candidate(
            "on empty", _called("on_empty", who), f"Windows of {who} are on empty slots", f"self.on_empty({mine.code})"
        )


def _of_pages(symbols: Mapping[str, Symbol]) -> Iterator[Candidate]:
    """From whom pages come, and which frames show where."""
    members = _Set("self.members", "all members")
    for mine in _sets(symbols):
        for above in (_Set("nobody", "all nobody"), *_some(symbols), members):
            said = f"Pages of {mine.words} derive from {above.words} only"
            yield Candidate(
                "chain", _called("chain", mine.words, above.words), said, f"self.chain({mine.code}, {above.code})"
            )
    for frames in _relations(symbols, Frame):
        for mine in (*_some(symbols), members):
            yield Candidate(
                "frames shown",
                _called("only", frames, "in", mine.words),
                f"{_upper(mine.words)} shows only {frames}",
                f"self.only_frames({mine.code}, self.{frames})",
            )
            yield Candidate(
                "where frames show",
                _called(frames, "only_in", mine.words),
                f"A frame of {frames} shows in {mine.words} only",
                f"self.only_in({mine.code}, self.{frames})",
            )


def _of_threads(symbols: Mapping[str, Symbol]) -> Iterator[Candidate]:
    """Where the threads are that the description names, who serves which, and where its frames are."""
    for thread in _constants(symbols, Thread):
        yield Candidate(
            "begun", _called(thread, "begun"), f"The thread {thread} has begun", f"self.existed(self.{thread})"
        )
        for other in _constants(symbols, Thread):
            for home in (each for each in _sets(symbols) if each.single and other != thread):
                where = f"self.space(self.{thread}) == {home.code}"
                yield Candidate(
                    "served by",
                    _called(thread, "in", home.words, "serves", other),
                    f"The thread {thread} serves the interrupt of {other}, and is in {home.words}",
                    f"And(self.serves(self.{thread}, self.{other}), {where})",
                )
        here = f"self.space(self.{thread})"
        for space in _constants(symbols, Space):
            for sign, said in (("==", "is"), ("!=", "is not")):
                yield Candidate(
                    "placed",
                    _called(thread, said, "in", space),
                    f"The thread {thread} has begun, and {said} in {space}",
                    f"And(self.existed(self.{thread}), {here} {sign} self.{space})",
                )

        for space in _constants(symbols, Space):
            yield Candidate(
                "served",
                _called(thread, "is served in", space),
                f"An interrupt of {thread} is served in {space}",
                f"Exists([t], And(self.serves(t, self.{thread}), self.space(t) == self.{space}))",
            )


def _of_slots(symbols: Mapping[str, Symbol]) -> Iterator[Candidate]:
    """Which slot that the description names holds which frame."""
    for slot in _constants(symbols, Slot):
        for frame in _constants(symbols, Frame):
            yield Candidate(
                "holds",
                _called(slot, "holds", frame),
                f"{_upper(slot)} holds {frame}",
                f"self.holds(self.{slot}, self.{frame})",
            )


def _of_words(symbols: Mapping[str, Symbol]) -> Iterator[Candidate]:
    """What is known of a word that stands in memory."""
    for name, ghost in symbols.items():
        if isinstance(ghost, Ghost) and ghost.sorts == (Word,):
            given = f"And(self.{name}(w), self.contains(r, w))"
            for what, said, follows in _of_word(symbols, name):
                yield Candidate(
                    "word in memory",
                    _called(name, "in_memory", what),
                    f"Where a word of {name} stands in memory, {said}",
                    f"ForAll([r, w], Implies({given}, {follows}))",
                )


def _of_word(symbols: Mapping[str, Symbol], name: str) -> Iterator[tuple[str, str, str]]:
    """What another ghost may say of a word: that it holds, and for which spaces alone, or for which not."""
    for what, said, follows, _ in _of_other_ghosts(symbols, name, {"w": Word}):
        yield what, said, follows
    for other, ghost in symbols.items():
        if isinstance(ghost, Ghost) and ghost.sorts == (Word, Space):
            for each in _sets(symbols):
                inside, holds = each.of("p"), f"self.{other}(w, p)"
                yield (
                    f"{other}_in_{each.words}",
                    f"{other} holds of {each.words} only",
                    f"ForAll([p], Implies({holds}, {inside}))",
                )
                yield (
                    f"{other}_not_in_{each.words}",
                    f"{other} does not hold of {each.words}",
                    f"ForAll([p], Implies({holds}, Not({inside})))",
                )


def _of_ghosts(symbols: Mapping[str, Symbol]) -> Iterator[Candidate]:
    """What follows where a ghost holds, and where it is a function."""
    ghosts = {name: each for name, each in symbols.items() if isinstance(each, Ghost)}
    for name, ghost in ghosts.items():
        if not all(sort in _VARIABLES for sort in ghost.sorts):
            continue
        variables = _variables(ghost.sorts)
        given = f"self.{name}({', '.join(variables)})"
        for what, said, follows, more in _consequences(symbols, name, dict(zip(variables, ghost.sorts, strict=True))):
            bound = ", ".join(dict.fromkeys((*variables, *more)))
            yield Candidate(
                "ghost implies",
                _called(name, what),
                f"Where {name} holds, {said}",
                f"ForAll([{bound}], Implies({given}, {follows}))",
            )
        for place, sort in enumerate(ghost.sorts):
            if len(variables) > 1:
                other = _VARIABLES[sort][1 if variables[place] == _VARIABLES[sort][0] else 0]
                changed = [other if n == place else each for n, each in enumerate(variables)]
                if other not in variables:
                    both = f"And({given}, self.{name}({', '.join(changed)}))"
                    yield Candidate(
                        "ghost is a function",
                        _called(name, "has_one", sort.name().lower()),
                        f"With the rest given, {name} holds of at most one {sort.name().lower()}",
                        f"ForAll([{', '.join((*variables, other))}], Implies({both}, {variables[place]} == {other}))",
                    )


def _variables(sorts: tuple[z3.SortRef, ...]) -> list[str]:
    """A variable for each place, the second of its sort where the sort comes twice."""
    return [_VARIABLES[sort][sorts[:n].count(sort) % 2] for n, sort in enumerate(sorts)]


def _consequences(
    symbols: Mapping[str, Symbol], name: str, variables: Mapping[str, z3.SortRef]
) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """What may follow: a part of the candidate's name, a clause, a formula, and variables that it has besides."""
    spaces = [(f"self.{each}", each) for each in _constants(symbols, Space)]
    for variable, sort in variables.items():
        it = f"its {'other ' if variable != _VARIABLES[sort][0] else ''}{sort.name().lower()}"
        if sort == Id:
            yield "is_named", f"{it} was given to a thread", f"self.named({variable})", ()
        if sort == Word:
            for space, said in spaces:
                yield f"known_in_{said}", f"{it} is known in {said}", f"self.has({space}, {variable})", ()
            for word in (*_constants(symbols, Word), "empty"):
                yield f"is_not_{word}", f"{it} is not {word}", f"{variable} != self.{word}", ()
            yield "is_no_fault", f"{it} is no message of a page fault", f"{variable} != self.fault(x)", ("x",)
        if sort == Slot:
            yield "is_live", f"{it} is in use", f"self.live({variable})", ()
            yield "is_in_no_window", f"{it} is in no window", f"Not(self.window(t, {variable}))", ("t",)
            for each in _sets(symbols):
                yield f"in_{each.words}", f"{it} is of {each.words}", each.of(f"owner({variable})"), ()
            if "y" not in variables:
                for each in _some(symbols):
                    follows = f"Implies(self.derives({variable}, y), {each.of('owner(y)')})"
                    yield f"from_{each.words}", f"{it} derives from {each.words} only", follows, ("y",)
        if sort == Space:
            for each in _sets(symbols):
                yield f"in_{each.words}", f"{it} is of {each.words}", each.of(variable), ()
    yield from _of_other_ghosts(symbols, name, variables)
    slots, frames = ([v for v, sort in variables.items() if sort == each] for each in (Slot, Frame))
    for slot in slots:
        for frame in frames:
            yield "is_shown", "its slot shows its frame", f"self.phys({slot}, {frame})", ()


def _of_other_ghosts(
    symbols: Mapping[str, Symbol], name: str, variables: Mapping[str, z3.SortRef]
) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """Say that another ghost holds of the same elements, and of some others where it has more places."""
    for other, symbol in symbols.items():
        if not isinstance(symbol, Ghost) or other == name or not all(sort in _VARIABLES for sort in symbol.sorts):
            continue
        by_sort = {sort: variable for variable, sort in variables.items()}
        shared = [by_sort.get(sort) for sort in symbol.sorts]
        if shared[0] is None or len(set(symbol.sorts)) < len(symbol.sorts):
            continue
        bound = [_VARIABLES[sort][1] for sort, known in zip(symbol.sorts, shared, strict=True) if known is None]
        arguments = [known or _VARIABLES[sort][1] for sort, known in zip(symbol.sorts, shared, strict=True)]
        said = f"self.{other}({', '.join(arguments)})"
        some = f"Not(ForAll([{', '.join(bound)}], Not({said})))" if bound else said
        yield f"is_{other}", f"{other} holds too", some, ()


def _upper(words: str) -> str:
    return words[0].upper() + words[1:]
