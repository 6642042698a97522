"""Whatever a binding names is in the program: what matches nothing would be passed over, so it is refused.

Each message says which entry it is, and what there is instead.
"""

from collections.abc import Iterable
from difflib import get_close_matches

from proofs.execution.llvm.program import Function, Program
from proofs.execution.path import Point
from proofs.obligations.c_code.binding import Binding, BindingError, FunctionBinding, PageTable

MOST = 8
"""How many lines are shown of those that could be meant."""


def check_against(binding: Binding, program: Program) -> None:
    """Check that the program has what the binding names.

    :raises BindingError: it is not; says what there is.
    """
    _check_node(binding, program)
    _check_variables(binding, program)
    if binding.page_table:
        _check_entry(binding, binding.page_table, program)
    for each in binding.functions.values():
        function = program.functions.get(each.name)
        if function is None:
            raise BindingError(f"{binding.file}: functions.{each.name}: {program.file} defines no such function")
        if each.role != "inlined":
            _check_function(f"{binding.file}: functions.{each.name}", each, function)
        _check_lines(binding, each, program)


def _check_node(binding: Binding, program: Program) -> None:
    """The struct has the fields, each of which stands for one thing or is ignored."""
    struct = program.structs.get(binding.struct)
    if struct is None:
        there = ", ".join(sorted(program.structs)) or "none with debug information"
        raise BindingError(
            f"{binding.file}: node.struct: {program.file} has no struct {binding.struct}; it has {there}"
        )
    fields = {member.name for member in struct.fields.values()}
    named = [*binding.columns.items(), *(("ignored", name) for name in sorted(binding.ignored))]
    for column, name in named:
        if name not in fields:
            there = ", ".join(member.name for member in struct.fields.values() if member.name)
            raise BindingError(
                f"{binding.file}: node.{column}: struct {binding.struct} has no field {name}, or one of some bits or "
                f"in a union; it has {there}"
            )
    room = min((each.bits for each in struct.fields.values() if each.name == binding.columns["rights"]), default=0)
    if binding.all_rights >> room:
        raise BindingError(
            f"{binding.file}: rights: the field {binding.columns['rights']} has {room} bits, not all of them"
        )
    bound = [name for _, name in named]
    twice = sorted({name for name in bound if bound.count(name) > 1})
    if twice:
        raise BindingError(f"{binding.file}: node: the field {twice[0]} stands for two things")
    for name in sorted(fields - set(bound)):
        raise BindingError(
            f"{binding.file}: node: the field {name} of struct {binding.struct} stands for nothing; "
            "bind it, or write it into ignored"
        )


def _check_variables(binding: Binding, program: Program) -> None:
    """The program has the variables, each of which stands for one thing or is ignored."""
    named = {**binding.globals, **({"page_table.variable": binding.page_table.variable} if binding.page_table else {})}
    named |= {f"ignored_by_frame.{name}": name for name in binding.by_frame}
    named |= {f"ignored.{name}": name for name in binding.loose}
    for what, name in named.items():
        if name not in program.globals:
            there = ", ".join(sorted(each for each in program.globals if "." not in each)) or "none"
            raise BindingError(
                f"{binding.file}: globals.{what}: {program.file} has no variable {name}, or none that its code uses; "
                f"it has {there}"
            )
    variables = list(named.values())
    twice = sorted({name for name in variables if variables.count(name) > 1})
    if twice:
        raise BindingError(f"{binding.file}: globals: the variable {twice[0]} stands for two things")


def _check_entry(binding: Binding, table: PageTable, program: Program) -> None:
    """What the binding names of an entry of the page table is in the program."""
    struct = program.structs.get(table.struct)
    fields = [each.name for each in struct.fields.values()] if struct else []
    for what, name in (("frame", table.frame), ("rights", table.rights)):
        if name not in fields:
            there = f"it has {', '.join(fields)}" if struct else "there is no such struct"
            raise BindingError(
                f"{binding.file}: globals.page_table.{what}: struct {table.struct} has no field {name}; {there}"
            )


def _check_function(where: str, bound: FunctionBinding, function: Function) -> None:
    """As many arguments and loops are bound as the function has."""
    if len(function.arguments) != len(bound.arguments):
        raise BindingError(
            f"{where}.arguments: {bound.name} takes {len(function.arguments)}, "
            f"here are {len(bound.arguments)}; write - for one that does not matter"
        )
    heads = function.loop_heads()
    if len(heads) != len(bound.loops):
        lines = ", ".join(str(function.blocks[head].line) for head in heads) or "none"
        raise BindingError(
            f"{where}.loops: {bound.name} has {len(heads)} loops (at lines {lines}), here are {len(bound.loops)}"
        )


def _check_lines(binding: Binding, bound: FunctionBinding, program: Program) -> None:
    """Each line that is said to be never executed, or for others, is one of the function's."""
    there = dict.fromkeys(map(name_of, program.points(bound.name)))
    for key, texts in (("never", bound.never), ("elsewhere", bound.elsewhere)):
        for text in texts:
            if text not in there:
                raise BindingError(
                    f"{binding.file}: functions.{bound.name}.{key}: in {bound.name} of {program.file} no block begins "
                    f"at a line {text!r}, and no decision goes a way of that name; {_instead(text, there)}"
                )


def name_of(point: Point) -> str:
    """Return the name of a place as a binding gives it: as a report does."""
    return point.text if point.way is None else f"{point.text} is {point.way}"


def _instead(text: str, there: Iterable[str]) -> str:
    """What could be meant: all that there is, or the nearest of it."""
    every = list(there)
    near = every if len(every) <= MOST else get_close_matches(text, every, MOST, 0.4) or every[:MOST]
    more = "" if len(near) == len(every) else f", and {len(every) - len(near)} more"
    return f"there are {', '.join(map(repr, near))}{more}"
