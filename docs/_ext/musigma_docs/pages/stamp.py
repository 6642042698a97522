"""Version and commit on every page, and one numbering of parts and sections through all the tables of contents."""

import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment

from musigma_docs.evidence.runs import ROOT

HEADER = r"\makeatletter\AtBeginDocument{\g@addto@macro\py@release{, %s}}\makeatother" + "\n"


@cache
def version() -> str:
    """The version of these sources, whichever is installed."""
    found: str = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    return found


@cache
def commit() -> str:
    """The commit of these sources, and whether they were changed since; what a package was made of is not known."""
    found = _git("rev-parse", "--short=12", "HEAD")
    if not found or _git("rev-parse", "--show-prefix"):
        return "commit unknown"
    return f"commit {found}" + (", changed since" if _git("status", "--porcelain", "--untracked-files=no") else "")


def _git(*arguments: str) -> str:
    try:
        ended = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return ended.stdout.strip() if ended.returncode == 0 else ""


def on_paper(app: Sphinx, config: Config) -> None:
    """The title page and the head of each page say the version; the commit comes beside it."""
    config.latex_elements = {
        **config.latex_elements,
        "preamble": config.latex_elements.get("preamble", "") + HEADER % commit(),
    }


def on_page(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """A line at the end of the page: what it was made from."""
    if "body" in context:
        context["body"] += f'<p class="mu-stamp">musigma {version()}, {commit()}</p>'


def lifted(app: Sphinx, doctree: nodes.document) -> None:
    """Pages below a page stand beside its sections, and not in the last of them, where their list is written."""
    for toctree in list(doctree.findall(addnodes.toctree)):
        wrapper = toctree.parent
        whole = next(doctree.findall(nodes.section))
        last: nodes.Node = whole
        while isinstance(last, nodes.section):
            last = last[-1]
        inside = isinstance(wrapper.parent, nodes.section) and wrapper.parent is not whole
        if inside and (toctree["hidden"] or last is wrapper):
            wrapper.parent.remove(wrapper)
            whole += wrapper


def unshifted(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Before Sphinx numbers: the numbers of the last build as Sphinx gave them, so that it sees which are new."""
    _shift(env, getattr(env, "musigma_shifts", {}), -1)
    return []


def shifted(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """After Sphinx has numbered each table of contents from 1 on: each goes on where the one before it ended."""
    shifts: dict[str, int] = {}
    for document in env.numbered_toctrees:
        before = 0
        for toctree in env.get_doctree(document).findall(addnodes.toctree):
            if toctree.get("numbered"):
                shifts |= dict.fromkeys(_below(env, toctree), before)
                before += sum(name in env.tocs for _, name in toctree["entries"])
    _shift(env, shifts, 1)
    env.musigma_shifts = shifts  # type: ignore[attr-defined] # kept with the environment
    for name, shift in shifts.items():
        own: list[nodes.Element] = [*env.tocs[name].findall(nodes.reference)]
        for each in own if shift else ():
            if each.get("secnumber"):
                each["secnumber"] = list(env.toc_secnumbers[name][each["anchorname"]])
        if env.titles[name].get("secnumber"):
            env.titles[name]["secnumber"] = list(env.toc_secnumbers[name][""])
    return []


def _below(env: BuildEnvironment, toctree: addnodes.toctree) -> Iterator[str]:
    for _, name in toctree["entries"]:
        if name in env.tocs:
            yield name
            for inner in env.tocs[name].findall(addnodes.toctree):
                yield from _below(env, inner)


def _shift(env: BuildEnvironment, shifts: dict[str, int], sign: int) -> None:
    for name, shift in shifts.items():
        numbers: dict[str, tuple[int, ...]] = env.toc_secnumbers.get(name, {})
        env.toc_secnumbers[name] = {
            anchor: (number[0] + sign * shift, *number[1:]) if number else number for anchor, number in numbers.items()
        }
