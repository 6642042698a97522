"""Objects with fields that are given, and fields that their class computes, executed on those."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from proofs.execution.monitor import bind
from proofs.execution.path import Path


class Computing:
    """What stands for an object of a class: a field that is a property of the class is executed."""

    def __init__(
        self, cls: type, path: Path, instead: Mapping[str, Callable[..., Any]] | None = None, **fields: object
    ) -> None:
        """With these fields.

        :param instead: functions in the place of properties.
        """
        self.__stands_for__ = cls
        self._path, self._instead = path, instead or {}
        self.__dict__.update(fields)

    def __getattr__(self, name: str) -> Any:
        """What the class computes."""
        found = self._instead.get(name) or inspect.getattr_static(self.__stands_for__, name, None)
        function = found.fget if type(found) is property else self._instead.get(name)
        if function is None:
            raise AttributeError(f"a {self.__stands_for__.__qualname__} has no field {name} in the proof")
        return bind(function, self._path)(self)


def computes(cls: type, name: str) -> Callable[..., Any]:
    """The function by which a class computes a field.

    :raises TypeError: it does not.
    """
    found = inspect.getattr_static(cls, name)
    if type(found) is not property or found.fget is None:
        raise TypeError(f"{cls.__qualname__}.{name} is not computed")
    return found.fget


def sets(cls: type, name: str) -> Callable[..., Any]:
    """The function by which a class sets a field that it computes.

    :raises TypeError: it does not.
    """
    found = inspect.getattr_static(cls, name)
    if type(found) is not property or found.fset is None:
        raise TypeError(f"{cls.__qualname__}.{name} is not set by a function")
    return found.fset
