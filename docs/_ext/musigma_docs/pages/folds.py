"""The directive for solutions of exercises: folded away, open on paper."""

from docutils import nodes

from musigma_docs.base.build import Musigma, folded


class Solution(Musigma):
    """``.. solution::``: what the reader is to find first; whatever stands in it is checked as elsewhere."""

    has_content = True

    def make(self) -> list[nodes.Node]:
        return [folded("Solution", *self.parse_content_to_nodes())]
