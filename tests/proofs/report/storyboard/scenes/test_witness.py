"""Every violation that the search finds is confirmed on its trace, and where it can be told of whom, it is."""

import pytest

from model.spaces.dialect import DIALECTS, Dialect
from proofs.counterexamples.by_name import names
from proofs.engines.search.shortest import search
from proofs.obligation import Obligation
from proofs.prove import areas
from proofs.registry import registry
from proofs.report.storyboard import storyboard
from proofs.report.storyboard.scenes.witness import witness_of


def _obligations(dialect: Dialect) -> list[Obligation]:
    wanted = set(names())
    return [
        o for o in registry().values() if isinstance(o, Obligation) and o.id in wanted and o.applies(dialect.readings)
    ]


def _check(name: str) -> int:
    dialect = DIALECTS[name]
    found = search(dialect, areas(dialect)[0], _obligations(dialect)).traces
    for identity, trace in found.items():
        last = [finding for finding in storyboard(trace).scenes[-1].findings if finding.kind == "violated"]
        assert len(last) == 1, identity
        witness = witness_of(trace)
        assert witness is not None
        obligation = witness.obligation
        assert f"violated: {obligation.claim}, {obligation.sentence}" in last[0].text
        assert "(not so for " in last[0].text or obligation.free, identity
    return len(found)


@pytest.mark.long
def test_the_dialect_with_the_fewest_choices() -> None:
    assert _check("tree") > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in DIALECTS if name != "tree"])
def test_all_dialects(name: str) -> None:
    assert (_check(name) > 0) == (name in ("literal-eager", "literal-lazy", "x2-keep", "x2-flush"))
