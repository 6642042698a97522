"""A user's Python file as a module, read anew from its source each time."""

import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType


class _FromSource(SourceFileLoader):
    """Reads no bytecode and leaves none beside the file.

    Python takes bytecode for that of any file of the same size that was changed in the same second, so that a verdict
    could be about what the file said before.
    """

    def get_code(self, fullname: str) -> CodeType:
        try:
            return self.source_to_code(self.get_data(self.path), self.path)
        except ValueError as error:  # Python before 3.11.4 says so of null bytes
            raise SyntaxError(str(error)) from None


def module_from(path: Path | str, name: str) -> ModuleType:
    """The file as a module of that name, in ``sys.modules`` unless executing it fails.

    :raises OSError: it cannot be read.
    :raises BaseException: what compiling or executing it raises.
    """
    spec = spec_from_file_location(name, path, loader=_FromSource(name, str(path)))
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
