"""The rights that a target's hardware can express: asked once, checked, and made part of the dialect."""

from collections.abc import Callable, Sequence
from typing import Any

from model.scope import Scope
from model.spaces.dialect import CANONICAL, Dialect
from model.spaces.keeping import EVERY_SET, breach, stays, table_of
from refinement.check.driver.bench import Probe
from refinement.check.driver.sequences import init_row
from refinement.check.finding.finding import Conformance, Failure, Finding
from refinement.check.process import isolation
from refinement.check.process.order import DEFAULT_LIMITS, Ending, Limits, Order
from refinement.check.target.options import Option
from refinement.check.target.target import Target, TargetError

SOURCE_ONLY = "σ0 is a source alone: what would be mapped or granted to it, or granted by it, is passed over"
LOADING = "loading"  # the phase of what is found before any search


def on_hardware(dialect: Dialect, probed: dict[str, Any]) -> Dialect | Failure:
    """The dialect on a target's hardware, from what a :class:`Probe` answered; or which law its function breaks."""
    if not probed["kept"]:
        return dialect
    first, again = ([int(each) for each in kept] for kept in probed["kept"])
    wrong = breach(first)
    if not wrong and first != again:
        rights = next(n for n, (one, other) in enumerate(zip(first, again, strict=True)) if one != other)
        wrong = f"it answers {first[rights]} of rights {rights}, and then {again[rights]}"
    if wrong:
        said = f" ({probed['said']})" if probed["said"] else ""
        return Failure(Conformance.DIVERGES, f"normalise: {wrong}{said}")
    return dialect.keeping(table_of(first))


def dialect_on(
    target: Target,
    dialect: Dialect,
    *,
    limits: Limits = DEFAULT_LIMITS,
    perform: Callable[[Order], Ending] = isolation.perform,
) -> Dialect:
    """The dialect on the hardware of a target that has to be sound.

    A target that does not get as far as to say so is left as it is: whatever is asked of it next tells why.

    :raises TargetError: its function breaks a law.
    """
    ending = perform(Order(target, Probe(), limits))
    if ending.how != "answered":
        return dialect
    on = on_hardware(dialect, ending.value)
    if isinstance(on, Failure):
        raise TargetError(f"{target}: {on.sentence}")
    return on


def kept_on(
    target: Target,
    *,
    limits: Limits = DEFAULT_LIMITS,
    perform: Callable[[Order], Ending] = isolation.perform,
) -> int:
    """Return what a target's hardware keeps, as a table; all where it does not say so, or its function breaks a law."""
    ending = perform(Order(target, Probe(), limits))
    on = on_hardware(CANONICAL, ending.value) if ending.how == "answered" else CANONICAL
    return EVERY_SET if isinstance(on, Failure) else on.readings.kept


def unsound(failure: Failure, dialect: Dialect) -> Finding:
    """The finding that a target's function breaks a law."""
    shortest = "it is asked before any operation"
    return Finding(failure, init_row(Scope(1, 1, 1)), dialect.name, LOADING, shortest, is_shortest=True)


def remarks_on(dialect: Dialect, options: Option = Option.NONE) -> Sequence[str]:
    """What is to be said of a target's interface, and of its hardware: what a flush cannot take."""
    table = dialect.readings.kept
    said = [SOURCE_ONLY] if Option.SIGMA0_IS_SOURCE in options else []
    if table == EVERY_SET:
        return said
    left = stays(table)
    said += [f"rights are compared as normalise keeps them, which the dialect names {dialect.name!r}"]
    return [*said, f"on this hardware a flush can leave the right that it takes: {'; '.join(left)}"] if left else said
