"""The page walker's code, executed in every format on any memory, and what it does compared with what a walk is.

``Walker.translate`` is executed, and in it ``walk``, whose loop is executed as often as the format has levels; that it
never goes on below the last one is proved. Nothing is bounded: memory, root, address, access and modes are any.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from types import SimpleNamespace
from typing import Any

from z3 import And, Bool, BoolVal, Not

from machine.events import PageFault, Reason
from machine.formats import FORMATS, SECOND_STAGES, Format
from machine.formats.base import DIRTY
from machine.walker import Translation
from model.spaces.theory import Formula
from proofs.execution.coverage import CoveringPath
from proofs.execution.integers import Integer, integer, signed
from proofs.execution.monitor import bind
from proofs.execution.on_words import functions_of
from proofs.execution.path import Cut, ExecutionError, Path, Raised, paths
from proofs.execution.values import Truth
from proofs.obligation import Condition
from proofs.obligations.code import Build, CodeObligation
from proofs.obligations.executed import executed_whole
from proofs.obligations.machine.bits import ALL_FORMATS, prefix
from proofs.obligations.machine.demands import demanded
from proofs.obligations.machine.walk_memory import READS, EntryWords, Levels, length_of, plain_name
from proofs.obligations.machine.walk_spec import Walked, WalkResult, any_place
from proofs.obligations.source import CODE, Code
from refinement.rewriting import enclosed

ENDS = "walk__ends__where_entries_say"
FINDS = "walk__finds__what_its_path_says"
MARKS = "walk__marks__its_path_only"
REPORTS = "translation__is__what_the_walk_found"
REFUSES = "translation__refuses__no_address"


def executed_walk(path: Path, format: Format, code: Code, words: object) -> Callable[..., Any]:
    """The code's walk of a format, to be executed on a path: one function for all paths, whose text is read once.

    It is what the code chooses: where several tables are the root, what selects one of them and walks from there. Of a
    memory that somebody else writes, which may refuse an entry, no more is said.
    """
    walk, made = path.once("the walk", lambda: code.walk(format)), list[Callable[..., Any]]()

    def build(of: Format) -> Callable[..., Any]:
        # What it has of its format is straight-line, and answers for terms as it does for numbers.
        _is_of(of, format)
        made.append(bind(walk, path, {**enclosed(walk), "len": length_of}, {(plain_name(walk), 0): Levels(path)}))
        return made[-1]

    def widen(inner: Callable[..., Any], of: Format) -> Callable[..., Any]:
        _is_of(of, format)
        wide = code.wide_root(inner, of)
        made.append(bind(wide, path, enclosed(wide)))
        return made[-1]

    def may_be_refused(value: object, kind: object) -> Truth:
        if value is not words or kind != ():
            raise ExecutionError(f"{value!r} is asked about, and not whether the memory's words may be refused")
        return Truth(Bool("somebody else writes this memory"), path)

    def refusable(inner: object, root_level: int) -> None:
        if inner is not made[-1] or root_level != format.root_level:
            raise ExecutionError(f"{inner!r} is to be refused at level {root_level}, and not the walk at its root's")
        raise Cut

    names = {
        "build_walk": build,
        "wide_root": widen,
        "isinstance": may_be_refused,
        "Words": (),
        "_refusable": refusable,
    }
    found: Callable[..., Any] = bind(code.walk_of, path, names, stands=(build, widen))(format, words)
    return found


def _is_of(one: Format, other: Format) -> None:
    if one is not other:
        raise ExecutionError(f"the walk of {other.name} is made of {one!r}")


@cache
def setting_of(format: Format) -> Walked:
    """Return the arguments of a translation of a format, and the entries on its way."""
    return Walked(format)


@dataclass(frozen=True, slots=True, eq=False)
class Translated:
    """A path through a translation, and its result: a translation, or a fault; nothing if it was cut."""

    path: Path
    result: Translation | PageFault | None


@cache
def walked(format: Format, code: Code = CODE) -> tuple[Translated, ...]:
    """All paths through the translation of any address, with what must hold on them."""
    return tuple(Translated(path, result) for path, result in paths(lambda path: _translation(path, format, code)))


def _translation(path: Path, format: Format, code: Code) -> Translation | PageFault:
    setting = setting_of(format)
    words = EntryWords(path, setting)
    walk = executed_walk(path, format, code, words)
    ended: list[WalkResult] = []

    def walk_and_compare(*arguments: Any) -> Any:
        _is_called(path, setting, words, arguments)
        got = walk(*arguments)
        ended.append(WalkResult(got[0], got[1], *(integer(each) for each in got[2:])))
        _is_the_walk(path, setting, words, ended[-1])
        return got

    def fault(reason: int, level: int, *arguments: object) -> Any:
        same = [integer(one) == other for one, other in zip(arguments, _rest(setting), strict=True)]
        right = (reason, level) == (ended[-1].reason, ended[-1].level)
        path.demand(REPORTS, lambda: And(BoolVal(right), *same))
        return VECTOR_AND_CODE

    asked = setting.user == 1
    walker = SimpleNamespace(
        format=replace(format, fault=fault), control=setting.control, _words=words, _walk=walk_and_compare
    )
    translate = bind(code.walker.translate, path, {"int": _flag_of(asked, setting)}, stands=functions_of(format))
    try:
        result: Translation | PageFault = translate(walker, setting.address, setting.access, asked, setting.root)
    except Raised:
        path.demand(REFUSES, lambda: BoolVal(False))
        raise Cut from None
    if len(ended) != 1:
        raise ExecutionError(f"a translation of {format.name} walks {len(ended)} times")
    _is_reported(path, setting, ended[0], result, asked)
    return result


VECTOR_AND_CODE = (object(), object())
"""What a fault's reason is reported as, of which nothing is claimed here."""


def _rest(setting: Walked) -> tuple[Integer, Integer, Integer]:
    return setting.access, setting.user, setting.control


def _flag_of(asked: Formula, setting: Walked) -> Callable[[object], Integer]:
    def flag(value: object) -> Integer:
        if value is not asked:
            raise ExecutionError(f"the user flag is made of {value!r}")
        return setting.user

    return flag


def _is_called(path: Path, setting: Walked, words: EntryWords, arguments: tuple[Any, ...]) -> None:
    """The walk is called with what the translation was."""
    expected = (setting.root, setting.address, *_rest(setting))
    same = [integer(one) == other for one, other in zip(arguments[1:], expected, strict=True)]
    path.demand(REPORTS, lambda: And(BoolVal(arguments[0] is words), *same))


def _is_the_walk(path: Path, setting: Walked, words: EntryWords, result: WalkResult) -> None:
    """The end of the walk is that of the declarative one, in all that it gives and leaves behind."""
    level, read = result.level, words.read
    path.demand(ENDS, lambda: setting.ends(result.reason, level))
    if result.reason != Reason.OK:
        path.demand(MARKS, lambda: read(any_place) == setting.words(any_place))
        return
    path.demand(FINDS, lambda: result.attributes == setting.attributes(level))
    path.demand(FINDS, lambda: (result.shared != 0) == (setting.shared(level) != 0))
    path.demand(MARKS, lambda: result.entry == setting.found(level))
    path.demand(MARKS, lambda: read(any_place) == setting.after(level)(any_place))


def _is_reported(
    path: Path, setting: Walked, ended: WalkResult, result: Translation | PageFault, asked: Formula
) -> None:
    """The translation or the fault is that of the walk."""
    format = setting.format
    if isinstance(result, PageFault):
        known = result.reason == ended.reason != Reason.OK and result.user is asked
        as_told = (result.vector, result.code) == VECTOR_AND_CODE
        asked_for = And(integer(result.address) == setting.address, integer(result.access) == setting.access)
        path.demand(REPORTS, lambda: And(BoolVal(known and as_told), asked_for))
        return
    size = 1 << format.span_bits(ended.level)
    within = integer(format.within(ended.entry, ended.level))
    frame = integer(format.frame(ended.entry, ended.level)) | ((setting.address >> 12) & within)
    path.demand(
        REPORTS,
        lambda: And(
            BoolVal(ended.reason == Reason.OK and result.level == ended.level),
            integer(result.frame) == frame,
            frame & ((size >> 12) - 1) == 0,
            integer(result.physical) == frame * 4096 + (setting.address & (size - 1)),
            integer(result.attributes) == ended.attributes,
            truth_of(result.dirty) == (integer(format.flags(ended.entry)) & DIRTY != 0),
            truth_of(result.shared) == (ended.shared != 0),
        ),
    )


def truth_of(value: Any) -> Formula:
    """A flag of a translation, as a formula."""
    return BoolVal(value) if isinstance(value, bool) else value


@cache
def refused(format: Format, code: Code = CODE) -> tuple[Path, ...]:
    """All paths through the translation of any integer with any integer for a root, up to the walk."""
    address, root = signed("any_address", 66), signed("any_root", 66)
    accepted = And(address >= 0, address < 1 << format.address_bits, root >= 0, root & 0xFFF == 0)

    def run(path: Path) -> None:
        def walk(words: object, *arguments: Any) -> None:
            given = (root, address, 4, 1, 0)
            same = [integer(one) == integer(two) for one, two in zip(arguments, given, strict=True)]
            path.demand(REFUSES, lambda: And(BoolVal(words is None), accepted, *same))
            raise Cut

        walker = SimpleNamespace(format=format, control=0, _words=None, _walk=walk)
        try:
            bind(code.walker.translate, path, {"int": int})(walker, address, 4, True, root)
        except Raised as error:
            is_value_error = isinstance(error.exception, ValueError)
            path.demand(REFUSES, lambda: And(BoolVal(is_value_error), Not(accepted)))

    return tuple(path for path, _ in paths(run))


def conditions(format: Format, what: str, code: Code = CODE) -> Iterator[Condition]:
    """The conditions that this holds of the translation."""
    setting = setting_of(format)
    given = {**setting.arguments, **(setting.way if what in (MARKS, READS) else {})}
    every = [one.path for one in walked(format, code)]
    return demanded([*every, *refused(format, code)] if what == REFUSES else every, what, given)


def runs(code: Code = CODE) -> Iterator[CoveringPath]:
    """All paths, of every format, with their hypotheses."""
    for format in ALL_FORMATS:
        format = code.of_format(format)
        yield from (CoveringPath(one.path, setting_of(format).arguments) for one in walked(format, code))
        yield from (CoveringPath(path, {}) for path in refused(format, code))


def executed(code: Code = CODE) -> tuple[Callable[..., Any], ...]:
    """Return what is executed here."""
    first, wide = FORMATS[0], next(format for format in SECOND_STAGES if format.root_tables > 1)
    return (code.walk(first), code.wide_root(code.walk(wide), wide), code.walk_of, code.walker.translate)


WHOLE = "walker__is__executed_whole"

THEOREMS = {
    ENDS: ("C4", "a walk ends at the first entry that is no pointer, for the reason that this entry gives"),
    FINDS: ("C9", "a walk grants what every entry of its path grants, and is global where they say"),
    MARKS: ("C4", "a walk marks the entries of its path, and on a fault changes nothing in memory"),
    READS: ("C4", "a walk reads and writes only the entries that the address selects, all of them in memory"),
    REPORTS: ("C4", "a translation is the leaf's page and the address within it, a fault is the walk's"),
    REFUSES: ("C4", "only what is no address or no root of a table is refused"),
}


def _build(format: Format, what: str) -> Build:
    return lambda dialect, code: conditions(code.of_format(format), what, code)


def obligations(formats: Iterable[Format] = ALL_FORMATS) -> Iterator[CodeObligation]:
    """Formats × what is demanded of their walks."""
    for format in formats:
        for name, (claim, sentence) in THEOREMS.items():
            yield CodeObligation(f"{prefix(format)}__{name}", claim, f"{format.name}: {sentence}", _build(format, name))


def whole_obligation() -> CodeObligation:
    """Return the obligation that all of the walker is executed, in one format or another."""
    return executed_whole(WHOLE, "the walker is executed, in one format or another", (executed, runs))
