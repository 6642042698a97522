"""The functions that each test or obligation executes, recorded once and kept until a file changes."""

import hashlib
import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType

from model.running.compiling import cache_directory
from proofs.execution.path import EXECUTED
from proofs.mutation.operators.mutants import ModuleSource
from proofs.mutation.runner.inplace import Place, place_of

KEPT = 600  # files of records that are kept, the newest ones


@dataclass(slots=True)
class Record:
    """The record of a test or an obligation on the right code.

    :param passed: whether it passes; one that does not cannot notice anything.
    :param places: the codes that it executed.
    :param shared: those that were executed to prepare what it shares with others; ``preparing`` are the seconds for it.
    """

    name: str
    seconds: float
    passed: bool
    places: list[Place] = field(default_factory=list)
    shared: list[Place] = field(default_factory=list)
    preparing: float = 0.0
    said: str = ""


@contextmanager
def executed(files: Mapping[str, str]) -> Iterator[set[Place]]:
    """The codes that are executed in the block, by Python or on terms.

    :param files: of which files, with the name of the module that each is.
    """
    on_terms = {f"{EXECUTED}{module}": file for file, module in files.items()}
    found: set[Place] = set()
    seen: set[int] = set()
    kept = []

    def trace(frame: FrameType, event: str, argument: object) -> None:
        code = frame.f_code
        if id(code) not in seen:
            seen.add(id(code))
            kept.append(code)  # so that its id stays its own
            if code.co_filename in files:
                found.add(place_of(code))
            elif code.co_filename in on_terms:
                found.add((on_terms[code.co_filename], code.co_qualname, code.co_firstlineno))

    before = sys.gettrace()
    threading.settrace(trace)
    sys.settrace(trace)
    try:
        yield found
    finally:
        sys.settrace(before)
        threading.settrace(before)


class Coverage:
    """The tests and obligations that execute each function, the quickest first.

    Obligations of a group share what one of them executes, and only that one was recorded with its time. So groups are
    asked one after the other: whoever is asked first of a group costs as much as the slowest. Likewise whoever is asked
    first of a file's tests may have to prepare what another one prepared when they were recorded.

    :param group: of a test or an obligation, by its name.
    :ivar usual: the seconds that each takes at most, also if it is asked first.
    """

    def __init__(
        self, sources: Sequence[ModuleSource], records: Sequence[Record], group: Callable[[str], str] = str
    ) -> None:
        """From what was recorded."""
        self.records = {record.name: record for record in records}
        slowest: dict[str, float] = {}
        for record in records:
            slowest[group(record.name)] = max(record.seconds, slowest.get(group(record.name), 0.0))
        self.costs = {record.name: slowest[group(record.name)] for record in records}
        preparing: dict[str, float] = {}
        for record in records:
            file = _file_of(record.name)
            preparing[file] = max(record.preparing, preparing.get(file, 0.0))
        self.usual = {record.name: record.seconds + preparing[_file_of(record.name)] for record in records}
        self._order = {
            record.name: (self.costs[record.name], group(record.name), record.seconds, record.name)
            for record in records
        }
        self._units = {str(source.file): _Lines(source) for source in sources}
        self._direct: dict[str, dict[str, None]] = {}
        self._shared: dict[str, dict[str, None]] = {}
        for record in sorted(records, key=lambda record: self._order[record.name]):
            if record.passed:
                for places, table in ((record.places, self._direct), (record.shared, self._shared)):
                    for unit in {self.unit_at(place) for place in places} - {""}:
                        table.setdefault(unit, {})[record.name] = None

    def unit_at(self, place: Place) -> str:
        """The function that some code is in; empty for code that is in none."""
        file, _, line = place
        return self._units[file].at(line) if file in self._units else ""

    def who(self, unit: str) -> list[str]:
        """Those that execute it, then those for which it was executed before, and who share what it made."""
        direct = list(self._direct.get(unit, {}))
        files = {_file_of(name) for name in self._shared.get(unit, {})}
        rest = [name for name in self.everybody() if _file_of(name) in files]
        return list(dict.fromkeys(direct + rest))

    def everybody(self) -> list[str]:
        """All that can notice something."""
        return sorted((name for name, record in self.records.items() if record.passed), key=self._order.__getitem__)


def _file_of(name: str) -> str:
    """The file of a test; an obligation is its own."""
    return name.partition("::")[0]


class _Lines:
    """The functions of a file, by line."""

    def __init__(self, source: ModuleSource) -> None:
        self._spans = [
            (unit.line, getattr(unit.node, "end_lineno", unit.line), f"{source.module}.{name}")
            for name, unit in source.units.items()
        ]

    def at(self, line: int) -> str:
        return next((name for first, last, name in self._spans if first <= line <= last), "")


def digest_with(shared: str, root: Path, file: str, names: Sequence[str]) -> str:
    """That of the tests or obligations of one file, from what all share."""
    found = hashlib.sha256("\0".join((shared, file, *names)).encode())
    if (root / file).is_file():
        found.update((root / file).read_bytes())
    return found.hexdigest()[:24]


def read_records(digest: str) -> list[Record] | None:
    """Read what was recorded before; None if nothing was, or it cannot be read."""
    try:
        told = json.loads(_file(digest).read_text("utf-8"))
        return [
            Record(**{**each, "places": _places(each["places"]), "shared": _places(each["shared"])}) for each in told
        ]
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _places(told: Sequence[Sequence[object]]) -> list[Place]:
    return [(str(file), str(name), int(str(line))) for file, name, line in told]


def keep(digest: str, records: Sequence[Record]) -> None:
    """Keep what was recorded."""
    file = _file(digest)
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps([asdict(record) for record in records]), "utf-8")
    partial.replace(file)
    for old in sorted(file.parent.glob("*.json"), key=lambda each: each.stat().st_mtime)[:-KEPT]:
        old.unlink(missing_ok=True)


def _file(digest: str) -> Path:
    return cache_directory() / "mutation" / f"{digest}.json"
