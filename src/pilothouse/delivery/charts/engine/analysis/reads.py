"""Find out which values the templates of a chart may read, without running them.

Every file is walked with symbols in the place of data; `include`, `template` and the usual functions on tables are followed,
so that `with`, `range`, variables and contexts made by `dict` keep their meaning. Where that ends (an unknown function, a key
that is computed) everything below counts as read: what is reported as unused really is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from pilothouse.delivery.charts.engine.analysis.paths import Path
from pilothouse.delivery.charts.engine.analysis.symbols import (
    ANY,
    OTHER,
    TEXT,
    Made,
    Reads,
    Symbol,
    Top,
    child,
    one_of,
    places,
)
from pilothouse.delivery.charts.engine.template import nodes as n

Scope = dict[str, Symbol]
_PASSING = frozenset((
    "default", "coalesce", "ternary", "or", "and", "merge", "mergeOverwrite", "mustMerge", "mustMergeOverwrite", "deepCopy",
    "mustDeepCopy", "required", "concat", "append", "prepend", "compact", "uniq", "reverse", "without", "rest", "initial",
))  # fmt: skip
"""Functions whose result is one of their arguments, or made of them."""
_SAME_TABLE = frozenset(("omit", "pick", "set", "unset"))
_CHANGING = frozenset(("set", "unset", "merge", "mergeOverwrite", "mustMerge", "mustMergeOverwrite"))
"""Functions that change their first argument."""
_ITEMS = frozenset(("first", "last", "mustFirst", "mustLast", "values"))
_LOOKS = frozenset(("not", "empty", "len", "keys", "kindOf", "kindIs", "typeOf", "typeIs"))
"""Functions that look at a table without reading what is in it."""
_WORDS = re.compile(r"(?<![.$\w])[A-Za-z]\w*")
_HARMLESS = frozenset(("with", "if", "else", "range", "end"))
_MAX_STEPS = 400_000


class Walker:
    """Walks the templates of one chart."""

    def __init__(self, templates: Mapping[str, n.Template]) -> None:
        """Follow `include` and `template` to these definitions."""
        self.reads = Reads()
        self._templates = templates
        self._known: dict[tuple[str, Symbol], Reads] = {}
        self._open: set[tuple[str, Symbol]] = set()
        self._steps = 0

    def file(self, template: n.Template, prefix: Path) -> Reads:
        """Walk a template file of the chart whose values are at `prefix`; return what it reads, added to `reads` as well."""
        return self._body(template.body, Top(prefix))

    def _body(self, block: n.Block, dot: Symbol) -> Reads:
        outer, self.reads = self.reads, Reads()
        self._block(block, {".": dot, "$": dot})
        own, self.reads = self.reads, outer
        outer.join(own)
        return own

    def _named(self, name: str, dot: Symbol) -> None:
        template, key = self._templates.get(name), (name, dot)
        if template is None or key in self._open:  # a recursion reads what its first round reads
            return
        known = self._known.get(key)
        if known is not None:
            self.reads.join(known)
            return
        self._open.add(key)
        found = self._body(template.body, dot)
        self._open.discard(key)
        if not self._open:
            self._known[key] = found

    def _block(self, block: n.Block | None, scope: Scope) -> None:
        for item in block.items if block is not None else ():
            self._steps += 1
            if self._steps > _MAX_STEPS:
                self.reads.add((), deep=True)
                return
            if isinstance(item, n.Action):
                symbol = self._pipe(item.pipe, scope)
                if not item.pipe.declares:
                    self.reads.mark(symbol)
            elif isinstance(item, n.Branch):
                self._branch(item, scope)
            elif isinstance(item, n.Call):
                self._named(item.name, OTHER if item.pipe is None else self._pipe(item.pipe, scope))

    def _branch(self, item: n.Branch, outer: Scope) -> None:
        scope = dict(outer)
        symbol = self._pipe(item.pipe, scope, item.word)
        self.reads.mark(symbol, deep=False)
        if item.word == "with":
            scope["."] = symbol
        elif item.word == "range":
            scope["."] = child(symbol, ANY)
        self._block(item.body, scope)
        self._block(item.otherwise, dict(outer))
        for name in outer.keys() & scope.keys() - {".", "$"}:  # assigned within
            outer[name] = one_of((outer[name], scope[name]))

    def _pipe(self, pipe: n.Pipe, scope: Scope, word: str = "") -> Symbol:
        symbol: Symbol = OTHER
        for number, command in enumerate(pipe.commands):
            symbol = self._command(command, scope, symbol if number else None)
        if pipe.declares:
            value = child(symbol, ANY) if word == "range" else symbol
            for variable in pipe.declares:
                is_key = word == "range" and len(pipe.declares) == 2 and variable is pipe.declares[0]
                scope[variable.names[0]] = OTHER if is_key else value
        return symbol

    def _command(self, command: n.Command, scope: Scope, final: Symbol | None) -> Symbol:
        first, rest = command.args[0], command.args[1:]
        if isinstance(first, n.Identifier):
            return self._call(first.name, rest, scope, final)
        symbol = self._value(first, scope)
        for arg in rest:
            self.reads.mark(self._value(arg, scope))
        if final is not None:
            self.reads.mark(final)
        return symbol

    def _value(self, node: n.Expr, scope: Scope) -> Symbol:
        if isinstance(node, n.String) and "{{" in node.value and _may_read(node.value):
            self.reads.calls.add(TEXT)
        if isinstance(node, n.Dot):
            return scope["."]
        if isinstance(node, n.Field):
            return _follow(scope["."], node.names)
        if isinstance(node, n.Variable):
            return _follow(scope.get(node.names[0], OTHER), node.names[1:])
        if isinstance(node, n.Chain):
            return _follow(self._value(node.node, scope), node.names)
        if isinstance(node, n.Pipe):
            return self._pipe(node, scope)
        if isinstance(node, n.Identifier):
            return self._call(node.name, (), scope, None)
        return OTHER

    def _call(self, name: str, args: tuple[n.Expr, ...], scope: Scope, final: Symbol | None) -> Symbol:
        symbols = [self._value(arg, scope) for arg in args] + ([final] if final is not None else [])
        self.reads.calls.add(name)
        if name in _CHANGING and symbols:
            self.reads.changed.update(places(symbols[0]))
        words = [_word(arg) for arg in args] + ([None] if final is not None else [])
        if name == "include" and len(args) > 1:
            return self._include(args[0], symbols[1])
        handler = _HANDLERS.get(name)
        if handler is not None and symbols:
            return handler(self, symbols, words)
        if name in _PASSING:
            for symbol in symbols:
                self.reads.mark(symbol, deep=False)
            return one_of(symbols)
        if name in _LOOKS:
            for symbol in symbols:
                self.reads.mark(symbol, deep=False)
            return OTHER
        for symbol in symbols:
            self.reads.mark(symbol, top=name != "tpl")  # what the text of `tpl` reads is found in the values themselves
        return OTHER

    def _include(self, name: n.Expr, data: Symbol) -> Symbol:
        """Follow an `include`; a name that is computed may be any that has its written parts."""
        if isinstance(name, n.String):
            self._named(name.value, data)
        else:
            pieces = _pieces(name)
            for known in self._templates:
                if all(piece in known for piece in pieces):
                    self._named(known, data)
        return OTHER

    def index(self, symbols: list[Symbol], words: list[str | None]) -> Symbol:
        """Follow `index`, `get` and `hasKey`: keys that are written out, everything for those that are not."""
        symbol = symbols[0]
        for word, key in zip(words[1:], symbols[1:], strict=True):
            self.reads.mark(key)
            symbol = child(symbol, ANY if word is None else word)
        self.reads.mark(symbol, deep=False)
        return symbol

    def dig(self, symbols: list[Symbol], words: list[str | None]) -> Symbol:
        """Follow `dig "a" "b" default table`."""
        symbol = symbols[-1]
        for word in words[:-2]:
            symbol = child(symbol, ANY if word is None else word)
        self.reads.mark(symbol, deep=False)
        return one_of((symbol, *symbols[-2:-1]))

    def dict_(self, symbols: list[Symbol], words: list[str | None]) -> Symbol:
        """Make a table."""
        keys = [ANY if word is None else word for word in words[::2]]
        return Made(tuple(zip(keys, symbols[1::2], strict=False)))

    def list_(self, symbols: list[Symbol], words: list[str | None]) -> Symbol:
        """Make a list."""
        return Made(tuple((str(number), symbol) for number, symbol in enumerate(symbols)))

    def same(self, symbols: list[Symbol], words: list[str | None]) -> Symbol:
        """Follow functions that return the table they are given, with more or less in it."""
        self.reads.mark(symbols[0], deep=False)
        return one_of(symbols)

    def item(self, symbols: list[Symbol], words: list[str | None]) -> Symbol:
        """Follow functions that return an item of a list."""
        return child(symbols[-1], ANY)


Handler = Callable[[Walker, list[Symbol], list[str | None]], Symbol]
_HANDLERS: dict[str, Handler] = {
    "dig": Walker.dig,
    "dict": Walker.dict_,
    **dict.fromkeys(("list", "tuple"), Walker.list_),
    **dict.fromkeys(("index", "get", "hasKey"), Walker.index),
    **dict.fromkeys(_SAME_TABLE, Walker.same),
    **dict.fromkeys(_ITEMS, Walker.item),
}


def _word(node: n.Expr) -> str | None:
    """Return a key that is written out, None for one that is computed."""
    if isinstance(node, n.String):
        return node.value
    return str(node.as_int) if isinstance(node, n.Number) and node.as_int is not None else None


def _may_read(text: str) -> bool:
    """Say whether a constant that looks like a template may read values or call something: `{{ with .x }}` does neither."""
    return ".Values" in text or bool(set(_WORDS.findall(text)) - _HARMLESS)


def _pieces(node: n.Expr | n.Command) -> list[str]:
    """Return the written parts of a computed name."""
    if isinstance(node, n.String):
        return [piece for piece in re.split(r"%[a-z]", node.value) if piece]
    parts = node.commands if isinstance(node, n.Pipe) else node.args if isinstance(node, n.Command) else ()
    return [piece for part in parts for piece in _pieces(part)]


def _follow(symbol: Symbol, names: tuple[str, ...]) -> Symbol:
    for name in names:
        symbol = child(symbol, name)
    return symbol
