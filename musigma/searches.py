"""Breadth-first search of any system that says how its states follow each other; and the system of shootdowns."""

from musigma.shadowing import refuse_foreign

refuse_foreign()

from proofs.explorer.searches.breadth_first import search
from proofs.explorer.searches.shootdown import shootdown
from proofs.explorer.system import Field, System, unreduced

__all__ = [
    "Field",
    "System",
    "search",
    "shootdown",
    "unreduced",
]
