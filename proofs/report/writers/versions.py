"""The versions that made a report: musigma, Python, the solvers."""

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version

_PACKAGES = {"musigma": "musigma", "z3": "z3-solver", "cvc5": "cvc5"}


@cache
def _versions() -> tuple[tuple[str, str], ...]:
    found = {"musigma": "", "python": platform.python_version()}
    for name, package in _PACKAGES.items():
        try:
            found[name] = version(package)
        except PackageNotFoundError:
            found[name] = "unknown"
    return tuple(found.items())


def versions() -> dict[str, str]:
    """The versions of musigma, Python, z3 and cvc5, as their packages state them; nothing is imported.

    >>> list(versions())
    ['musigma', 'python', 'z3', 'cvc5']
    """
    return dict(_versions())
