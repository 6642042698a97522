"""State graphs to walk in: a page in which each state of a scope is a step away, and which needs no network.

A graph is computed here, by the code that is explored; the page follows its edges and computes no step.
"""

from proofs.report.walk.graph import Graph, Label, Look, Step, Walkable, graph_of
from proofs.report.walk.page import walk_page

__all__ = ["Graph", "Label", "Look", "Step", "Walkable", "graph_of", "walk_page"]
