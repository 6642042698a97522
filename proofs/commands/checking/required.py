"""Parts of the search that a user demands, by the beginnings of their names."""

from model.messages.readings import MessageDialect
from model.near_names import near_names
from model.spaces.dialect import Dialect
from proofs.commands.shared.common import UsageError
from refinement.check.finding.report import is_called
from refinement.check.search.limits import limits as limits_of
from refinement.check.search.messages.plan import parts
from refinement.check.search.plan import scopes
from refinement.check.search.ranges.plan import RANGES
from refinement.check.search.ranges.plan import parts as range_parts
from refinement.check.target.message_calls import MessageCall


def required_parts(
    names: list[str], dialect: Dialect, messages: MessageDialect
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names, each the beginning of that of a part of the search; and those of the search of ranges, apart.

    :raises UsageError: no part is called so.
    """
    known = [*(name for name, _, _ in scopes(dialect.readings)), *(limit.group or limit.name for limit in limits_of())]
    known += [part.name for part in parts(messages.readings, tuple(MessageCall))]
    sizes = [RANGES + part.name for part in range_parts(sized=True)]
    for name in names:
        if not any(is_called(each, name) for each in (*known, *sizes)):
            near = near_names(name, [*sizes, *known])
            raise UsageError(f"--require {name!r}: no part of the search is called so" + near)
    sized = tuple(name for name in names if any(is_called(each, name) for each in sizes))
    return tuple(name for name in names if name not in sized), sized
