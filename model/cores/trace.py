"""Traces of many cores: calls with named arguments, from the first state of a scope with cores, as JSON.

They share the schema of all traces (:mod:`model.trace`), and name the protocol, and perhaps what is wrong with it.
"""

from dataclasses import dataclass
from typing import Any

from model.cores.readings import Protocol, protocol_named
from model.cores.scope import CoreScope
from model.spaces.operation import Argument, Operation
from model.trace import VERSION, read_scope

CORES_THEORY = "cores"
"""The name of the theory of many cores."""

_SIZES = ("spaces", "pages", "frames", "cores", "tags", "generations")
_SORTS = {"core": "Core", "space": "Space", "page": "Page", "frame": "Frame", "tag": "Tag", "gen": "Gen"}

_WORDS = {
    "load": "{core} loads {slot}: frame {frame}",
    "evict": "{core} evicts page {page}, frame {frame}, of tag {tag}",
    "enter": "{core} enters σ{space}",
    "leave": "{core} forgets σ{space} and leaves its mask",
    "install": "{slot} gets frame {frame}",
    "clear": "the entry of {slot} is cleared",
    "ask": "{core} tells the others to forget {slot}",
    "fence": "{core} fences: it forgets {slot}",
    "answer": "{core} answers for {slot}",
    "finish": "the flush of {slot} returns",
    "retire": "σ{space} loses tag {tag}",
    "wipe": "{core} wipes tag {tag}",
    "assign": "σ{space} gets tag {tag}",
}
ACTIONS = tuple(_WORDS)
"""The actions of all protocols."""


def step_words(operation: Operation) -> str:
    """A step in words.

    >>> step_words(Operation.call("enter", [Argument("core", "Core", 1), Argument("space", "Space", 0)]))
    'core 1 enters σ0'
    """
    said = {argument.name: argument.value for argument in operation.arguments}
    slot = f"σ{said.get('space', '?')}[{said['page']}]" if "page" in said else f"all of σ{said.get('space', '?')}"
    names = {name: said.get(name, "any") for name in _SORTS}
    core = f"core {said['core']}" if "core" in said else "some core"
    return _WORDS[operation.action].format(**{**names, "core": core, "slot": slot})


@dataclass(frozen=True, slots=True)
class CoreTrace:
    """Steps of many cores from the first state of a scope, and what they show, in words.

    :param protocol: the name of the protocol.
    :param obligation: the id of the obligation that the last step violates, if that is what they show.
    :param fault: the name of the fault that the protocol has in every step.
    """

    protocol: str
    scope: CoreScope
    operations: tuple[Operation, ...]
    shows: str = ""
    obligation: str = ""
    fault: str = ""

    def resolved(self) -> Protocol:
        """The protocol that the trace names.

        :raises KeyError: it names none.
        """
        return protocol_named(self.protocol)

    def words(self) -> tuple[str, ...]:
        """The steps, one a line."""
        return tuple(f"{n}. {step_words(operation)}" for n, operation in enumerate(self.operations, 1))

    def to_json(self) -> dict[str, Any]:
        """The trace as JSON values, valid by the schema of traces."""
        told = {"obligation": self.obligation, "fault": self.fault}
        return {
            "musigma_trace": VERSION,
            "theory": CORES_THEORY,
            "dialect": "canonical",
            "protocol": self.protocol,
            "scope": {name: getattr(self.scope, name) for name in _SIZES},
            "operations": [
                {"action": each.action, "arguments": {a.name: {a.sort: a.value} for a in each.arguments}}
                for each in self.operations
            ],
            "shows": self.shows,
            **{name: value for name, value in told.items() if value},
        }

    @staticmethod
    def from_json(value: Any) -> "CoreTrace":
        """The trace that JSON values describe.

        :raises ValueError: they do not fit the schema, are of another theory, or name what does not exist; the message
            says where.
        """
        scope = read_scope(value, CORES_THEORY, CoreScope)
        operations = tuple(_called(entry, scope, number) for number, entry in enumerate(value["operations"]))
        shown = value.get("shows", ""), value.get("obligation", ""), value.get("fault", "")
        trace = CoreTrace(value["protocol"], scope, operations, *shown)
        try:
            trace.resolved()
        except KeyError:
            raise ValueError(f"no trace: at $.protocol: there is no protocol {value['protocol']!r}") from None
        return trace


def _called(entry: dict[str, Any], scope: CoreScope, number: int) -> Operation:
    where = f"no trace: at $.operations[{number}]"
    if entry["action"] not in ACTIONS:
        raise ValueError(f"{where}: cores have no action {entry['action']!r}; there are {', '.join(ACTIONS)}")
    arguments = []
    for name, given in entry["arguments"].items():
        sort = _SORTS.get(name)
        element = given.get(sort) if isinstance(given, dict) else None
        if sort is None or not isinstance(element, int):
            raise ValueError(f"{where}: {name} is {given!r}: write it as in core: {{Core: 0}}")
        if element >= scope.sizes[sort]:
            raise ValueError(f"{where}: {name}: {sort} {element} is outside {scope}")
        arguments.append(Argument(name, sort, element))
    return Operation.call(entry["action"], arguments)


def is_core_trace(value: Any) -> bool:
    """Return whether JSON values are said to be a trace of many cores."""
    return isinstance(value, dict) and value.get("theory") == CORES_THEORY
