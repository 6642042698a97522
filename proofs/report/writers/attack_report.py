"""Attacks on subsystems as text and as JSON."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console

from proofs.report.writers.versions import versions
from proofs.servers.attack import Attack

ATTACK_VERSION = 1


def print_attack(console: Console, attack: Attack) -> None:
    """Print what was found of one guarantee: the run, a step a line."""
    lines = [f"{attack.subsystem}.{attack.guarantee}: {attack.sentence}", *(f"  {line}" for line in attack.lines)]
    for line in (*lines, f"  {attack.summary}"):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def attacks_json(attacks: Sequence[Attack]) -> dict[str, Any]:
    """The report as JSON values, valid by ``attack.schema.json``."""
    return {
        "musigma_attack": ATTACK_VERSION,
        "versions": versions(),
        "attacks": [_as_json(attack) for attack in attacks],
    }


def _as_json(attack: Attack) -> dict[str, Any]:
    return {
        "subsystem": attack.subsystem,
        "guarantee": attack.guarantee,
        "sentence": attack.sentence,
        "violated": attack.found,
        "steps": attack.steps,
        "run": list(attack.lines),
        "machine": dict(attack.machine),
        "moves": list(attack.moves),
        "cut_short": attack.reason,
    }
