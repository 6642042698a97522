"""Objects whose methods are executed: those of a class, on fields that are given, each loop as often as it runs."""

from collections.abc import Callable, Sequence
from functools import partial
from types import FunctionType
from typing import Any

from proofs.execution.instrument import instrumented
from proofs.execution.loop_rules import Rules, Unrolled, Values
from proofs.execution.monitor import bind
from proofs.execution.path import ExecutionError, Path, TooManyPathsError
from proofs.execution.syntax import source_of

MOST_TURNS = 100


class _Turns(Unrolled):
    """As many turns as the code takes, up to a limit: the number of turns is known on each path."""

    def __init__(self) -> None:
        self.left = MOST_TURNS

    def tail(self, values: Values) -> None:
        self.left -= 1
        if not self.left:
            raise TooManyPathsError(f"more than {MOST_TURNS} turns of loops on one path: the code does not end")


class ExecutedObject:
    """An object whose methods and properties are executed, from a class; its fields are given."""

    def __init__(self, cls: type, fields: dict[str, object], path: Path, **names: object) -> None:
        """No method is executed yet.

        :param names: what stands in the place of what the methods call, by name.
        """
        self.__dict__.update(fields, _class=cls, _path=path, _names={"super": _Above, **names}, _turns=_Turns())

    @property
    def __stands_for__(self) -> type:
        """The class."""
        cls: type = self._class
        return cls

    def __getattr__(self, name: str) -> Any:
        """What the class has of that name, executed."""
        return self._found(self._class.__mro__, name)

    def _bound(self, function: Callable[..., Any]) -> Callable[..., Any]:
        source = source_of(function)
        rules: Rules = {(source.name, n): self._turns for n in range(len(instrumented(source).loops))}
        return bind(function, self._path, self._names, rules)

    def _found(self, classes: Sequence[type], name: str) -> Any:
        found = next((vars(each)[name] for each in classes if name in vars(each)), None)
        if isinstance(found, property) and found.fget is not None:
            return self._bound(found.fget)(self)
        if not isinstance(found, FunctionType):
            raise ExecutionError(f"{self._class.__name__} has no {name} that is executed")
        return partial(self._bound(found), self)


class _Above:
    """What an object has from the classes above one of its own: ``super()``."""

    def __init__(self, cls: type, of: ExecutedObject) -> None:
        self._cls, self._of = cls, of

    @property
    def __stands_for__(self) -> type:
        """The class of the object."""
        return self._of.__stands_for__

    def __getattr__(self, name: str) -> Any:
        classes = self._of._class.__mro__
        return self._of._found(classes[classes.index(self._cls) + 1 :], name)
