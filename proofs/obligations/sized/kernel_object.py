"""What stands for the kernel with ranges in the code that is executed on terms."""

from typing import Any

from proofs.execution.path import ExecutionError


class KernelObject:
    """The kernel that code gets: it has parts, and none may be assigned."""

    def __init__(self, parts: dict[str, Any]) -> None:
        """These parts."""
        self.__dict__.update(parts)

    def __getattr__(self, name: str) -> Any:
        """No other part.

        :raises AttributeError: always.
        """
        raise AttributeError(f"no proof of the kernel with ranges knows self.{name}")

    def __setattr__(self, name: str, value: object) -> None:
        """No part may become another one.

        :raises ExecutionError: always.
        """
        raise ExecutionError(f"self.{name} is assigned, of which no proof speaks")
