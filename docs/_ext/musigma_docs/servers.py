"""The directive for the systems of section 3: what each guarantees, proved; attacks where it is described wrongly."""

import json
from collections.abc import Iterator
from typing import Any

from docutils import nodes

from model.servers.description import Subsystem, lines_of
from model.servers.systems.catalogue import MOVES, VARIANTS, VIOLATED
from model.servers.theory import theory_of_subsystem
from musigma_docs.build import Cell, Musigma, RefusedError, badge, joined, table
from musigma_docs.evidence import PATIENCE
from proofs.servers.attack import attacked

HEAD = ("system", "guarantee", "verdict", "attacked where it is described wrongly", "lines")
WIDTHS = (3, 6, 2, 5, 1)
SECONDS = "600"


class ServerTable(Musigma):
    """``.. server-table::``: system × guarantee × verdict × attacks on its wrong variants × lines, each from a run."""

    def make(self) -> list[nodes.Node]:
        return [table(HEAD, [row for kind in VARIANTS for row in self._rows(kind)], WIDTHS)]

    def _rows(self, kind: type[Subsystem]) -> Iterator[tuple[Cell, ...]]:
        verdicts = self._verdicts(kind.__name__)
        wrong = {each.__name__: VIOLATED[each.__name__] for each in VARIANTS[kind]}
        first: tuple[Cell, ...] = ((self.ref("clause", kind.clause), nodes.Text(f" {kind.__name__}")),)
        lines = str(len(list(lines_of(kind))))
        for name, sentence in attacked(theory_of_subsystem(kind)).items():
            found = {verdict for about, verdict in verdicts if about == name}
            if not found:
                raise RefusedError(f"the run of {kind.__name__} says nothing of {name}")
            worst = "proved" if found == {"proved"} else min(found - {"proved"})
            attacks = [self._attack(variant, name) for variant, violated in wrong.items() if violated == name]
            yield (*first, sentence, badge(worst), joined(attacks, "; "), lines)
            first, lines = ("",), ""

    def _verdicts(self, name: str) -> list[tuple[str, str]]:
        """Of each obligation what it is about, and its verdict."""
        run = self.evidence.run(("prove", name, *PATIENCE), (0,), ("json",))
        results = json.loads(run["files"]["json"])["results"]
        return [(each["obligation"].rpartition("__")[2], each["verdict"]) for each in results]

    def _attack(self, variant: str, guarantee: str) -> nodes.Node:
        moves = ("--moves", ",".join(MOVES[variant])) if variant in MOVES else ()
        run = self.evidence.run(("attack", variant, guarantee, "--seconds", SECONDS, *moves), (1,), ("json",))
        (found,) = json.loads(run["files"]["json"])["attacks"]
        return nodes.inline("", f"{variant} in {_steps(found)}")


def _steps(found: dict[str, Any]) -> str:
    return f"{found['steps']} steps" if found["steps"] > 1 else "one step"
