"""What the pages together must have: every claim, obligation and clause in its place. Each lack is a warning."""

import builtins
from collections.abc import Callable, Collection, Iterator
from importlib import import_module

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from musigma_docs.base.domain import ENTRY, MusigmaDomain, domain_of
from musigma_docs.base.names import ids
from musigma_docs.base.numbered import NumbersError
from musigma_docs.statements.clauses import has_anything
from proofs.faults.catalogue.catalogue import CATALOGUE
from proofs.paper.claims import CLAIMS
from proofs.paper.clauses import CLAUSES
from proofs.registry import known
from proofs.report.writers.versions import PACKAGES
from proofs.two_runs import about_model

LOGGER = logging.getLogger(__name__)


def lacks(domain: MusigmaDomain) -> Iterator[str]:
    """What no page says, and what stands for nothing."""
    every = known().values()
    for claim in CLAIMS:
        if not any(o.claim == claim for o in every):
            yield f"the claim {claim} has no obligation"
        if not _has_entry(domain, "claim", claim):
            yield f"no page has an entry for the claim {claim}"
    for obligation in every:
        if not domain.mentions("obligation", obligation.id):
            yield f"no page mentions the obligation {obligation.id}"
        if obligation.claim not in CLAUSES:
            yield f"the obligation {obligation.id} stands for {obligation.claim}, which is no clause"
    for fault in CATALOGUE:
        if not domain.mentions("fault", fault):
            yield f"no page mentions the fault {fault}"
    try:
        for number in ids("rule"):
            if not _has_entry(domain, "rule", number):
                yield f"no page has the rule {number}"
    except NumbersError as error:
        yield str(error)
    for clause in CLAUSES.values():
        if has_anything(clause.id) and clause.why_not:
            yield f"the clause {clause.id} says why nothing stands for it, but something does: delete why_not"
        if not has_anything(clause.id) and not clause.why_not:
            yield f"nothing stands for the clause {clause.id}: say why in proofs/paper/clauses.py"


def lost(domain: MusigmaDomain, headings: Callable[[str], Collection[str]]) -> Iterator[str]:
    """What the page of a claim lacks: headings that it says it has, and obligations of the model that stand for it.

    :param headings: gives those of a page.
    """
    for claim in CLAIMS:
        place = domain.place("claim", claim)
        if place is None or place.rank != ENTRY:
            continue  # said already
        for heading in domain.data["sections"].get(place.document, ()):
            if heading not in headings(place.document):
                yield f"the page of {claim} has no section «{heading}»"
        mine = [o.id for o in known().values() if o.claim == claim and about_model(o)]
        for name in mine:
            if place.document not in domain.mentions("obligation", name):
                yield f"the page of {claim} does not mention the obligation {name}"


def _has_entry(domain: MusigmaDomain, kind: str, name: str) -> bool:
    place = domain.place(kind, name)
    return place is not None and place.rank == ENTRY


def missing(
    app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, shown: nodes.TextElement
) -> nodes.reference | None:
    """A link to Python that leads nowhere at once: to where the object is defined, or to its module; else a warning.

    Only those count that somebody wrote; those that autodoc makes of types may lead nowhere.
    """
    target = node.get("reftarget", "")
    if node.get("refdomain") != "py" or "refwarn" not in node or hasattr(builtins, target):
        return None
    if "." in target and target.split(".")[0] not in PACKAGES:
        return None
    python = env.domains.python_domain
    for home in _homes(target if "." in target else f"{node.get('py:module')}.{target}"):
        found = python.resolve_xref(env, node["refdoc"], app.builder, "obj", home, node, shown)
        if found is not None:
            return found
    said = f"the API has no {target!r}: give its module in docs/reference/api"
    LOGGER.warning(said, location=node, type="musigma", subtype="api")
    return None


def _homes(target: str) -> Iterator[str]:
    """Where an object of ours may be described: under the name it was defined by, then with its module."""
    module, _, name = target.rpartition(".")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError):
        return
    if hasattr(found, "__qualname__"):
        yield f"{found.__module__}.{found.__qualname__}"
    yield module


def check(app: Sphinx, env: BuildEnvironment) -> None:
    """Say what is lacking."""

    def headings(document: str) -> list[str]:
        return [title.astext() for title in env.get_doctree(document).findall(nodes.title)]

    domain = domain_of(env)
    for lack in (*lacks(domain), *lost(domain, headings)):
        LOGGER.warning(lack, type="musigma", subtype="coverage")
