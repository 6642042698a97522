"""The specification's own Sphinx extension: what pages say of claims, obligations and faults comes from runs."""

import hashlib
import os
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util import logging

from musigma_docs.base import build, maths
from musigma_docs.base.domain import ROLES, MusigmaDomain, domain_of
from musigma_docs.base.python_domain import NarrowedDomain, without_addresses
from musigma_docs.evidence.runs import Evidence, EvidenceError, refuse_other_sources, sources_digest
from musigma_docs.pages import checks, folds, narrow, sessions, source_pages, stamp
from musigma_docs.pictures import architecture, drawn, formats, pictured, plotted, traces, walks
from musigma_docs.statements import claims, clauses, crossing, fragment, obligations, proved, rules, theory
from musigma_docs.tables import (
    command_line,
    costs,
    faults,
    inventory,
    measured,
    messages,
    mutation,
    ranges,
    schemas,
    servers,
)

LOGGER = logging.getLogger(__name__)
ID = re.compile(r'(?<=<span class="pre">)\w+_\w+(?=</span>)')

DIRECTIVES = {
    "absent-faults": faults.AbsentFaults,
    "action": theory.ActionDirective,
    "attack": servers.AttackPicture,
    "choice-grid": claims.ChoiceGrid,
    "choice-table": claims.ChoiceTable,
    "claim": claims.Claim,
    "claim-table": claims.ClaimTable,
    "clause": clauses.ClauseMark,
    "clause-index": clauses.ClauseIndex,
    "code-inventory": inventory.CodeInventory,
    "command-line": command_line.CommandLine,
    "condition-summary": claims.ConditionSummary,
    "condition-table": claims.ConditionTable,
    "costs": costs.Costs,
    "definition": theory.Definition,
    "dialect": claims.DialectDirective,
    "dialect-table": claims.DialectTable,
    "fault": faults.FaultDirective,
    "fault-matrix": faults.FaultMatrix,
    "fault-table": faults.FaultTable,
    "measured": measured.Measured,
    "mutation-areas": mutation.MutationAreas,
    "mutation-outside": mutation.MutationOutside,
    "mutation-score": mutation.MutationScore,
    "format": formats.FormatDirective,
    "import-graph": architecture.ImportGraph,
    "invariant": theory.InvariantDirective,
    "invariants": theory.Invariants,
    "message-choice-table": messages.MessageChoiceTable,
    "message-dialect-table": messages.MessageDialectTable,
    "obligation": obligations.ObligationDirective,
    "obligation-index": obligations.ObligationIndex,
    "obligations": obligations.Obligations,
    "outside-fragment": fragment.OutsideFragment,
    "page-walk": pictured.PageWalk,
    "plotted": plotted.PlotDirective,
    "proved-table": proved.ProvedTable,
    "range-choice-table": ranges.RangeChoiceTable,
    "range-dialect-table": ranges.RangeDialectTable,
    "refinement-stack": pictured.RefinementStack,
    "rules": rules.RulesDirective,
    "schema": schemas.SchemaDirective,
    "server-table": servers.ServerTable,
    "session": sessions.SessionDirective,
    "solution": folds.Solution,
    "storyboard": drawn.StoryboardDirective,
    "trace": traces.TraceDirective,
    "verdict-table": claims.VerdictTable,
    "walk": walks.WalkDirective,
}


def _stale() -> bool:
    """Whether a draft is asked for, which takes older runs, and pages as they were read before."""
    return os.environ.get("MUSIGMA_EVIDENCE_STALE") == "1"


def _digest(app: Sphinx, config: Config) -> None:
    """With other sources, of this extension or (but for a draft) of the packages, every page is read again."""
    own = b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.rglob("*.py")))
    config.musigma_sources = ("a draft" if _stale() else sources_digest()) + hashlib.sha256(own).hexdigest()


def _evidence(app: Sphinx) -> None:
    try:
        refuse_other_sources()
    except EvidenceError as error:
        raise ExtensionError(str(error), modname="musigma_docs") from None
    folder = Path(app.config.musigma_evidence or app.srcdir / "_build" / "evidence")
    domain_of(app.env).evidence = Evidence(folder, stale=_stale())


def _breakable(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Long ids break at their underscores, and are copied without anything added."""
    if "body" in context:
        context["body"] = ID.sub(
            lambda found: found[0].replace("_", "_<wbr>").replace("_<wbr>_<wbr>", "__<wbr>"), context["body"]
        )


def _note_draft(app: Sphinx, doctree: nodes.document) -> None:
    """A page that was read with stale evidence is a draft in later builds as well, which may not read it again."""
    if domain_of(app.env).evidence.draft:
        app.env.metadata[app.env.current_document.docname]["musigma-draft"] = True


def _say_draft(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """On each page of a site with stale evidence."""
    draft = domain_of(app.env).evidence.draft or app.env.metadata.get(page, {}).get("musigma-draft", False)
    if draft and "body" in context:
        note = '<div class="mu-draft">DRAFT: verdicts and outputs on this site are from runs of older sources.</div>'
        context["body"] = note + context["body"]


def _without_index(app: Sphinx, doctree: nodes.document) -> None:
    """The index is generated: navigation names it, but paper cannot take its text into one document."""
    for tree in doctree.findall(addnodes.toctree):
        tree["includefiles"] = [name for name in tree["includefiles"] if name != "genindex"]


def _write_beside(app: Sphinx, env: BuildEnvironment) -> None:
    """Pages are read one after the other, since a run that one asks for serves the next, and written side by side.

    This process resolves references, and as many more as there are processors write.
    """
    app.parallel = max(app.parallel, 1 + len(os.sched_getaffinity(0)))


def _fail(app: Sphinx, error: Exception | None) -> None:
    """A warning fails the build, whether or not ``-W`` was given: a page lacks what it names or expects."""
    if app._warncount:
        app.statuscode = 1


def _say_times(app: Sphinx, error: Exception | None) -> None:
    """What the runs of this build took; those that were kept from before took nothing."""
    for command, seconds in domain_of(app.env).evidence.seconds.items() if error is None else ():
        LOGGER.info("musigma %s: %.0f s in all", command, seconds)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register everything."""
    app.setup_extension("sphinx.ext.graphviz")
    app.add_config_value("musigma_evidence", os.environ.get("MUSIGMA_EVIDENCE", ""), "")
    app.add_config_value("musigma_sources", "", "env")
    app.add_domain(MusigmaDomain)
    app.add_domain(NarrowedDomain, override=True)
    for name, role in ROLES.items():
        app.add_role(name, role)
    for name, directive in DIRECTIVES.items():
        app.add_directive(name, directive)
    app.add_node(
        build.details,
        html=(build.visit_details_html, build.depart_details_html),
        latex=(build.visit_details_latex, build.depart_nothing),
        text=(build.visit_details_text, build.depart_nothing),
    )
    app.add_node(
        build.formula_block,
        html=(build.visit_formula_html, None),
        latex=(build.visit_formula_latex, None),
        text=(build.visit_formula_text, None),
    )
    app.add_latex_package("adjustbox")
    app.add_node(
        traces.step_through,
        html=(traces.visit_step_html, traces.depart_step_html),
        latex=(traces.skip, None),
        text=(traces.skip, None),
    )
    app.add_node(
        formats.bit_bar, html=(formats.visit_bar_html, None), latex=(traces.skip, None), text=(traces.skip, None)
    )
    app.add_node(
        walks.walk_frame,
        html=(walks.visit_frame_html, None),
        latex=(walks.say_nowhere, None),
        text=(walks.say_nowhere, None),
    )
    app.add_node(crossing.mentions)
    app.add_html_math_renderer("mathml", (maths.visit_inline, None), (maths.visit_block, None))
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-process-signature", without_addresses)
    app.connect("doctree-resolved", narrow.stack_tables)
    app.connect("doctree-resolved", narrow.shorten_matrices)
    app.connect("doctree-resolved", narrow.turn_storyboards)
    app.connect("config-inited", _digest)
    app.connect("builder-inited", _evidence)
    app.connect("config-inited", stamp.on_paper)
    app.connect("env-before-read-docs", sessions.begin)
    app.connect("doctree-read", _without_index)
    app.connect("doctree-read", _note_draft)
    app.connect("doctree-read", maths.lowered)
    app.connect("doctree-read", stamp.lifted, priority=100)
    app.connect("env-get-updated", stamp.unshifted, priority=100)
    app.connect("env-get-updated", stamp.shifted, priority=900)
    app.connect("env-check-consistency", checks.check)
    app.connect("env-check-consistency", _write_beside)
    app.connect("env-check-consistency", source_pages.without_sources)
    app.connect("missing-reference", checks.missing, priority=900)
    app.connect("doctree-resolved", clauses.fill_mentions)
    app.connect("html-page-context", source_pages.Navigation(), priority=100)  # before the theme asks for it
    app.connect("html-page-context", _breakable)
    app.connect("html-page-context", _say_draft)
    app.connect("html-page-context", stamp.on_page)
    app.connect("html-page-context", source_pages.led_back)
    app.connect("build-finished", traces.copy_pages)
    app.connect("build-finished", sessions.end)
    app.connect("build-finished", _say_times)
    app.connect("build-finished", _fail)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
