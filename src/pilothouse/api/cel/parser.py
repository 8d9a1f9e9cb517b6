"""From text to syntax tree, by recursive descent.

Source: the CEL grammar. The wording of syntax errors is that of the parser the reference server uses, which its clients see.
"""

from __future__ import annotations

from pilothouse.api.cel.lexer import Token, int_literal, tokens_of
from pilothouse.api.cel.macros import expand
from pilothouse.api.cel.syntax import (
    Call,
    CelSyntaxError,
    Ident,
    Issue,
    ListLiteral,
    Literal,
    MapLiteral,
    Node,
    Select,
    StructLiteral,
)

RESERVED = frozenset((
    "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package", "namespace",
    "return", "var", "void", "while",
))  # fmt: skip
_LEVELS = (("||",), ("&&",), ("==", "!=", "<", "<=", ">", ">=", "in"), ("+", "-"), ("*", "/", "%"))
_STARTS = frozenset(("[", "{", "(", ".", "-", "!", "true", "false", "null"))
_START_KINDS = frozenset(("float", "int", "uint", "text", "name"))
_EXPECTED = "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"
_CONSTANTS = {"true": True, "false": False, "null": None}


def parse(source: str) -> Node:
    """Return the tree of a text; raises `CelSyntaxError`."""
    tokens, issues = tokens_of(source)
    parser = _Parser(tokens)
    try:
        node = parser.expression()
        parser.end()
    except CelSyntaxError as error:
        raise CelSyntaxError(*issues, *error.issues) from None
    if issues:
        raise CelSyntaxError(*issues)
    return node


class _Parser:
    """Reads tokens from left to right."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens, self.index, self.nesting = tokens, 0, 0

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    def _is(self, *texts: str) -> bool:
        return self.token.kind == "op" and self.token.text in texts

    def _take(self) -> Token:
        token = self.tokens[self.index]
        self.index += 1
        return token

    def _accept(self, text: str) -> Token | None:
        return self._take() if self._is(text) else None

    def _fail(self, message: str, token: Token) -> CelSyntaxError:
        return CelSyntaxError(Issue(f"Syntax error: {message}", token.at))

    def _expect(self, text: str, expected: str = "") -> Token:
        found = self._accept(text)
        if found is not None:
            return found
        token = self.token
        after = self.tokens[self.index + 1] if self.index + 1 < len(self.tokens) else token
        if after is not token and after.kind == "op" and after.text == text:
            raise self._fail(f"extraneous input '{token.text}' expecting '{text}'", token)
        if text == ")" and not expected:
            raise self._fail(f"missing '{text}' at '{token.text}'", token)
        raise self._fail(f"mismatched input '{token.text}' expecting {expected or repr(text)}", token)

    def end(self) -> None:
        """Raise unless everything was read."""
        token = self.token
        if token.kind == "end":
            return
        verb = "extraneous" if self.tokens[self.index + 1].kind == "end" else "mismatched"
        raise self._fail(f"{verb} input '{token.text}' expecting <EOF>", token)

    def expression(self) -> Node:
        """A conditional or anything below it."""
        self.nesting += 1
        if self.nesting > 40:
            raise CelSyntaxError(Issue("max recursion depth exceeded", self.token.at))
        node = self._chain(0)
        mark = self._accept("?")
        if mark is not None:
            yes = self._chain(0)
            self._expect(":")
            node = Call(mark.at, "_?_:_", [node, yes, self.expression()])
        self.nesting -= 1
        return node

    def _chain(self, level: int) -> Node:
        """Read operators of one level, joining from the left; `&&` and `||` become balanced trees."""
        if level == len(_LEVELS):
            return self._unary()
        node = self._chain(level + 1)
        if level < 2:
            return self._logical(level, node)
        while self._is(*_LEVELS[level]):
            operator = self._take()
            name = "@in" if operator.text == "in" else f"_{operator.text}_"
            node = Call(operator.at, name, [node, self._chain(level + 1)])
        return node

    def _logical(self, level: int, first: Node) -> Node:
        symbol = _LEVELS[level][0]
        terms, places = [first], []
        while self._is(symbol):
            places.append(self._take().at)
            terms.append(self._chain(level + 1))
        return _balanced(f"_{symbol}_", terms, places)

    def _unary(self) -> Node:
        first = self.token
        if not self._is("!", "-"):
            return self._member()
        count = 0
        while self._is(first.text):
            self._take()
            count += 1
        if first.text == "-" and self.token.kind in ("int", "float") and count == 1:
            return self._member(negative=first)
        node = self._member()
        name = "!_" if first.text == "!" else "-_"
        return Call(first.at, name, [node]) if count % 2 else node

    def _member(self, negative: Token | None = None) -> Node:
        node = self._primary(negative)
        while True:
            if self._is("."):
                node = self._after_dot(node)
            elif self._is("["):
                bracket = self._take()
                optional = self._accept("?") is not None
                key = self.expression()
                self._expect("]")
                node = Call(bracket.at, "_[?_]" if optional else "_[_]", [node, key])
            elif self._is("{") and _qualified(node):
                node = self._struct(node)
            else:
                return node

    def _after_dot(self, node: Node) -> Node:
        dot = self._take()
        optional = self._accept("?") is not None
        name = self.token
        if name.kind not in ("name", "quoted"):
            shown = "." if name.kind == "end" else f".{'?' if optional else ''}{name.text}"
            raise self._fail(f"no viable alternative at input '{shown}'", name)
        self._take()
        paren = None if optional or name.kind == "quoted" else self._accept("(")
        if paren is None:
            return Select(dot.at, node, name.text, optional=optional)
        return self._call(name.text, paren, node)

    def _call(self, name: str, paren: Token, target: Node | None) -> Node:
        args = self._arguments(")")
        expanded = expand(name, paren.at, target, args)
        return expanded if expanded is not None else Call(paren.at, name, args, target)

    def _arguments(self, close: str) -> list[Node]:
        out: list[Node] = []
        if self._accept(close):
            return out
        while True:
            out.append(self.expression())
            if not self._accept(","):
                break
        self._expect(close)
        return out

    def _primary(self, negative: Token | None) -> Node:
        token = self._start()
        if token.kind in ("int", "uint", "float", "text"):
            return self._literal(token, negative)
        if token.kind == "name":
            return self._name(token, "")
        if token.text in _CONSTANTS:
            return Literal(token.at, _CONSTANTS[token.text])
        if token.text == "(":
            node = self.expression()
            self._expect(")")
            return node
        if token.text == ".":
            name = self._take()
            if name.kind != "name":
                raise self._fail(f"no viable alternative at input '.{'' if name.kind == 'end' else name.text}'", name)
            return self._name(name, ".")
        return self._list(token) if token.text == "[" else self._map(token)

    def _start(self) -> Token:
        """Take a token that can start an operand."""
        token = self.token
        if _can_start(token):
            return self._take()
        after = self.tokens[self.index + 1] if token.kind != "end" else token
        verb = "extraneous" if token.kind != "end" and _can_start(after) else "mismatched"
        raise self._fail(f"{verb} input '{token.text}' expecting {_EXPECTED}", token)

    def _literal(self, token: Token, negative: Token | None) -> Node:
        at = token.at if negative is None else negative.at
        if token.kind == "int":
            return Literal(at, int_literal(token, negative=negative is not None))
        if token.kind == "float":
            return Literal(at, token.value if negative is None else -token.value)
        return Literal(at, token.value)

    def _name(self, token: Token, prefix: str) -> Node:
        if token.text in RESERVED:
            raise CelSyntaxError(Issue(f"reserved identifier: {token.text}", token.at))
        paren = self._accept("(")
        if paren is not None:
            return self._call(prefix + token.text, paren, None)
        return Ident(token.at, prefix + token.text)

    def _list(self, bracket: Token) -> Node:
        elements: list[Node] = []
        optional: set[int] = set()
        while not self._accept("]"):
            if self._accept("?"):
                optional.add(len(elements))
            elements.append(self.expression())
            if not self._accept(","):
                self._expect("]", "{']', ','}")
                break
        return ListLiteral(bracket.at, elements, frozenset(optional))

    def _map(self, brace: Token) -> Node:
        entries: list[tuple[Node, Node, bool]] = []
        while not self._accept("}"):
            optional = self._accept("?") is not None
            key = self.expression()
            self._expect(":")
            entries.append((key, self.expression(), optional))
            if not self._accept(","):
                self._expect("}", "{'}', ','}")
                break
        return MapLiteral(brace.at, entries)

    def _struct(self, node: Node) -> Node:
        brace = self._take()
        fields: list[tuple[str, Node, bool]] = []
        while not self._accept("}"):
            optional = self._accept("?") is not None
            name = self._take()
            if name.kind not in ("name", "quoted"):
                raise self._fail(f"mismatched input '{name.text}' expecting {{'}}', ',', '?', IDENTIFIER}}", name)
            self._expect(":")
            fields.append((name.text, self.expression(), optional))
            if not self._accept(","):
                self._expect("}", "{'}', ','}")
                break
        return StructLiteral(brace.at, _qualified(node), fields)


def _can_start(token: Token) -> bool:
    return token.kind in _START_KINDS or (token.kind == "op" and token.text in _STARTS)


def _balanced(name: str, terms: list[Node], places: list[int]) -> Node:
    if len(terms) == 1:
        return terms[0]
    middle = (len(terms) + 1) // 2
    left = _balanced(name, terms[:middle], places[: middle - 1])
    return Call(places[middle - 1], name, [left, _balanced(name, terms[middle:], places[middle:])])


def _qualified(node: Node) -> str:
    """Return the dotted name a node spells, empty when it is something else."""
    if isinstance(node, Ident):
        return node.name
    if isinstance(node, Select) and not node.test and not node.optional:
        prefix = _qualified(node.operand)
        return f"{prefix}.{node.field}" if prefix else ""
    return ""
