"""Directives for descriptions of servers: the table of the systems of section 3, and pictures of attacks."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives

from model.servers.description import Subsystem, lines_of
from model.servers.systems.catalogue import MOVES, VARIANTS, VIOLATED
from model.servers.theory import theory_of_subsystem
from musigma_docs.base.build import Cell, Musigma, RefusedError, badge, joined, table
from musigma_docs.pictures.traces import figure
from proofs.input.described import names_a_subsystem, subsystem
from proofs.input.theory_file import ExtensionError
from proofs.report.storyboard import page, svg
from proofs.report.storyboard.replays.servers import attack_board
from proofs.servers.attack import attack, attacked

HEAD = ("system", "guarantee", "verdict", "attacked where it is described wrongly", "lines")
WIDTHS = (3, 6, 2, 5, 1)
SECONDS = "600"
EXAMPLES = Path(__file__).parents[3] / "examples"


class AttackPicture(Musigma):
    """``.. attack:: shop.py:Oversold once``: the shortest attack on a guarantee, drawn, of an example or a system.

    The page says how long it is: ``:steps:``.
    """

    required_arguments = 2
    option_spec = {"caption": directives.unchanged_required, "steps": directives.positive_int}

    def make(self) -> list[nodes.Node]:
        source, guarantee = self.arguments
        if not names_a_subsystem(source):
            raise RefusedError(f"{source!r} is no description: name a system, or an example as shop.py:Shop")
        try:
            of = subsystem(str(EXAMPLES / source) if ".py:" in source else source)
        except ExtensionError as error:
            raise RefusedError(str(error)) from None
        if guarantee not in attacked(of):
            raise RefusedError(f"{of.name} guarantees no {guarantee!r}: name one of {', '.join(attacked(of))}")
        found = attack(of, guarantee, machine=of.kind.machine, seconds=float(SECONDS))
        steps = self.options.get("steps", found.steps)
        if not found.found or found.steps != steps:
            raise RefusedError(f"the page expects an attack of {steps} steps, but {found.summary}")
        board = attack_board(of, found)
        caption = self.parse_inline(self.options.get("caption", found.summary))[0]
        return [figure(self, f"attack_{of.name}_{guarantee}", svg(board), page(board), caption)]


class ServerTable(Musigma):
    """``.. server-table::``: system × guarantee × verdict × attacks on its wrong variants × lines, each from a run."""

    def make(self) -> list[nodes.Node]:
        self.evidence.together(run for kind in VARIANTS for run in self._runs(kind))
        return [table(HEAD, [row for kind in VARIANTS for row in self._rows(kind)], WIDTHS)]

    def _runs(self, kind: type[Subsystem]) -> Iterator[Callable[[], object]]:
        """The runs that the rows of a system are made of."""
        yield partial(self._verdicts, kind.__name__)
        yield from (partial(self._attack, each.__name__, VIOLATED[each.__name__]) for each in VARIANTS[kind])

    def _rows(self, kind: type[Subsystem]) -> Iterator[tuple[Cell, ...]]:
        verdicts = self._verdicts(kind.__name__)
        wrong = {each.__name__: VIOLATED[each.__name__] for each in VARIANTS[kind]}
        first: tuple[Cell, ...] = ((self.ref("clause", kind.clause), nodes.Text(f" {kind.__name__}")),)
        lines = str(len(list(lines_of(kind))))
        said: dict[str, list[str]] = {}  # one sentence of several rules is one row
        for name, sentence in attacked(theory_of_subsystem(kind)).items():
            said.setdefault(sentence, []).append(name)
        for sentence, names in said.items():
            found: set[str] = set()
            for name in names:
                of_this = {verdict for about, verdict in verdicts if about == name}
                if not of_this:
                    raise RefusedError(f"the run of {kind.__name__} says nothing of {name}")
                found |= of_this
            worst = "proved" if found == {"proved"} else min(found - {"proved"})
            attacks = [self._attack(variant, violated) for variant, violated in wrong.items() if violated in names]
            of_each = f", of {len(names)} rules each" if len(names) > 1 else ""
            yield (*first, f"{sentence}{of_each}", badge(worst), joined(attacks, "; "), lines)
            first, lines = ("",), ""

    def _verdicts(self, name: str) -> list[tuple[str, str]]:
        """Of each obligation what it is about, and its verdict."""
        run = self.evidence.run(("prove", name, "-q"), (0,), ("json",))  # as sessions have it
        results = json.loads(run["files"]["json"])["results"]
        return [(each["obligation"].rpartition("__")[2], each["verdict"]) for each in results]

    def _attack(self, variant: str, guarantee: str) -> nodes.Node:
        more = ("--seconds", SECONDS, "--moves", ",".join(MOVES[variant])) if variant in MOVES else ()
        run = self.evidence.run(("attack", variant, guarantee, *more), (1,), ("json",))
        (found,) = json.loads(run["files"]["json"])["attacks"]
        return nodes.inline("", f"{variant} in {_steps(found)}")


def _steps(found: dict[str, Any]) -> str:
    return f"{found['steps']} steps" if found["steps"] > 1 else "one step"
