"""A binding file filled in as far as the debug information tells: what it cannot tell stands there as a question."""

from collections.abc import Iterator
from pathlib import Path

from proofs.execution.llvm.compiler import compiled
from proofs.execution.llvm.program import Program, Struct
from proofs.execution.llvm.reader import read_program
from proofs.obligations.c_code.binding import FIELDS, BindingError
from proofs.obligations.c_code.roles import ROLES

GUESSES = {
    "parent": ("parent", "up"),
    "first_child": ("first_child", "child", "children", "first", "kids", "down"),
    "next_sibling": ("next_sibling", "next", "right", "after"),
    "prev_sibling": ("prev_sibling", "previous", "prev", "before", "left"),
    "next": ("next", "next_mapping", "behind", "after"),
    "prev": ("prev", "previous", "prev_mapping", "before"),
    "depth": ("depth", "level"),
    "space": ("space", "task", "sp", "domain", "dom", "pd"),
    "page": ("page", "vpage", "vfn", "vpn"),
    "frame": ("frame", "pfn", "phys"),
    "rights": ("rights", "perm", "perms", "permissions", "access", "attr"),
}
POINTERS = {"free_list": "*", "node_of": "**"}
"""How often a variable points until it comes to a node: where one alone does so, it is taken, whatever it is called."""

VARIABLES = {
    "free_list": ("free_list", "free_nodes", "free"),
    "node_of": ("node_of",),
    "spaces": ("spaces",),
    "pages": ("pages",),
    "frames": ("frames",),
}
ACTIONS = ("map", "grant", "flush", "lookup")
LOOPS = {"tree": "flush, restrict or climb", "preorder": "end, restrict or scan"}
ROLES_OF = {
    "tree": [role for role in ROLES if role != "create"],
    "preorder": [role for role in ROLES if role not in ("flush_below", "lookup_hw")],
}
"""What functions can be, and what their loops can follow, by the shape of the data."""


def draft(file: Path, flags: list[str]) -> str:
    """The text of a binding for a file of C.

    :raises CompileError: clang or LLVM does not take it.
    :raises BindingError: no struct in it points to itself, so that there is neither a tree nor a list.
    """
    program = read_program(compiled(file, flags), file)
    return "\n".join(_lines(program)) + "\n"


def _lines(program: Program) -> Iterator[str]:
    node = _node(program)
    names = [member.name for member in node.fields.values()]
    yield f"# {program.file}: what its debug information says. Replace every ?; the guide says what a key means."
    shape = _shape(names)
    yield f'shape = "{shape}"'
    yield ""
    yield "[node]"
    yield f'struct = "{node.name}"'
    used = set()
    for column in FIELDS[shape]:
        name = next((word for word in GUESSES[column] if word in names), "?")
        used.add(name)
        yield f'{column} = "{name}"'
    left = ", ".join(f'"{name}"' for name in names if name not in used)
    yield f"ignored = [{left}]"
    yield ""
    yield "[rights]"
    yield "x = 1\nw = 2\nr = 4"
    yield ""
    yield "[globals]"
    for what, words in VARIABLES.items():
        pointers = [f"{each} {POINTERS.get(what, '')}" for each in (f"struct {node.name}", node.name)]
        alike = [name for name, each in program.globals.items() if each.declared in pointers]
        named = [word for word in words if word in program.globals]
        name = (named or (alike if len(alike) == 1 else ["?"]))[0]
        if what != "frames" or name != "?":
            yield f'{what} = "{name}"'
    yield ""
    yield f"# A function is one of: {', '.join(ROLES_OF[shape])}."
    for function in program.functions.values():
        role = next((action for action in ACTIONS if function.name.endswith(f"_{action}")), "inlined")
        arguments = ", ".join(f'"{name}"' for _, name in function.arguments)
        yield f"[functions.{function.name}]"
        yield f'is = "{role}"'
        if role != "inlined" or function.loop_heads():
            yield f"arguments = [{arguments}]  # each one of: {', '.join(ROLES[role].arguments) or '-'}"
        for head in function.loop_heads():
            yield f"# a loop at line {function.blocks[head].line}: name its invariant under loops: {LOOPS[shape]}"
        yield ""


def _shape(names: list[str]) -> str:
    """A struct with a depth and no link upwards is in a list in pre-order, any other in a tree."""

    def has(column: str) -> bool:
        return any(word in names for word in GUESSES[column])

    return "preorder" if has("depth") and not has("parent") and not has("first_child") else "tree"


def _node(program: Program) -> Struct:
    """The struct with most pointers to itself."""

    def own(struct: Struct) -> int:
        return sum(
            member.type == f"struct {struct.name} *" or member.type == f"{struct.name} *"
            for member in struct.fields.values()
        )

    best = max(program.structs.values(), key=own, default=None)
    if best is None or own(best) < 2:
        raise BindingError(
            f"{program.file}: no struct has two pointers to its own kind: neither a tree nor a list is recognised"
        )
    return best
