"""The binding file: which struct, variables and functions of the C code stand for what of the model.

It is TOML, and its schema is ``binding.schema.json``. Every field of a node is bound or said to be ignored: of those
nothing is known when it is read, and nothing is remembered when it is written.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from proofs.obligations.c_code.roles import ROLES

SCHEMA = Path(__file__).with_name("binding.schema.json")
DATA = ("space", "page", "frame", "rights")
FIELDS = {
    "tree": ("parent", "first_child", "next_sibling", "prev_sibling", *DATA),
    "preorder": ("next", "prev", "depth", *DATA),
}
"""What the fields of a node can be, by the shape of the data."""

COUNTED = ("map", "grant")
"""The roles of functions whose cells are counted."""

NO_LINES = "which of its lines are executed is not asked"
WITHOUT = {
    "loops": (("inlined",), "a function with loops is proved by itself"),
    "cells": (tuple(role for role in ROLES if role not in COUNTED), "those of map and grant are counted"),
    "never": (("slot_number",), NO_LINES),
    "elsewhere": (("slot_number",), NO_LINES),
}
"""What is not said of functions with these roles, since no proof would look at it; and why."""

LEFT = "restrict"
"""The invariant of a loop that speaks of whether a node is being left."""


class BindingError(Exception):
    """The binding is wrong; says in one line what, where, and what to write instead."""


@dataclass(frozen=True, slots=True)
class LoopBinding:
    """A loop: which invariant it follows, and the variables of which that speaks.

    :param leaving: of a walk, whether the node at the cursor is being left: always, never, or as a variable says.
    :param also: an invariant of one's own besides, as ``file.py:function``.
    """

    follows: str
    cursor: str
    leaving: str | bool = False
    also: str = ""


@dataclass(frozen=True, slots=True)
class FunctionBinding:
    """A function: what it is, what its arguments are, which invariants its loops follow.

    :param never: texts of lines that are there for the case that never happens, which is then proved.
    :param elsewhere: texts of lines to which only callers lead that are not proved: they need not be executed.
    """

    name: str
    role: str
    arguments: tuple[str, ...]
    loops: tuple[LoopBinding, ...] = ()
    cells: int = 100
    never: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PageTable:
    """An array of entries, one a slot."""

    variable: str
    struct: str
    frame: str
    rights: str


@dataclass(frozen=True, slots=True)
class Binding:
    """A binding file."""

    file: str
    shape: str
    struct: str
    columns: Mapping[str, str]
    ignored: frozenset[str]
    rights: Mapping[str, int]
    globals: Mapping[str, str]
    page_table: PageTable | None
    by_frame: frozenset[str]
    loose: frozenset[str]
    functions: Mapping[str, FunctionBinding]
    include: tuple[str, ...] = ()
    define: tuple[str, ...] = field(default=())

    def flags(self) -> list[str]:
        """Return clang's arguments; folders are looked for beside the binding file."""
        beside = Path(self.file).parent
        return [*(f"-I{beside / each}" for each in self.include), *(f"-D{each}" for each in self.define)]

    @property
    def all_rights(self) -> int:
        """The bits of all rights."""
        return sum(set(self.rights.values()))

    def with_role(self, *roles: str) -> tuple[FunctionBinding, ...]:
        """The functions that are one of these."""
        return tuple(each for each in self.functions.values() if each.role in roles)


def read_binding(path: Path) -> Binding:
    """The binding in a file.

    :raises BindingError: it cannot be read, or says something that its schema does not know.
    """
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BindingError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BindingError(f"{path}: this is no text in UTF-8") from None
    except RecursionError:
        raise BindingError(f"{path}: this is no TOML: it is nested too deeply") from None
    except ValueError as error:  # of what is no TOML, or of a number that is too long
        raise BindingError(f"{path}: this is no TOML: {error}") from None
    validator = Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    wrong = min(
        validator.iter_errors(data), key=lambda each: (len(each.absolute_path), str(each.message)), default=None
    )
    if wrong is not None:
        where = ".".join(map(str, wrong.absolute_path)) or "at the top"
        if wrong.validator == "not":  # what this shape does not have
            raise BindingError(f"{path}: {where}: data of the shape {data['shape']} has none: leave it out")
        raise BindingError(f"{path}: {where}: {wrong.message}")
    return _made(path, data)


def _check_used(where: str, said: Mapping[str, Any]) -> None:
    """Nothing is said of a function that no proof would look at.

    :raises BindingError: something is.
    """
    for key, (roles, reason) in WITHOUT.items():
        if key in said and said["is"] in roles:
            raise BindingError(f"{where}.{key}: {said['is']} has none: leave it out; {reason}")
    for number, loop in enumerate(said.get("loops", ())):
        if "leaving" in loop and loop["follows"] != LEFT:
            raise BindingError(f"{where}.loops.{number}.leaving: {loop['follows']} does not speak of it: leave it out")


def _made(path: Path, data: dict[str, Any]) -> Binding:
    node, variables = data["node"], data["globals"]
    table = variables.get("page_table")
    functions = {}
    for name, said in data["functions"].items():
        loops = tuple(
            LoopBinding(each["follows"], each["cursor"], each.get("leaving", False), each.get("also", ""))
            for each in said.get("loops", ())
        )
        functions[name] = FunctionBinding(
            name,
            said["is"],
            tuple(said.get("arguments", ())),
            loops,
            said.get("cells", 100),
            tuple(said.get("never", ())),
            tuple(said.get("elsewhere", ())),
        )
        _check_used(f"{path}: functions.{name}", said)
        known = ROLES[said["is"]].arguments
        for argument in functions[name].arguments:
            if argument not in known and argument != "-":
                raise BindingError(
                    f"{path}: functions.{name}.arguments: {argument!r} is nothing that {said['is']} has; "
                    f"write {', or '.join([*filter(None, [', '.join(known)]), '-'])} for what does not matter"
                )
        twice = sorted(
            {each for each in functions[name].arguments if functions[name].arguments.count(each) > 1} - {"-"}
        )
        if twice:
            raise BindingError(f"{path}: functions.{name}.arguments: {twice[0]!r} stands there twice; write - for one")
        for argument in ROLES[said["is"]].needed:
            if argument not in functions[name].arguments:
                raise BindingError(f"{path}: functions.{name}.arguments: {said['is']} needs {argument!r} among them")
    numbering = [each.name for each in functions.values() if each.role == "slot_number"]
    if len(numbering) > 1:
        raise BindingError(
            f"{path}: functions.{numbering[1]}: {numbering[0]} numbers slots already, and another function may do it "
            "in another way; let one call the other, and write is = 'inlined' for it"
        )
    for folder in data.get("compile", {}).get("include", ()):
        if not (path.parent / folder).is_dir():
            raise BindingError(f"{path}: compile.include: there is no folder {folder} beside this file")
    bits = list(data["rights"].values())
    if any(bit & (bit - 1) for bit in bits) or len(set(bits)) < len(bits):
        raise BindingError(f"{path}: rights: each is one bit, another one: write {{x = 1, w = 2, r = 4}}")
    return Binding(
        file=str(path),
        shape=data["shape"],
        struct=node["struct"],
        columns={column: node[column] for column in FIELDS[data["shape"]]},
        ignored=frozenset(node.get("ignored", ())),
        rights=data["rights"],
        globals={
            name: variables[name] for name in ("free_list", "node_of", "spaces", "pages", "frames") if name in variables
        },
        page_table=PageTable(**table) if table else None,
        by_frame=frozenset(variables.get("ignored_by_frame", ())),
        loose=frozenset(variables.get("ignored", ())),
        functions=functions,
        include=tuple(data.get("compile", {}).get("include", ())),
        define=tuple(data.get("compile", {}).get("define", ())),
    )
