"""The domain of musigma's names: where each is described, which page speaks of which, and the roles that link them."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from docutils import nodes
from docutils.nodes import Element
from docutils.parsers.rst.states import Inliner
from sphinx import addnodes
from sphinx.builders import Builder
from sphinx.domains import Domain
from sphinx.environment import BuildEnvironment
from sphinx.roles import XRefRole
from sphinx.util import logging
from sphinx.util.nodes import make_refnode

from musigma_docs.base.names import KINDS, ids, unknown
from musigma_docs.evidence.ahead import Ahead
from musigma_docs.evidence.runs import Evidence

LOGGER = logging.getLogger(__name__)

ENTRY, ROW, INDEX = range(3)
"""How much a place says of a name: all there is, a line in a table, a line in an index. A link leads to the most."""


class Place(NamedTuple):
    """Where a name is described."""

    rank: int
    document: str
    anchor: str


class Ref(XRefRole):
    """A role that names something and so counts as a mention of it."""

    def __init__(self, kind: str) -> None:
        """Link to things of that kind."""
        literal = kind in ("obligation", "fault", "dialect", "condition", "invariant", "action", "definition")
        super().__init__(innernodeclass=nodes.literal if literal else nodes.inline)
        self.kind = kind

    def __call__(
        self,
        name: str,
        rawtext: str,
        text: str,
        lineno: int,
        inliner: Inliner,
        options: dict[str, Any] | None = None,
        content: Any = (),
    ) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Be of the domain, though written without it."""
        return super().__call__(f"musigma:{self.kind}", rawtext, text, lineno, inliner, options or {}, content)

    def process_link(
        self, env: BuildEnvironment, refnode: Element, has_explicit_title: bool, title: str, target: str
    ) -> tuple[str, str]:
        """Note the mention."""
        domain_of(env).mention(self.kind, target.strip(), env.current_document.docname)
        return title, target.strip()


class MusigmaDomain(Domain):
    """Names, their places and their mentions."""

    name = "musigma"
    label = "musigma"
    initial_data = {"places": {}, "mentions": {}, "pages": {}, "sections": {}}
    data_version = 3
    evidence: Evidence
    ahead: Ahead | None = None

    def note(self, kind: str, name: str, document: str, anchor: str, rank: int = ENTRY) -> None:
        """Something is described here; only one entry each, and the first row."""
        places: list[Place] = self.data["places"].setdefault((kind, name), [])
        for place in places:
            if place.rank == rank == ENTRY:
                LOGGER.warning(
                    f"the {kind} {name} has an entry in {place.document} already", location=document, type="musigma"
                )
            if place.rank == rank:
                return
        places.append(Place(rank, document, anchor))

    def mention(self, kind: str, name: str, document: str) -> None:
        """A page speaks of it."""
        self.data["mentions"].setdefault((kind, name), set()).add(document)

    def mentions(self, kind: str, name: str) -> list[str]:
        """The pages that speak of it, in order."""
        return sorted(self.data["mentions"].get((kind, name), ()))

    def place(self, kind: str, name: str) -> Place | None:
        """Where most is said of it."""
        return min(self.data["places"].get((kind, name), ()), default=None)

    def clear_doc(self, docname: str) -> None:
        """Forget what a page says."""
        for key, places in list(self.data["places"].items()):
            self.data["places"][key] = [place for place in places if place.document != docname]
        for documents in self.data["mentions"].values():
            documents.discard(docname)
        self.data["pages"].pop(docname, None)
        self.data["sections"].pop(docname, None)

    def resolve_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        typ: str,
        target: str,
        node: addnodes.pending_xref,
        contnode: Element,
    ) -> nodes.reference | None:
        """The link; a warning where there is nothing to link to."""
        place = self.place(typ, target)
        if place is None:
            known = target in ids(typ)
            if known and node.get("made"):  # by a directive, which links to all that there is a place for
                return None
            message = f"no page describes the {typ} {target!r}" if known else unknown(typ, target)
            LOGGER.warning(message, location=node, type="musigma", subtype="undescribed" if known else "unknown")
            return None
        if place.document == fromdocname and not place.anchor:
            return None
        return make_refnode(builder, fromdocname, place.document, place.anchor, contnode, f"{typ} {target}")

    def resolve_any_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        target: str,
        node: addnodes.pending_xref,
        contnode: Element,
    ) -> list[tuple[str, nodes.reference]]:
        """Nothing: our names are plain words, and ``any`` would find them everywhere."""
        return []

    def get_objects(self) -> Iterable[tuple[str, str, str, str, str, int]]:
        """What the search of the site finds by name."""
        return self._objects()

    def _objects(self) -> Iterator[tuple[str, str, str, str, str, int]]:
        for kind, name in self.data["places"]:
            place = self.place(kind, name)
            if place is not None and place.rank < INDEX:
                yield name, name, kind, place.document, place.anchor, 1


def domain_of(env: BuildEnvironment) -> MusigmaDomain:
    """The domain of a build."""
    domain = env.get_domain("musigma")
    assert isinstance(domain, MusigmaDomain)
    return domain


ROLES = {kind: Ref(kind) for kind in KINDS} | {"obl": Ref("obligation")}
