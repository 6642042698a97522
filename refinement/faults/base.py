"""The records of broken kernels and broken functions, and the register that the modules beside this one fill."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from refinement.kernel.kernel import Kernel


@dataclass(frozen=True, slots=True)
class Fault:
    """A broken kernel: its name, the mechanism in a sentence, where such a defect was seen, and the layer it is in.

    ``layer`` is ``tree``, ``rights``, ``page table`` or ``buffer``.
    """

    name: str
    sentence: str
    seen: str
    layer: str
    kernel: type[Kernel]


Function = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class BrokenFunction:
    """A function on the tree that is wrong in one way.

    :param sentence: how it goes wrong.
    :param of: the name of the right one.
    :param function: what takes its place.
    """

    name: str
    sentence: str
    of: str
    function: Function


FAULTS: dict[str, Fault] = {}
"""All broken kernels, by name."""


def fault(
    name: str, layer: str, seen: str, *, sentence: str, register: dict[str, Fault] = FAULTS
) -> Callable[[type[Kernel]], type[Kernel]]:
    """Enter a broken kernel into the register, under that name."""

    def enter(kernel: type[Kernel]) -> type[Kernel]:
        register[name] = Fault(name, sentence, seen, layer, kernel)
        return kernel

    return enter
