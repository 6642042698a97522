"""Pages of the sources: each link leads somewhere, from the list of modules and from a definition back to its entry."""

import re
from collections.abc import Callable
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

BACK = re.compile(r'(<a class="viewcode-back" href="[^"#]*#)([\w.]+)(")')
FOLDER = "_modules/"


def without_sources(app: Sphinx, env: BuildEnvironment) -> None:
    """Modules whose source cannot be read, as ``builtins``, have no page, so the list of pages does not name them."""
    modules = getattr(env, "_viewcode_modules", {})
    for name in [name for name, entry in modules.items() if not entry]:
        del modules[name]


def led_back(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """A link from a definition leads to its entry, though other definitions of the module are described elsewhere."""
    if page.startswith(FOLDER) and "body" in context:
        described = app.env.domains.python_domain.objects
        module = page.removeprefix(FOLDER).replace("/", ".")
        context["body"] = BACK.sub(
            lambda found: found[1] + entry_of(found[2], module, described) + found[3], context["body"]
        )


class Navigation:
    """The navigation of source pages, made once for each depth of folders: no tree of contents has such a page.

    So it differs in nothing but how far up its links begin; to make it for each of many hundred pages took minutes.
    """

    def __init__(self) -> None:
        """None is made yet."""
        self._made: dict[object, str] = {}

    def __call__(self, app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
        """The theme asks a source page for what another one was given."""
        if page.startswith(FOLDER) and "toctree" in context:
            context["toctree"] = self._shared(page.count("/"), context["toctree"])

    def _shared(self, depth: int, make: Callable[..., str]) -> Callable[..., str]:
        def navigation(**options: Any) -> str:
            key = depth, tuple(sorted(options.items()))
            if key not in self._made:
                self._made[key] = make(**options)
            return self._made[key]

        return navigation


def entry_of(target: str, module: str, described: Any) -> str:
    """The entry that is meant: where it is, or what of the same name the module itself has.

    >>> entry_of("machine.formats.Entry.bits", "machine.formats.base", {"machine.formats.base.Entry.bits"})
    'machine.formats.base.Entry.bits'
    >>> entry_of("machine.formats.Entry", "machine.formats.base", {"machine.formats.Entry"})
    'machine.formats.Entry'
    """
    parts = target.split(".")
    own = (f"{module}.{'.'.join(parts[number:])}" for number in range(1, len(parts)))
    return target if target in described else next((name for name in own if name in described), target)
