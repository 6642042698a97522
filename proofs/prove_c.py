"""Discharge the obligations of a kernel's own C code, as a binding file says what it is."""

from functools import partial
from pathlib import Path

from model.spaces.dialect import Dialect
from proofs.c_code.explain import explained
from proofs.c_code.picture import Picture
from proofs.c_code.shapes import by_id, conditions_named
from proofs.engines.pool import workers
from proofs.engines.smt.outcome import Outcome, Settings
from proofs.input.naming import matching
from proofs.obligations.c_code.obligations import CObligation, loaded
from proofs.obligations.c_code.roles import ROLES
from proofs.prove import OnResult, nothing
from proofs.result import Result, Run
from proofs.verdict import Verdict

INTERFACE = ("map", "grant", "flush", "lookup", "lookup_hw")
OPTIONAL = "lookup_hw"
"""The operations of ``musigma.h`` that a binding can name, and which of them a mapping database need not have."""


def c_obligations(
    file: Path, binding: Path, flags: tuple[str, ...], dialect: Dialect, pattern: str | None
) -> list[CObligation]:
    """The obligations of a file of C that a pattern chooses; all without one.

    :raises CompileError: clang or LLVM does not take the file.
    :raises BindingError: the binding does not fit it.
    :raises ExecutionError: the code has what is not executed on terms.
    """
    loaded(str(file), str(binding), flags)
    found = by_id(str(file), str(binding), flags, dialect.name)
    if pattern is None:
        return list(found.values())
    names, claims = list(found), [each.claim for each in found.values()]
    return [found[names[number]] for number in matching(pattern, names, claims)]


def relied_on(file: Path, binding: Path, flags: tuple[str, ...], run: Run) -> tuple[str, ...]:
    """The functions whose calls were taken for what their own proofs say, but of which the run did not prove all."""
    code = loaded(str(file), str(binding), flags).code
    every = by_id(str(file), str(binding), flags, run.dialect.name)
    proved = {result.obligation.id for result in run.results if result.verdict == Verdict.PROVED}
    lacking = {each.function for name, each in every.items() if name not in proved}
    apart = frozenset(each.name for each in code.binding.functions.values() if ROLES[each.role].apart)
    pending, found = list({every[result.obligation.id].function for result in run.results}), set[str]()
    while pending:
        function = pending.pop()
        executed = code.program.reached_from(function, apart - {function})
        called = {callee for name in executed for callee in code.program.functions[name].callees()} & apart
        pending += called - found
        found |= called
    return tuple(sorted(found & lacking))


def left_out(file: Path, binding: Path, flags: tuple[str, ...]) -> tuple[str, ...]:
    """The operations of the interface of which the binding lets nothing be proved, as ``musigma.h`` names them.

    None of a file that has no operation at all: there some functions are proved, and no mapping database.
    """
    code = loaded(str(file), str(binding), flags).code
    role_of = {each.name: each.role for each in code.binding.functions.values()}
    names = {role: f"musigma_{role}" for role in INTERFACE}
    if not any(name in code.program.functions or role in role_of.values() for role, name in names.items()):
        return ()

    def lacks(role: str, name: str) -> bool:
        if name in code.program.functions:
            return role_of.get(name) != role
        return role != OPTIONAL and role not in role_of.values()

    return tuple(name for role, name in names.items() if lacks(role, name))


def looked_past(file: Path, binding: Path, flags: tuple[str, ...]) -> tuple[str, ...]:
    """The functions of the file that no proof executes."""
    code = loaded(str(file), str(binding), flags).code
    executed = {each for name in code.binding.functions for each in code.program.reached_from(name)}
    return tuple(sorted(code.program.functions.keys() - executed))


def prove_c(
    file: Path,
    binding: Path,
    flags: tuple[str, ...],
    dialect: Dialect,
    chosen: list[CObligation],
    settings: Settings,
    jobs: int | None = None,
    memory: int = 4 << 30,
    on_result: OnResult = nothing,
) -> tuple[Run, tuple[Picture, ...]]:
    """Discharge those obligations; an interrupted run keeps what it decided.

    :returns: the run, and pictures of what is not proved.
    """
    results: dict[str, Result] = {}
    conditions = partial(conditions_named, file=str(file), binding=str(binding), flags=flags)
    ours = {each.id: each for each in chosen}

    def settle(result: Result) -> None:
        results[result.obligation.id] = result
        on_result(result)

    try:
        claimed = [each.id for each in chosen if each.applies(dialect.readings)]
        for name in ours.keys() - set(claimed):
            reason = f"a mapping tree does not implement {dialect.name}"
            settle(Result(ours[name], dialect.name, Outcome(Verdict.NOT_CLAIMED, reason=reason)))
        with workers(jobs, settings, memory, conditions) as pool:
            for name, outcome in pool.discharge(claimed, dialect.name, frozenset()):
                settle(Result(ours[name], dialect.name, outcome))
    except KeyboardInterrupt:
        left = tuple(each.id for each in chosen if each.id not in results)
        return Run(dialect, tuple(results.values()), frozenset(), left), ()
    code = loaded(str(file), str(binding), flags)
    told = list(explained(code, [results[each.id] for each in chosen], flags, dialect, settings))
    pictures = tuple(each.picture for each in told if each.picture is not None)
    return Run(dialect, tuple(each.result for each in told), frozenset()), pictures
