"""How code is made wrong by another piece of text, as :func:`ast.unparse` writes it, in the place of one of its own."""

import ast
from collections.abc import Callable, Iterable
from copy import deepcopy
from functools import partial
from typing import Any, NamedTuple

from proofs.obligations.kernel.units import function_named
from proofs.obligations.source import CODE, Code
from refinement.kernel.kernel import Kernel
from refinement.rewriting import definition_of, replaced, rewritten


class Changed(NamedTuple):
    """Code that is wrong in one place.

    :param name: what it is called.
    :param sentence: how it goes wrong.
    :param of: the function that is changed; after ``Kernel.`` a method.
    :param units: what the obligations that can notice it are about: how their ids begin.
    :param make: makes the code with it.
    """

    name: str
    sentence: str
    of: str
    units: tuple[str, ...]
    make: Callable[[], Code]


def with_function(of: str, function: Callable[..., Any]) -> Code:
    """The code with a function in the place of that one."""
    owner, _, method = of.rpartition(".")
    return Code(kernel=type("Kernel", (Kernel,), {method: function})) if owner else Code({of: function})


def changed(name: str, sentence: str, of: str, units: str, *texts: tuple[str, str]) -> Changed:
    """A change of pieces of text; what the units are called, with spaces between them."""
    return Changed(name, sentence, of, tuple(units.split()), partial(_with_texts, of, texts))


def _with_texts(of: str, texts: Iterable[tuple[str, str]]) -> Code:
    function = function_named(of, CODE)
    for old, new in texts:
        function = replaced(function, old, new)
    return with_function(of, function)


def with_idle_branch(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with a branch that is never taken."""
    tree = deepcopy(definition_of(function)[0])
    documented = ast.get_docstring(tree) is not None
    tree.body.insert(int(documented), ast.parse("if 0 == 1:\n    return None").body[0])
    return rewritten(function, tree)
