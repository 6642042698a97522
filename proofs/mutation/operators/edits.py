"""One change of a syntax tree: made, unmade, and said in one line."""

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

WIDTH = 70  # letters of code shown of a change


@dataclass(frozen=True, slots=True, eq=False)
class Edit:
    """Nodes in a field of another node replaced.

    :param operator: by what kind of change.
    :param parent: the node that holds the replaced ones.
    :param field: in which field.
    :param index: the first that is replaced, where the field is a list; else None.
    :param new: what takes the place.
    :param count: how many are replaced.
    """

    operator: str
    parent: ast.AST
    field: str
    index: int | None
    new: tuple[Any, ...]
    count: int = 1

    def old(self) -> tuple[Any, ...]:
        """What is replaced."""
        held = getattr(self.parent, self.field)
        if self.index is None:
            return (held,)
        return tuple(held[self.index : self.index + self.count])

    def place(self, new: tuple[Any, ...], count: int) -> None:
        """Put nodes where the edit is."""
        if self.index is None:
            setattr(self.parent, self.field, new[0])
        else:
            getattr(self.parent, self.field)[self.index : self.index + count] = list(new)

    def apply(self) -> None:
        """Make the change for good."""
        self.place(self.new, self.count)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The change holds within the block."""
        old = self.old()
        self.apply()
        try:
            yield
        finally:
            self.place(old, len(self.new))


def located(node: ast.AST, like: ast.AST) -> Any:
    """A new node, and all new ones in it, at the place of an old one."""
    for each in ast.walk(node):
        if isinstance(each, ast.expr | ast.stmt | ast.excepthandler | ast.arg | ast.keyword) and not hasattr(
            each, "lineno"
        ):
            ast.copy_location(each, like)
    return node


def headline(node: ast.AST) -> str:
    """A node in one line: of a statement that holds others, its head."""
    if isinstance(node, ast.stmt):
        holder: Any = node
        kept = {
            name: getattr(holder, name) for name in ("body", "orelse", "handlers", "finalbody") if hasattr(node, name)
        }
        if kept:
            for name in kept:
                setattr(holder, name, [] if name != "body" else [ast.Expr(ast.Constant(...))])
            try:
                return ast.unparse(ast.fix_missing_locations(holder)).split("\n")[-2].strip()
            finally:
                for name, value in kept.items():
                    setattr(holder, name, value)
    return ast.unparse(node).replace("\n", "; ")


def difference(before: str, after: str) -> tuple[str, str]:
    """Both shortened around where they differ.

    >>> difference("x" * 200 + " + 1", "x" * 200 + " - 1")[1][-8:]
    'xxxx - 1'
    """
    same = 0
    while same < min(len(before), len(after)) and before[same] == after[same]:
        same += 1
    start = max(0, same - WIDTH // 2)

    def short(text: str) -> str:
        part = ("…" if start else "") + text[start : start + WIDTH]
        return part + ("…" if len(text) > start + WIDTH else "")

    return short(before), short(after)
