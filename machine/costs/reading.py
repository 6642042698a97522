"""Processors are read from files in TOML, valid by ``processor.schema.json``; what is wrong is said in one line."""

import json
import tomllib
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

import jsonschema

from machine.costs.processor import BufferPart, CacheData, Kind, Processor
from machine.costs.quantity import NOT_APPLICABLE, UNKNOWN, Quantity, exactly
from machine.formats import FORMATS

ORDER: Final = (
    "486",
    "Pentium",
    "PowerPC 601",
    "Alpha 21064",
    "MIPS R4000",
    "MIPS R2000",
    "386",
    "68020",
    "CVAX",
    "SparcV8",
)
"""The processors that come with the project, those of Table 1 first."""

REFILLS: Final = ("hardware", "software", "?")
WRITES: Final = ("through", "back", "?")


class ProcessorError(ValueError):
    """A file that is no processor, or a processor of which too little is known; the message says what to write."""


@cache
def schema() -> dict[str, Any]:
    """The schema of processor files."""
    text = resources.files("machine.costs").joinpath("processor.schema.json").read_text("utf-8")
    value: dict[str, Any] = json.loads(text)
    return value


@cache
def processors() -> Mapping[str, Processor]:
    """The processors that come with the project, by name, in their order."""
    folder = resources.files("machine.costs").joinpath("processors")
    files = (each for each in folder.iterdir() if each.name.endswith(".toml"))
    found = {each.name: each for each in (parse(file.read_text("utf-8"), file.name) for file in files)}
    return {name: found[name] for name in ORDER}


def read(path: Path) -> Processor:
    """The processor in a file.

    :raises ProcessorError: it cannot be read, or is none.
    """
    try:
        return parse(path.read_text("utf-8"), str(path))
    except OSError as error:
        raise ProcessorError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ProcessorError(f"{path}: this is no text in UTF-8") from None


def parse(text: str, where: str) -> Processor:
    """The processor in a text.

    :param where: what the text is called in messages.
    :raises ProcessorError: it is no TOML, or not what the schema allows.
    """
    try:
        values = tomllib.loads(text, parse_float=_fraction)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ProcessorError(f"{where}: this is no TOML: {error or 'nested too deeply'}") from None
    except ValueError as error:
        raise ProcessorError(f'{where}: {error}: write a plain number, or value = "?" for an unknown one') from None
    wrong = min(jsonschema.Draft202012Validator(schema()).iter_errors(values), key=_place, default=None)
    if wrong is not None:
        raise ProcessorError(f"{where}: {_said(wrong)}")
    if not values["name"].isprintable():
        raise ProcessorError(f"{where}: name: {_short(values['name'])} cannot be printed: write letters and digits")
    return _Reader(values, where).processor()


def _fraction(text: str) -> Fraction:
    """A number as it is written, so that 16.67 is no binary fraction."""
    if not any(digit in text for digit in "0123456789") or len(text) > 40 or abs(int(_exponent(text))) > 12:
        raise ValueError(f"{text[:40]} is no number")
    return Fraction(text.replace("_", ""))


def _exponent(text: str) -> str:
    return text.lower().partition("e")[2].replace("_", "") or "0"


def _place(error: jsonschema.ValidationError) -> tuple[int, str]:
    """Errors that lie deepest say most."""
    return -len(error.absolute_path), error.json_path


def _said(error: jsonschema.ValidationError) -> str:
    wanted: Any = error.validator_value
    part: Any = error.schema
    instance: Any = error.instance
    place = ".".join(str(part) for part in error.absolute_path) or "the file"
    if error.validator in ("oneOf", "anyOf", "type", "minimum", "maximum"):
        kind = 'a value with its source: { value = 9, source = "..." } or { least = 9, most = 13, source = "..." }'
        said = _allowed(part) if place.rpartition(".")[2] in ("value", "least", "most") else kind
        return f"{place}: {_short(error.instance)} is not allowed: write {said}"
    if error.validator == "required":
        missing = next(name for name in wanted if name not in instance)
        return f"{place}: {missing} is missing"
    if error.validator == "additionalProperties":
        known = part["properties"]
        strange = sorted(str(name) for name in instance if name not in known)
        return f"{place}: {', '.join(map(repr, strange))} is unknown: write some of {', '.join(known)}"
    if error.validator in ("const", "enum"):
        allowed = [wanted] if error.validator == "const" else wanted
        return f"{place}: {_short(error.instance)} is not allowed: write {' or '.join(map(str, allowed))}"
    return f"{place}: {error.message}"


def _allowed(part: Mapping[str, Any]) -> str:
    """What a part of the schema allows, which is of one value.

    >>> _allowed({"anyOf": [{"type": "integer", "minimum": 1, "maximum": 1024}, {"const": "?"}]})
    'a whole number from 1 to 1,024 or "?"'
    """
    if "anyOf" in part:
        return " or ".join(map(_allowed, part["anyOf"]))
    if "enum" in part or "const" in part:
        return " or ".join(f'"{each}"' for each in part.get("enum", [part.get("const")]))
    kinds = {"number": "a number", "integer": "a whole number", "boolean": "true or false", "string": "a text"}
    limits = f" from {part['minimum']:,} to {part['maximum']:,}" if "minimum" in part else ""
    return kinds[part["type"]] + limits


def _short(value: Any) -> str:
    text = repr(float(value)) if isinstance(value, Fraction) else repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


class _Reader:
    """Values with sources become a processor."""

    def __init__(self, values: Mapping[str, Any], where: str) -> None:
        self.values = values
        self.where = where
        self.sources: dict[str, str] = {}

    def processor(self) -> Processor:
        """The processor; its entries, where the parts are stated as well, are their sum."""
        buffer = self.values.get("buffer", {})
        found = Processor(
            name=self.values["name"],
            about=self.values.get("about", ""),
            paging=self._word(self.values, "paging", (*(format.name for format in FORMATS), "?")),
            tagged=self._flag(buffer, "tagged", "buffer."),
            refill=self._word(buffer, "refill", REFILLS, "buffer."),
            entries=self._quantity(buffer, "entries", "buffer."),
            miss=self._quantity(buffer, "miss", "buffer."),
            buffers=tuple(self._part(part, n) for n, part in enumerate(buffer.get("parts", ()))),
            caches=tuple(self._cache(cache, n) for n, cache in enumerate(self.values.get("caches", ()))),
            sources=self.sources,
            **{name: self._quantity(self.values, name) for name in _PLAIN},
        )
        self._agree(found)
        return found

    def _agree(self, found: Processor) -> None:
        """Refuse what contradicts itself."""
        for kinds, what in (
            ([part.kind for part in found.buffers], "buffer.parts"),
            ([each.kind for each in found.caches], "caches"),
        ):
            if kinds in ([Kind.CODE], [Kind.DATA]):
                self._refuse(f"{what}: one alone serves both, which is unified; or give one for code and one for data")
            if len(kinds) == 2 and set(kinds) != {Kind.CODE, Kind.DATA}:
                self._refuse(f"{what}: two of them are one for code and one for data")
        parts = sum((part.entries for part in found.buffers), exactly(0))
        if found.entries.known and found.buffers and parts.known and parts != found.entries:
            self._refuse(f"buffer.entries: {found.entries}, but the parts have {parts}")
        halves = found.trap_in + found.trap_out
        if found.trap.known and halves.known and found.trap != halves:
            self._refuse(f"trap: {found.trap}, but in and out are {halves}")
        for n, part in enumerate(found.buffers):
            self._divides(f"buffer.parts.{n}", part.entries, part.ways, exactly(1))
        for n, each in enumerate(found.caches):
            self._divides(f"caches.{n}", each.bytes, each.ways, each.line_bytes)

    def _divides(self, place: str, whole: Quantity, ways: Quantity, unit: Quantity) -> None:
        if whole.known and ways.known and unit.known and whole.exact % (ways.exact * unit.exact):
            said = f"{ways} ways" + (f" of {unit} bytes" if unit.exact != 1 else "")
            self._refuse(f"{place}: {whole} is no multiple of {said}")

    def _refuse(self, said: str) -> None:
        raise ProcessorError(f"{self.where}: {said}")

    def _part(self, part: Mapping[str, Any], number: int) -> BufferPart:
        at = f"buffer.parts.{number}."
        ways = self._quantity(part, "ways", at)
        return BufferPart(Kind(part["kind"]), self._quantity(part, "entries", at), ways)

    def _cache(self, cache: Mapping[str, Any], number: int) -> CacheData:
        at = f"caches.{number}."
        sizes = {name: self._quantity(cache, name, at) for name in ("bytes", "ways", "line_bytes", "miss")}
        return CacheData(Kind(cache["kind"]), write=self._word(cache, "write", WRITES, at), **sizes)

    def _stated(self, table: Mapping[str, Any], name: str, at: str, empty: Callable[[], Any]) -> Any:
        if name not in table:
            return empty()
        self.sources[at + name] = table[name]["source"]
        return table[name]

    def _quantity(self, table: Mapping[str, Any], name: str, at: str = "") -> Quantity:
        stated = self._stated(table, name, at, dict)
        if "least" in stated:
            if stated["least"] > stated["most"]:
                self._refuse(f"{at}{name}: least is more than most")
            return Quantity(_whole(stated["least"]), _whole(stated["most"]))
        value = stated.get("value", "?")
        return {"?": UNKNOWN, "n/a": NOT_APPLICABLE}[value] if isinstance(value, str) else exactly(_whole(value))

    def _word(self, table: Mapping[str, Any], name: str, allowed: tuple[str, ...], at: str = "") -> str:
        value: str = self._stated(table, name, at, dict).get("value", "?")
        if value not in allowed:
            self._refuse(f"{at}{name}: {_short(value)} is unknown: write one of {', '.join(allowed)}")
        return value

    def _flag(self, table: Mapping[str, Any], name: str, at: str) -> bool | None:
        value = self._stated(table, name, at, dict).get("value", "?")
        return None if value == "?" else bool(value)


_PLAIN: Final = (
    "clock_mhz",
    "fast_instruction",
    "trap_in",
    "trap_out",
    "trap",
    "segment_load",
    "segment_switch",
    "root_load",
)


def _whole(value: int | Fraction) -> int | Fraction:
    return int(value) if value == int(value) else value
