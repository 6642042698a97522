"""Python classes as targets, imported from their file by path."""

import gc
import inspect
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from refinement.check.target.calls import OPTIONAL, Call
from refinement.check.target.guarding import number_of, one_line
from refinement.check.target.message_calls import MessageCall
from refinement.check.target.message_targets import offered_by, thread_shown
from refinement.check.target.options import options_named
from refinement.check.target.ownership_calls import OwnershipCall
from refinement.check.target.ownership_targets import OwningClass, offered_by_name, owns_pages
from refinement.check.target.range_calls import RangeCall
from refinement.check.target.range_targets import STATUS as RANGE_STATUS
from refinement.check.target.range_targets import Range, cores_told, ranges_offered, shown_by
from refinement.check.target.target import AnswerError, TargetError
from refinement.check.target.wrapping import Loaded, wrap, wrap_ownership, wrap_sized
from refinement.source_file import module_from


class ClassDatabase:
    """An object of a stranger's class."""

    def __init__(self, factory: Callable[..., Any], *, sized: bool = False) -> None:
        """Nothing is constructed before :meth:`init`, or :meth:`init_sized` if the class has ranges."""
        self._factory = factory
        self._smallest = (1, 1, 1, (0,)) if sized else (1, 1, 1)
        self._object: Any = None

    def init(self, spaces: int, pages: int, frames: int) -> int:
        """A fresh object; a ValueError says that it cannot be that large."""
        return self._made(spaces, pages, frames)

    def init_sized(self, spaces: int, pages: int, frames: int, orders: tuple[int, ...]) -> int:
        """A fresh object with ranges of those orders."""
        return self._made(spaces, pages, frames, orders)

    def _made(self, *arguments: Any) -> int:
        try:
            self._object = self._factory(*arguments)
        except ValueError:
            return 1
        return 0

    def pass_range(self, call: RangeCall, src: Range, dst: Range, offset: int, rights: int) -> int:
        """The method's answer."""
        answer = getattr(self._object, call.export)(src, dst, offset, rights)
        return number_of(call.export, answer, RANGE_STATUS)

    def flush_range(self, of: Range, rights: int, *, own: bool) -> int:
        """The method's answer."""
        return number_of("flush2", self._object.flush2(of, rights, own), RANGE_STATUS)

    def lookup_sized(self, call: RangeCall, core: int | None, space: int, page: int) -> tuple[int, int, int]:
        """The method's answer: (frame, rights, order), or None."""
        asked = (core, space, page) if call == RangeCall.LOOKUP_TLB else (space, page)
        return shown_by(call.export, getattr(self._object, call.export)(*asked))

    def operate(self, call: Call, arguments: tuple[int, ...]) -> int:
        """The method's answer."""
        name = call.name.lower()
        if call == Call.NORMALISE:  # of the hardware, whatever the sizes
            asked = self._factory(*self._smallest) if self._object is None else self._object
            return number_of(name, asked.normalise(*arguments), "a set of rights, 0 to 7")
        return number_of(name, getattr(self._object, name)(*arguments), "0 for done, 1 for refused")

    def lookup(self, call: Call, space: int, page: int) -> tuple[int, int]:
        """The method's answer: (frame, rights), or None."""
        name = call.name.lower()
        answer = getattr(self._object, name)(space, page)
        if answer is None or (isinstance(answer, int) and answer == -1):
            return -1, 0
        match answer:
            case (int(frame), int(rights)):
                return int(frame), int(rights)
        said = f"{name} returned {answer!r}: return (frame, rights), or None where nothing is mapped"
        raise AnswerError(said, f"{name} returns no (frame, rights)")

    def converse(self, call: MessageCall, asked: dict[str, Any]) -> int:
        """The method's answer."""
        name = call.name.lower()
        return number_of(name, getattr(self._object, name)(*asked.values()), "0 for done, 1 for refused")

    def thread(self, thread: int) -> tuple[int, int, int, int]:
        """The method's answer: (state, space, sender, word), or None of a thread that is absent."""
        answer = self._object.thread(thread)
        if answer is None:
            return 0, 0, -1, -1
        if not isinstance(answer, tuple | list) or len(answer) != 4:
            raise AnswerError(f"thread returned {answer!r}: return (state, space, sender, word), or None if absent")
        return thread_shown(f"thread({thread})", *answer)


def load_class(path: str, name: str) -> Loaded:
    """The methods of a class as C functions.

    :raises TargetError: the file cannot be imported, or the class lacks a method.
    """
    # At the end: what the file imports from its own folder must not hide other modules.
    sys.path.append(str(Path(path).parent))
    try:
        module = module_from(path, f"musigma_target_{Path(path).stem}")
    except BaseException as error:
        raise TargetError(f"{path}: importing it ends in {type(error).__name__}: {one_line(error)}") from None
    factory = getattr(module, name, None)
    if not inspect.isclass(factory):
        classes = [
            n for n, value in vars(module).items() if inspect.isclass(value) and value.__module__ == module.__name__
        ]
        raise TargetError(f"{path}: there is no class {name}; it defines {', '.join(classes) or 'no class'}")
    if owns_pages(factory):
        return _load_owning(factory, f"{path}: class {name}")
    who = f"{path}: class {name}"
    ranges = ranges_offered(lambda method: callable(getattr(factory, method, None)), who)
    methods = [call for call in Call if callable(getattr(factory, call.name.lower(), None)) and call != Call.INIT]
    missing = [call.name.lower() for call in Call if call not in (*methods, *OPTIONAL, Call.INIT)]
    if missing and not ranges:
        hint = "; one that keeps ownership of pages has donate" if "map" in missing else ""
        raise TargetError(f"{who} has no method {', '.join(missing)}{hint}")
    try:
        inspect.signature(factory).bind(1, 1, 1, *([(0,)] if ranges else []))
    except TypeError:
        orders = ", orders" if ranges else ""
        raise TargetError(f"{path}: {name} must be made as {name}(spaces, pages, frames{orders})") from None
    except ValueError:
        pass  # no signature to look at: the first call will tell
    _let_recurse()
    # Methods called wait or end may be anything; one called init_threads is meant for this.
    talks = callable(getattr(factory, "init_threads", None))
    offered = offered_by(lambda name: talks and callable(getattr(factory, name, None)), who)
    features = [call for call in methods if call in OPTIONAL]
    if ranges:
        cores = cores_told(getattr(factory, "cores", None), ranges, who)
        own = [call for call in features if call != Call.LOOKUP_HW]
        loaded = wrap_sized(ClassDatabase(factory, sized=True), ranges, own, offered, cores)
    else:
        loaded = wrap(ClassDatabase(factory), features, offered)
    loaded.memory = python_memory
    loaded.options = options_named(lambda name: bool(getattr(factory, name, False)))
    return loaded


def _let_recurse() -> None:
    """How deep Python lets functions recurse says nothing of the database."""
    sys.setrecursionlimit(1_000_000)


def _load_owning(factory: Any, who: str) -> Loaded:
    """A class that keeps ownership of pages in place of a mapping database.

    :raises TargetError: it lacks a method, or cannot be made.
    """
    begun = OwnershipCall.INIT_OWNERSHIP
    offered, lacking = offered_by_name(lambda name: callable(getattr(factory, name, None)))
    if lacking := [name for name in lacking if name != begun.name.lower()]:
        raise TargetError(f"{who} has no method {', '.join(lacking)}")
    try:
        inspect.signature(factory).bind(2, 1)
    except TypeError:
        raise TargetError(f"{who} must be made as {factory.__name__}(parties, pages)") from None
    except ValueError:
        pass  # no signature to look at: the first call will tell
    _let_recurse()
    return replace(wrap_ownership([*offered, begun], OwningClass(factory).ask), memory=python_memory)


def python_memory() -> int:
    """Bytes of Python's objects, about, without what only waits to be collected."""
    gc.collect()
    return sys.getallocatedblocks() * 32
