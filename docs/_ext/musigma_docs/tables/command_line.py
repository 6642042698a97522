"""The reference of the command line, from the parser itself."""

from collections.abc import Iterator
from typing import Any

from docutils import nodes
from typer.main import get_command

from musigma.cli import COMMANDS, app
from musigma_docs.base.build import Cell, Musigma, table


class CommandLine(Musigma):
    """``.. command-line::``: every command with its arguments and options."""

    def make(self) -> list[nodes.Node]:
        group: Any = get_command(app)
        made: list[nodes.Node] = []
        for name in COMMANDS:
            command = group.get_command(None, name)
            section = nodes.section(ids=[f"musigma-{name}"], names=[f"musigma {name}"])
            section += nodes.title("", "", nodes.literal("", f"musigma {name}"))
            section += list(self._of(name, command))
            made.append(section)
        return made

    def _of(self, name: str, command: Any) -> Iterator[nodes.Node]:
        context = command.context_class(command, info_name=f"musigma {name}")
        usage = command.get_usage(context).removeprefix("Usage: ")
        usage = " ".join(usage.split())
        yield nodes.literal_block(usage, usage, language="text")
        for paragraph in (command.help or "").split("\n\n"):
            yield nodes.paragraph("", " ".join(paragraph.split()))
        rows = [self._row(parameter) for parameter in command.params]
        yield table(("argument or option", "meaning"), rows, (2, 5))

    def _row(self, parameter: Any) -> tuple[Cell, Cell]:
        if parameter.param_type_name == "argument":
            spelled: list[nodes.Node] = [nodes.literal("", parameter.name.upper())]
        else:
            spelled = []
            takes = "" if parameter.is_flag else " " + _kind(parameter)
            for each in (*parameter.opts, *parameter.secondary_opts):
                spelled += [nodes.Text(", ")] if spelled else []
                spelled.append(nodes.literal("", each + takes))
        said = parameter.help or ""
        default = parameter.default
        if parameter.param_type_name == "option" and not parameter.is_flag and default not in (None, ()):
            said += f" Default: {default}."
        return spelled, said


def _kind(parameter: Any) -> str:
    """What an option takes: a file, a number, words."""
    annotation = str(parameter.type_descriptor.annotation)
    return "FILE" if "Path" in annotation else "N" if "int" in annotation or "float" in annotation else "TEXT"
