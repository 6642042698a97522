"""Imports a mutant in place of a module: in this process, or in each that a test starts.

This file is copied as ``sitecustomize.py``, so it uses nothing but the standard library. The folder that it is told of
holds the mutant's code, its module's name and file.
"""

import json
import marshal
import os
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path

VARIABLE = "MUSIGMA_MUTANT"


class _Loader(SourceFileLoader):
    """Loads the code that was compiled already."""

    def __init__(self, name: str, path: str, code: bytes) -> None:
        super().__init__(name, path)
        self._code = code

    def get_code(self, fullname: str) -> object:  # type: ignore[override]
        return marshal.loads(self._code)


class Finder(MetaPathFinder):
    """Finds one module, and leaves all others to whoever finds them."""

    def __init__(self, folder: Path) -> None:
        """The mutant in a folder."""
        told = json.loads((folder / "mutant.json").read_text("utf-8"))
        self._module: str = told["module"]
        self._code = (folder / "mutant.code").read_bytes()

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """The module's own spec, with the mutant's code."""
        if fullname != self._module:
            return None
        spec = PathFinder.find_spec(fullname, path)  # type: ignore[arg-type]
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(fullname, spec.origin, self._code)
        return spec


def install(folder: Path) -> None:
    """From now on that module is imported as the mutant."""
    sys.meta_path.insert(0, Finder(folder))


def prepare(folder: Path, module: str, code: bytes, root: Path) -> None:
    """Write a mutant into a folder, and see to it that processes started from here import it."""
    (folder / "mutant.code").write_bytes(code)
    (folder / "mutant.json").write_text(json.dumps({"module": module}), "utf-8")
    (folder / "sitecustomize.py").write_text(Path(__file__).read_text("utf-8"), "utf-8")
    os.environ[VARIABLE] = str(folder)
    os.environ["PYTHONPATH"] = os.pathsep.join([str(folder), str(root)])


if __name__ == "sitecustomize" and VARIABLE in os.environ:
    install(Path(os.environ[VARIABLE]))
