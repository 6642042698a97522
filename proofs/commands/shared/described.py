"""Subsystems and machines as they are named on the command line."""

import re
from typing import TYPE_CHECKING

from model.near_names import near_names
from proofs.commands.shared.common import UsageError

if TYPE_CHECKING:
    from model.servers.theory import SubsystemTheory

_SIZE = re.compile(r"(?P<sort>[A-Z]\w*)=(?P<number>\d{1,2})")


def described_as(name: str) -> "SubsystemTheory":
    """The subsystem of that name, the project's own or a file's.

    :raises UsageError: there is none, or there is a mistake in its description.
    """
    from model.servers.systems.catalogue import SYSTEMS
    from proofs.asked import subsystem_asked
    from proofs.input.described import names_a_subsystem
    from proofs.input.theory_file import ExtensionError

    if not names_a_subsystem(name):
        raise UsageError(f"no subsystem is called {name!r}" + near_names(name, SYSTEMS) + "; or write FILE.py:NAME")
    try:
        return subsystem_asked(name)
    except ExtensionError as error:
        raise UsageError(str(error)) from None


def sizes_of(text: str, described: "SubsystemTheory") -> dict[str, int]:
    """The sizes that an option gives.

    :raises UsageError: it is not written so, or names no sort.
    """
    sorts = {sort.name() for symbol in described.theory.symbols.values() for sort in (*symbol.sorts, symbol.result)}
    found = {}
    for part in text.split(",") if text else ():
        size = _SIZE.fullmatch(part.strip())
        if size is None or not 1 <= int(size["number"]) <= 12:
            raise UsageError(f"--machine {part!r}: write a sort and a number from 1 to 12, as in Thread=5")
        if size["sort"] not in sorts - {"Bool"}:
            raise UsageError(
                f"--machine: there is no sort {size['sort']!r}" + near_names(size["sort"], sorts - {"Bool"})
            )
        if size["sort"] in found:
            raise UsageError(f"--machine says twice how many {size['sort']} there are: write it once")
        found[size["sort"]] = int(size["number"])
    return found
