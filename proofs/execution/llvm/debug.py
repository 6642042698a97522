"""What the debug information says: lines, the fields of structs, and the types of variables as C writes them."""

import re
from collections.abc import Iterator, Mapping
from hashlib import md5
from pathlib import Path

from proofs.execution.llvm.program import Member, Struct

_NODE = re.compile(r"^(!\d+) = (?:distinct )?(!DI\w+\(.*\)|!\{.*\})$", re.M)
_TRANSPARENT = ("DW_TAG_typedef", "DW_TAG_const_type", "DW_TAG_volatile_type", "DW_TAG_restrict_type")
_FIELD = re.compile(r'(\w+): (?:"((?:[^"\\]|\\.)*)"|([^,()]+))')


class DebugInformation:
    """The metadata of a module, by number."""

    def __init__(self, text: str) -> None:
        """Read all of it."""
        self._nodes = {found[1]: found[2] for found in _NODE.finditer(text)}
        self._texts: dict[Path, tuple[str, ...]] = {}

    def fields(self, number: str) -> Mapping[str, str]:
        """Return an entry's fields by name; its kind is under ``kind``."""
        body = self._nodes.get(number, "")
        kind = body.partition("(")[0].removeprefix("!")
        return {"kind": kind, **{name: quoted or plain for name, quoted, plain in _FIELD.findall(body)}}

    def line(self, number: str) -> int:
        """The line that an entry is at; 0 if it says none."""
        return int(self.fields(number).get("line", "0"))

    def line_in(self, place: str, function: str) -> int:
        """The line of a place in a function; 0 if it is one of another file, which was included there."""
        entry = self.fields(place)
        scope = self.fields(entry.get("scope", ""))
        here = self.fields(function).get("file") in (None, scope.get("file"))
        return int(entry.get("line", "0")) if here else 0

    def source(self, function: str) -> tuple[Path | None, tuple[str, ...]]:
        """The file of C that a function is in, none if nothing says so; and its lines, if it is as it was compiled."""
        entry = self.fields(self.fields(function).get("file", ""))
        if "filename" not in entry:
            return None, ()
        path = Path(entry.get("directory", ""), entry["filename"])
        if path not in self._texts:
            text = path.read_bytes() if path.is_file() else b""
            same = entry.get("checksumkind") != "CSK_MD5" or entry.get("checksum") == md5(text).hexdigest()
            self._texts[path] = tuple(text.decode(errors="replace").splitlines()) if same else ()
        return path, self._texts[path]

    def elements(self, number: str) -> Iterator[str]:
        """The members of a list."""
        yield from re.findall(r"!\d+", self._nodes.get(number, ""))

    def type_of(self, number: str, depth: int = 0) -> str:
        """A type as C writes it, without the names that a ``typedef`` gives, but for what has no other."""
        entry = self.fields(number)
        tag, name, base = entry.get("tag", ""), entry.get("name", ""), entry.get("baseType", "")
        if not number or number == "null" or depth > 20:
            return "void"
        if tag == "DW_TAG_pointer_type":
            return f"{self.type_of(base, depth + 1)} *".replace("* *", "**")
        if tag in ("DW_TAG_const_type", "DW_TAG_volatile_type", "DW_TAG_restrict_type"):
            word = tag.removeprefix("DW_TAG_").removesuffix("_type")
            inner = self.type_of(base, depth + 1)
            return inner if word != "volatile" else f"volatile {inner}"
        if tag in ("DW_TAG_structure_type", "DW_TAG_union_type", "DW_TAG_enumeration_type"):
            word = {"s": "struct", "u": "union", "e": "enum"}[tag.removeprefix("DW_TAG_")[0]]
            return f"{word} {name}".strip()
        if tag == "DW_TAG_typedef":
            inner = self.type_of(base, depth + 1)
            return name if inner in ("struct", "union", "enum") else inner
        if tag == "DW_TAG_array_type":
            return f"{self.type_of(base, depth + 1)} []"
        return name or "an unknown type"

    def pointee_bits(self, number: str) -> int:
        """Return how many bits what a pointer type points to has; 0 if it is no pointer, or nothing says so."""
        pointer = self._plain(number)
        return int(self._plain(pointer.get("baseType", "")).get("size", "0")) if _is_pointer(pointer) else 0

    def _plain(self, number: str) -> Mapping[str, str]:
        """The entry of a type, without the names and qualifiers that it is given."""
        entry = self.fields(number)
        for _ in range(20):
            if entry.get("tag") not in _TRANSPARENT:
                break
            entry = self.fields(entry.get("baseType", ""))
        return entry

    def pointees(self, function: str) -> dict[str, int]:
        """For each argument of a function that is a pointer how many bits it points to."""
        entries = [self.fields(each) for each in self._nodes]
        return {
            entry.get("name", ""): self.pointee_bits(entry.get("type", ""))
            for entry in entries
            if entry["kind"] == "DILocalVariable" and entry.get("scope") == function and "arg" in entry
        }

    def structs(self) -> dict[str, Struct]:
        """Every struct that has a name, or a typedef that names it."""
        named = {
            entry["baseType"]: entry["name"]
            for entry in map(self.fields, self._nodes)
            if entry.get("tag") == "DW_TAG_typedef" and "baseType" in entry
        }
        found: dict[str, Struct] = {}
        for number in self._nodes:
            entry = self.fields(number)
            name = entry.get("name") or named.get(number, "")
            if entry.get("tag") == "DW_TAG_structure_type" and name and "elements" in entry:
                found[name] = Struct(name, dict(self._members(entry["elements"])), int(entry.get("size", "0")) // 8)
        return found

    def _members(self, elements: str) -> Iterator[tuple[int, Member]]:
        for number in self.elements(elements):
            entry = self.fields(number)
            offset, bits = int(entry.get("offset", "0")), int(entry.get("size", "0"))
            # Of a bit field there is no whole byte of its own, so that no access finds it by an offset.
            if entry.get("tag") == "DW_TAG_member" and "DIFlagBitField" not in entry.get("flags", ""):
                yield offset // 8, Member(entry.get("name", ""), self.type_of(entry.get("baseType", "")), bits)

    def variables(self) -> Iterator[tuple[str, str, int]]:
        """Variables outside functions, each with its type, and how many bits it points to."""
        for number in self._nodes:
            entry = self.fields(number)
            if entry["kind"] == "DIGlobalVariable":
                type = entry.get("type", "")
                yield entry.get("name", ""), self.type_of(type), self.pointee_bits(type)


def _is_pointer(entry: Mapping[str, str]) -> bool:
    return entry.get("tag") == "DW_TAG_pointer_type"
