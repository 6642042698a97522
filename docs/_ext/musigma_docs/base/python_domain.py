"""Python's names, looked for among those that end alike: a type in a signature is given by its last part."""

import copy
from collections import defaultdict
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sphinx.application import Sphinx
from sphinx.domains.python import ObjectEntry, PythonDomain
from sphinx.environment import BuildEnvironment


class NarrowedDomain(PythonDomain):
    """The same as Sphinx's own, whose search goes through all names for each type in each signature.

    Whatever it finds there ends in the last part of what it looks for, so the others can be left out before.
    """

    _sorted = 0
    _by_last: Mapping[str, dict[str, ObjectEntry]] = MappingProxyType({})

    def find_obj(
        self, env: BuildEnvironment, modname: str, classname: str, name: str, type: str | None, searchmode: int = 0
    ) -> list[tuple[str, ObjectEntry]]:
        """The objects that a name may mean, with their full names."""
        if searchmode != 1:
            return super().find_obj(env, modname, classname, name, type, searchmode)
        few = copy.copy(self)
        few.data = {**self.data, "objects": self._ending_in(_last(name.removesuffix("()")))}
        return PythonDomain.find_obj(few, env, modname, classname, name, type, searchmode)

    def _ending_in(self, last: str) -> dict[str, ObjectEntry]:
        if self._sorted != len(self.objects):  # more pages were read since
            self._sorted = len(self.objects)
            by_last: defaultdict[str, dict[str, ObjectEntry]] = defaultdict(dict)
            for full, entry in self.objects.items():
                by_last[_last(full)][full] = entry
            self._by_last = by_last
        return self._by_last.get(last, {})


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def without_addresses(
    app: Sphinx, what: str, name: str, described: Any, options: Any, signature: str | None, returned: str | None
) -> tuple[str, str | None] | None:
    """A signature that would show where objects stand in memory, as of a command's options, is left out."""
    return ("(...)", returned) if signature and " object at 0x" in signature else None
