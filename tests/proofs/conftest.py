from collections.abc import Callable, Iterator

import pytest

from model.spaces.dialect import CANONICAL, DIALECTS
from model.spaces.invariants import INVARIANTS
from proofs.engines.pool import Workers, workers
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.obligation import Condition
from proofs.prove import prove
from proofs.registry import registry
from proofs.result import Run
from proofs.two_runs import about_model


@pytest.fixture(scope="session")
def pool() -> Iterator[Workers]:
    with workers(2, Settings(Solvers.Z3)) as some:
        yield some


@pytest.fixture(scope="session")
def condition() -> Callable[..., Condition]:
    """The one condition of an obligation, by its name and that of a dialect."""

    def named(name: str, dialect: str = "canonical") -> Condition:
        (only,) = registry()[name].conditions(DIALECTS[dialect], frozenset(INVARIANTS))
        return only

    return named


@pytest.fixture(scope="session")
def whole(pool: Workers) -> Run:
    """Every obligation of canonical that speaks of the theory's steps."""
    chosen = [obligation for obligation in registry().values() if about_model(obligation)]
    return prove(CANONICAL, chosen, pool)


@pytest.fixture(scope="session")
def eager(pool: Workers) -> Run:
    """Some of literal-eager: proved, refuted, and neither."""
    names = (
        "map__preserves__irreflexive",
        "map__preserves__transitive",
        "grant__preserves__no_frame_lost",
        "grant__preserves__forest",
        "grant__onto_ancestor__loses_no_frame",
        "map__sometimes__extends_rights",
    )
    chosen = [registry()[name] for name in names if name in registry()]
    return prove(DIALECTS["literal-eager"], chosen, pool, induction=True)
