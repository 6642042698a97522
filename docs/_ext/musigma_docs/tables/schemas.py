"""The directive for JSON schemas: a table of what a file has, from the schema that the project ships."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from docutils import nodes
from sphinx import addnodes

from musigma_docs.base.build import Cell, Musigma, RefusedError, folded, table
from musigma_docs.evidence.runs import ROOT

Schema = Mapping[str, Any]


class SchemaDirective(Musigma):
    """``.. schema:: FILE``: the members of a schema of JSON, their parts, and the schema itself."""

    required_arguments = 1

    def make(self) -> list[nodes.Node]:
        path = ROOT / self.arguments[0]
        if not path.is_file():
            raise RefusedError(f"there is no schema {self.arguments[0]}")
        self.env.note_dependency(str(path))
        text = path.read_text("utf-8")
        schema: Schema = json.loads(text)
        made: list[nodes.Node] = []
        if "description" in schema:
            made.append(nodes.paragraph("", schema["description"]))
        made.append(self._table("member", schema))
        for name, part in schema.get("$defs", {}).items():
            if "properties" in part:
                made.append(self._table(name, part))
        whole = nodes.literal_block(text, text, language="json", classes=["mu-wrapped"])
        return [*made, addnodes.only("", folded(f"the schema, {path.name}", whole), expr="html")]

    def _table(self, name: str, schema: Schema) -> nodes.table:
        rows: list[tuple[Cell, ...]] = []
        for member, kind, said in members(schema):
            rows.append(([nodes.literal("", member)], kind, said))
        return table((name, "is", "meaning"), rows, (3, 3, 5))


def members(schema: Schema, within: str = "") -> Iterator[tuple[str, str, str]]:
    """The members of an object, those of objects in it as well: where, of what kind, and what it means.

    >>> shape = {"required": ["a"], "properties": {"a": {"const": 1, "description": "Version."},
    ...     "b": {"type": "array", "items": {"properties": {"c": {"enum": ["x", "y"]}}}}}}
    >>> list(members(shape))
    [('a', '1', 'Version.'), ('b', 'list, may be absent', ''), ('b[].c', 'x or y, may be absent', '')]
    """
    required = schema.get("required", ())
    for name, part in schema.get("properties", {}).items():
        here = f"{within}{name}"
        absent = "" if name in required else ", may be absent"
        if isinstance(part, bool):  # anything may stand there, or nothing
            if part:
                yield here, "anything" + absent, ""
            continue
        yield here, kind_of(part) + absent, part.get("description", "")
        yield from members(part, f"{here}.")
        for each in _items(part):
            yield from members(each, f"{here}[].")


def _items(part: Schema) -> list[Schema]:
    items: Schema = part.get("items", {})
    return [*items.get("oneOf", ()), items] if isinstance(items, Mapping) else []


def kind_of(part: Schema) -> str:
    """The kind of a value in words.

    >>> kind_of({"type": "array", "items": {"$ref": "#/$defs/result"}}), kind_of({"type": ["string", "null"]})
    ('list of result', 'string or null')
    """
    if "$ref" in part:
        return str(part["$ref"]).rsplit("/", 1)[-1]
    if "const" in part:
        return str(part["const"])
    if "enum" in part:
        return " or ".join("null" if value is None else str(value) for value in part["enum"])
    for several in ("oneOf", "anyOf"):
        if several in part:
            return " or ".join(dict.fromkeys(kind_of(each) for each in part[several]))
    kind = part.get("type", "anything")
    if kind == "array":
        inner = kind_of(part["items"]) if part.get("items") and "properties" not in part["items"] else ""
        return f"list of {inner}" if inner and "object" not in inner else "list"
    return " or ".join(kind) if isinstance(kind, list) else str(kind)
