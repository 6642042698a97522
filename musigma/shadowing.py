"""Notice that somebody else's ``model``, ``machine``, ``refinement`` or ``proofs`` is found before the project's own.

These names are in use elsewhere: in the folder that Python is started in, in ``PYTHONPATH``, in other packages.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("model", "machine", "refinement", "proofs")
HOME = Path(__file__).resolve().parent.parent


class ShadowedError(ImportError):
    """A foreign module hides one of the project's packages; the message says which, and what to do."""


def refuse_foreign() -> None:
    """Find the four packages without importing them.

    :raises ShadowedError: one of them, found or imported already, is not the project's own.
    """
    for name in PACKAGES:
        found, own = _place(name), (HOME / name).resolve()
        if found != own:
            raise ShadowedError(
                f"{found or 'nothing'} is found as {name!r} instead of musigma's own {own}: rename it, or start"
                " Python from another folder and take its folder out of PYTHONPATH"
            )


def _place(name: str) -> Path | None:
    """Find where a package is, or would be, imported from."""
    module = sys.modules.get(name)
    if module is not None:
        places = [*getattr(module, "__path__", ()), getattr(module, "__file__", None)]
    else:
        spec = find_spec(name)
        places = [] if spec is None else [*(spec.submodule_search_locations or ()), spec.origin]
    return Path(places[0]).resolve() if places and places[0] else None


def forget_working_folder() -> None:
    """Import nothing from the folder that Python was started in, as ``python -m`` does, unless it is the project's."""
    if sys.flags.safe_path or not sys.path:
        return
    first = Path(sys.path[0] or ".").resolve()
    if first == Path.cwd() and first != HOME:
        del sys.path[0]
