"""The calls that are tried in every state of a scope with threads."""

from model.messages.operation import Kind, Operation
from model.messages.readings import MessageDialect
from model.messages.scope import MessageScope, set_of
from model.messages.steps import operations_of
from model.messages.tables import board_of
from model.scope import ALL_RIGHTS
from proofs.explorer.messages.wrong import is_message

EXPLORED = """\
a thread waits for nobody, for one or for anybody, opens no page or one while it waits, and is paged by τ0; who sends \
waits for nobody then or calls, since it can wait for others in a step of its own"""
"""Which calls are tried, in words."""


def explored_calls(scope: MessageScope, dialect: MessageDialect) -> tuple[Operation, ...]:
    """Every call of the scope, but of the sets and of pagers only those that :data:`EXPLORED` says."""
    everybody = set_of(*range(scope.ids))
    willing = tuple(dict.fromkeys((0, *(set_of(i) for i in range(scope.ids)), everybody)))
    opens = (0, *(set_of(x) for x in range(scope.slots)))
    tried = operations_of(scope, dialect, (ALL_RIGHTS,), willing=willing, opens=opens, keeps=(0,), paged_by=(0,))
    ident = board_of(scope).ident
    calls = (o for o in tried if o.willing or not o.opens)
    chosen = [o for o in calls if not is_message(o.kind) or o.willing in (0, 1 << int(ident[o.other]))]
    return tuple(sorted(chosen, key=group_of))


def group_of(operation: Operation) -> tuple[bool, int, int]:
    """Calls that are all refused where their program does not act or its partner does not wait for it."""
    if operation.kind in (Kind.TIMEOUT, Kind.INTERRUPT):
        return False, -1, -1
    return True, operation.actor, operation.other if is_message(operation.kind) else -1
