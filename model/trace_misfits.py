"""What of JSON values does not fit the schema of traces, in words: the member, its place, and what is near."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from model.near_names import near_names

if TYPE_CHECKING:
    from jsonschema import ValidationError

THEORIES = {"Appendix A": "", "messages": "messages", "ranges": "ranges", "cores": "protocol", "ownership": "before"}
"""The theories that have traces, with a member that those of no other theory have."""

_NOTHING: dict[str, Any] = {"not": {}}


def with_places(schema: Any) -> Any:
    """The schema, where what allows nothing is spelled so that an error names the place of the member.

    >>> with_places({"properties": {"own": False}, "additionalProperties": False})
    {'properties': {'own': {'not': {}}}, 'additionalProperties': False}
    """
    if isinstance(schema, list):
        return [with_places(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: with_places(value) for key, value in schema.items()}
    members = found.get("properties")
    if isinstance(members, dict):
        found["properties"] = {name: _NOTHING if each is False else each for name, each in members.items()}
    return found


def misfit(errors: "Iterable[ValidationError]", value: Any) -> str:
    """The place of what does not fit, and what is wrong with it; empty if there are no errors.

    What a theory and an action are called comes first: if that is wrong, what belongs to it is not known.
    """
    from jsonschema.exceptions import best_match  # when there is something to say: it takes a while

    errors = list(errors)
    if not errors:
        return ""
    theory = value.get("theory") if isinstance(value, dict) else None
    if isinstance(theory, str) and theory not in THEORIES:
        members = [error.path[0] for error in errors if error.validator == "not" and len(error.path) == 1]
        if any(member in THEORIES.values() for member in members):
            return f"at $.theory: no theory {theory!r} has a member {members[0]!r}{near_names(theory, THEORIES)}"
    outer = [error for error in errors if len(error.path) <= 1]
    actions = [error for error in errors if error.validator == "enum" and error.path[-1] in ("action", "op")]
    group = outer or actions[:1] or errors
    unexpected = [error for error in group if error.validator == "additionalProperties"]  # one that is missing, perhaps
    error = best_match(unexpected or group)
    assert error is not None
    return f"at {error.json_path}: {_said(error, value)}"


def _said(error: "ValidationError", value: Any) -> str:
    """What is wrong."""
    schema = error.schema if isinstance(error.schema, dict) else {}
    if error.validator == "not":
        return f"{error.path[-1]!r} does not belong here: {_owner(list(error.absolute_path), value)} has none"
    if error.validator in ("pattern", "anyOf") and "description" in schema:
        return f"{error.instance!r} is not what has to stand here: {schema['description']}"
    if error.validator == "additionalProperties" and error.validator_value is False:
        known = [name for name, each in schema["properties"].items() if each != _NOTHING]
        given: Any = error.instance
        return str(error.message) + near_names(next(name for name in given if name not in known), known)
    if error.validator == "enum" and isinstance(error.instance, str):
        allowed: Any = error.validator_value
        hint = near_names(error.instance, [each for each in allowed if isinstance(each, str)])
        return str(error.message) + (hint if "?" in hint else "")
    return str(error.message)


def _owner(path: Sequence[str | int], value: Any) -> str:
    """What has no such member: an action, a version of the format, or the traces of a theory."""
    if path[0] in ("operations", "before"):
        call = value
        for part in path[: path.index("arguments") if "arguments" in path else -1]:
            call = call[part]
        return str(call.get("action", call.get("op")))
    if path[-1] == "theory":
        return f"a trace of version {value['musigma_trace']}"
    return f"a trace of {value.get('theory', 'Appendix A')}"
