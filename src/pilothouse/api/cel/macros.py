"""Calls that stand for more than a function: `has`, the loops over lists and maps, `cel.bind`, `optMap`.

Which name with how many arguments is a macro decides here; anything else stays a call, about which the checker complains.
"""

from __future__ import annotations

from pilothouse.api.cel.syntax import Bind, CelSyntaxError, Fold, Ident, Issue, Node, Select

# name -> number of arguments -> (kind, how many variables, whether a condition comes before the body)
_FOLDS: dict[str, dict[int, tuple[str, int, bool]]] = {
    "all": {2: ("all", 1, False), 3: ("all", 2, False)},
    "exists": {2: ("exists", 1, False), 3: ("exists", 2, False)},
    "exists_one": {2: ("existsOne", 1, False)},
    "existsOne": {2: ("existsOne", 1, False), 3: ("existsOne", 2, False)},
    "map": {2: ("map", 1, False), 3: ("map", 1, True)},
    "filter": {2: ("filter", 1, False)},
    "transformList": {3: ("transformList", 2, False), 4: ("transformList", 2, True)},
    "transformMap": {3: ("transformMap", 2, False), 4: ("transformMap", 2, True)},
    "transformMapEntry": {3: ("transformMapEntry", 2, False), 4: ("transformMapEntry", 2, True)},
}
ACCUMULATOR = "__result__"


def expand(name: str, at: int, target: Node | None, args: list[Node]) -> Node | None:
    """Return the node of a macro call, or None when the call is no macro; raises `CelSyntaxError`."""
    if target is None:
        return _presence(at, args) if name == "has" and len(args) == 1 else None
    form = _FOLDS.get(name, {}).get(len(args))
    if form is not None:
        return _fold(form, at, target, args)
    if name == "bind" and len(args) == 3 and isinstance(target, Ident) and target.name == "cel":
        return Bind(at, "bind", _variable(args[0], "cel.bind() variable names must be simple identifiers"), args[1], args[2])
    if name in ("optMap", "optFlatMap") and len(args) == 2:
        return Bind(at, name, _variable(args[0], f"{name}() variable name must be a simple identifier"), target, args[1])
    return None


def _presence(at: int, args: list[Node]) -> Node:
    inner = args[0]
    if not isinstance(inner, Select) or inner.optional:
        raise CelSyntaxError(Issue("invalid argument to has() macro", inner.at))
    return Select(at, inner.operand, inner.field, test=True)


def _fold(form: tuple[str, int, bool], at: int, target: Node, args: list[Node]) -> Node:
    kind, count, has_condition = form
    names = tuple(_variable(arg, "argument must be a simple name") for arg in args[:count])
    if len(set(names)) != len(names):
        raise CelSyntaxError(Issue(f"duplicate variable name: {names[1]}", args[1].at))
    for index, name in enumerate(names):
        if name == ACCUMULATOR:
            raise CelSyntaxError(Issue("iteration variable overwrites accumulator variable", args[index].at))
    condition = args[count] if has_condition else None
    return Fold(at, kind, target, names, condition, args[-1])


def _variable(node: Node, message: str) -> str:
    if isinstance(node, Ident) and not node.name.startswith("."):
        return node.name
    raise CelSyntaxError(Issue(message, node.at))
