"""Which statements change nothing when they are swapped or doubled: such mutants would be equal to the code."""

import ast
from collections.abc import Iterator, Sequence

_PURE = {
    *("len", "int", "bool", "min", "max", "range", "list", "tuple", "dict", "set", "frozenset", "isinstance", "sorted"),
    *("abs", "sum", "zip", "enumerate", "any", "all", "str", "type", "getattr"),
}
_IDEMPOTENT = {"list", "tuple", "dict", "set", "frozenset", "sorted", "int", "bool", "str", "float"}
_SIMPLE = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Delete)


_LIBRARIES = {"np", "z3"}  # whose functions are called for their value
_NUMBERS = {"int64", "uint64", "int32", "uint32", "uint8"}  # of numpy: a number of another
_VALUES = {"view", "astype", "copy", "bit_length"}  # methods that change nothing
_SPEED = {"prefetch"}  # functions whose call nobody could notice but by a clock


def names(node: ast.AST, context: type[ast.expr_context]) -> set[str]:
    """The names that are read, or written; not those that live in a comprehension only."""
    bound = {n.id for each in ast.walk(node) if isinstance(each, ast.comprehension) for n in _names(each.target)}
    found = {n.id for n in _names(node) if isinstance(n.ctx, context)}
    outside = {n.id for n in _names(node) if n.id in bound} - found if context is ast.Load else set()
    return found - bound | outside


def _names(node: ast.AST) -> list[ast.Name]:
    return [each for each in ast.walk(node) if isinstance(each, ast.Name)]


def _attributes(node: ast.AST, context: type[ast.expr_context]) -> set[str]:
    """Attributes, whosever they are."""
    return {f".{n.attr}" for n in ast.walk(node) if isinstance(n, ast.Attribute) and isinstance(n.ctx, context)}


def _written(node: ast.stmt) -> set[str]:
    columns = {f".{each.value.attr}" for each in _columns(node) if isinstance(each.value, ast.Attribute)}
    return _bound(node) | names(node, ast.Del) | _attributes(node, ast.Store) | columns


def _bound(node: ast.stmt) -> set[str]:
    """The names that are assigned; a comprehension's own are its own."""
    own = {id(n) for each in ast.walk(node) if isinstance(each, ast.comprehension) for n in ast.walk(each.target)}
    return {
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store) and id(n) not in own
    }


def _columns(node: ast.stmt) -> list[ast.Subscript]:
    """What is stored into: items of columns, ``t.column[i]``."""
    stored = [each for each in ast.walk(node) if isinstance(each, ast.Subscript) and isinstance(each.ctx, ast.Store)]
    return [each for each in stored if isinstance(each.value, ast.Attribute)]


def _read(node: ast.stmt) -> set[str]:
    read = names(node, ast.Load) | _attributes(node, ast.Load)
    return read | _written(node) if isinstance(node, ast.AugAssign) else read


def _run(node: ast.AST) -> Iterator[ast.AST]:
    """What is run when a statement is: what is in a lambda is run by whoever calls that."""
    yield node
    if not isinstance(node, ast.Lambda):
        for child in ast.iter_child_nodes(node):
            yield from _run(child)


def _effects(node: ast.stmt) -> Iterator[ast.AST]:
    """What may touch more than local names."""
    local = isinstance(node, ast.Assign | ast.AnnAssign)
    columns = _columns(node)
    for each in _run(node):
        waits = isinstance(each, ast.Yield | ast.YieldFrom | ast.Await)
        stores = isinstance(each, ast.Subscript) and not isinstance(each.ctx, ast.Load) and each not in columns
        deletes = isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Del)
        if waits or stores or deletes:
            yield each
        elif isinstance(each, ast.Call):
            # A function called for its value; a method may change what it belongs to.
            named = local and isinstance(each.func, ast.Name)
            library = local and _of_library(each.func)
            if not named and not library and not _is_pure(each.func) and not _makes(each.func):
                yield each


def _is_pure(function: ast.expr) -> bool:
    """Whether calling it changes nothing: some functions, what classes like dict have, what a text can do."""
    if isinstance(function, ast.Attribute):
        owner = function.value
        if function.attr in _VALUES or (_of_library(function) and function.attr in _NUMBERS):
            return True
        return isinstance(owner, ast.Constant) or (isinstance(owner, ast.Name) and owner.id in _PURE)
    return isinstance(function, ast.Name) and function.id in _PURE


def _of_library(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id in _LIBRARIES
    )


def _makes(function: ast.expr) -> bool:
    """Whether it is the name of a class: what is made is nobody's yet."""
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return bool(name[:1].isupper())


def _depends(node: ast.stmt) -> bool:
    """Whether it touches what others' effects may change or need: anything but local names and constants."""
    return any(isinstance(each, ast.Attribute | ast.Subscript | ast.Call) for each in ast.walk(node))


def _only_raises(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and not node.orelse and isinstance(node.body[0], ast.Raise)


def _exclude_each_other(one: ast.stmt, other: ast.stmt) -> bool:
    """Whether they are two branches for different members of one thing: ``if a == B.C`` and ``if a == B.D``."""
    if not (isinstance(one, ast.If) and isinstance(other, ast.If)):
        return False
    found = [_compared(each.test) for each in (one, other)]
    if not all(found) or found[0][0] != found[1][0] or found[0][1] == found[1][1]:
        return False
    ends = isinstance(one.body[-1], ast.Return | ast.Raise) and isinstance(other.body[-1], ast.Return | ast.Raise)
    return ends and not one.orelse and not other.orelse


def _compared(test: ast.expr) -> tuple[str, ...]:
    """A local name and the member of a class or module that it must equal; nothing if the test does not ask for one."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return _compared(test.values[0])
    if not (isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Eq) and len(test.ops) == 1):
        return ()
    left, right = test.left, test.comparators[0]
    if isinstance(left, ast.Name) and isinstance(right, ast.Attribute) and right.attr.isupper():
        return left.id, ast.unparse(right)
    return ()


def _attribute_stores(node: ast.stmt) -> bool:
    return bool(_attributes(node, ast.Store))


def are_independent(one: ast.stmt, other: ast.stmt, made_anew: bool = False) -> bool:
    """Return whether two simple statements surely do the same in either order; a check that only raises is one of them.

    :param made_anew: what they write belongs to an object that nobody sees if one of them raises.

    >>> are_independent(*ast.parse("a = 1; b = c").body), are_independent(*ast.parse("a = 1; b = a").body)
    (True, False)
    >>> are_independent(*ast.parse("a = [x for x in c]; b = [x for x in c]").body)
    True
    >>> are_independent(*ast.parse("a = dict.fromkeys(b); c = ', '.join(b)").body)
    True
    >>> are_independent(*ast.parse("x = 1; b = [x for x in c]").body)
    True
    >>> are_independent(*ast.parse("a = c[0:n].view(d); b = c[n:m].view(d)").body)
    True
    """
    if _exclude_each_other(one, other):
        return True
    checks = [_only_raises(node) for node in (one, other)]
    if not all(isinstance(node, _SIMPLE) or check for node, check in zip((one, other), checks, strict=True)):
        return False
    if any(checks) and not made_anew and any(map(_attribute_stores, (one, other))):
        return False
    if _written(one) & (_read(other) | _written(other)) or _written(other) & _read(one):
        return False
    first, second = any(_effects(one)), any(_effects(other))
    return not (first and (second or _depends(other))) and not (second and _depends(one))


def is_for_speed(node: ast.AST) -> bool:
    """Return whether a statement only asks for memory ahead of its use: what it asks for changes no result.

    >>> [is_for_speed(s) for s in ast.parse("prefetch(a, i); f(a, i); x = prefetch(a, i)").body]
    [True, False, False]
    """
    called = node.value.func if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else None
    return isinstance(called, ast.Name) and called.id in _SPEED


def _turns(target: ast.expr, value: ast.expr) -> bool:
    """Whether it makes a list, a number or the like of a name, or sets some of a record's fields: once is enough."""
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Name) or len(value.args) != 1:
        return False
    if not isinstance(target, ast.Name) or ast.unparse(value.args[0]) != target.id:
        return False
    set_to = [keyword.value for keyword in value.keywords]
    same = all(target.id not in names(each, ast.Load) and not _calls(each) for each in set_to)
    return value.func.id in _IDEMPOTENT or (value.func.id == "replace" and same)


def _calls(node: ast.AST) -> bool:
    """Whether it calls what may give something else the next time."""
    return any(isinstance(n, ast.Call) and not _is_pure(n.func) for n in ast.walk(node))


def is_repeatable(node: ast.stmt) -> bool:
    """Return whether doing it twice may be something else than once: a call, an addition, a value made from itself.

    >>> [is_repeatable(s) for s in ast.parse("f(x); x += 1; x |= y; x = y; x = f(x); t.n = t.n + 1").body]
    [True, True, False, False, True, True]
    >>> [is_repeatable(s) for s in ast.parse("x |= np.uint64(1) << y; x |= f(y); x += np.uint64(1)").body]
    [False, True, True]
    >>> [is_repeatable(s) for s in ast.parse("x = list(x); x = list(f(x)); x |= dict.fromkeys(y)").body]
    [False, True, False]
    >>> [is_repeatable(s) for s in ast.parse("x = replace(x, a=b); x = replace(x, a=x.b); x = replace(x, a=f(b))").body]
    [False, True, True]
    """
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Call | ast.Yield | ast.YieldFrom)
    if isinstance(node, ast.AugAssign):
        return not isinstance(node.op, ast.BitOr | ast.BitAnd) or _calls(node)
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp | ast.Call | ast.Tuple):
        if len(node.targets) == 1 and _turns(node.targets[0], node.value):
            return False
        read = {ast.unparse(n) for n in ast.walk(node.value) if isinstance(n, ast.Name | ast.Attribute | ast.Subscript)}
        return bool(_stored(node) & read)
    return False


def _stored(node: ast.Assign) -> set[str]:
    """What is assigned to; of an item, what it is an item of as well."""
    found = [n for target in node.targets for n in ast.walk(target) if isinstance(getattr(n, "ctx", None), ast.Store)]
    holders = [each.value for each in found if isinstance(each, ast.Subscript)]
    return {ast.unparse(each) for each in (*found, *holders)}


def may_run_twice(body: Sequence[ast.stmt]) -> bool:
    """Return whether a second run surely makes the same of what a first one left: it reads nothing that it assigns.

    >>> [may_run_twice(ast.parse(text).body) for text in ("a[r] = f(r); b[r] = r", "n = n + 1", "f(r)", "a[r] = a[q]")]
    [True, False, False, False]
    """
    assigned: set[str] = set()
    read: set[str] = set()
    for node in body:
        if not isinstance(node, ast.Assign):
            return False
        assigned |= _stored(node)
        read |= {
            ast.unparse(n) for n in ast.walk(node.value) if isinstance(n, ast.Name | ast.Attribute | ast.Subscript)
        }
    return not assigned & read
