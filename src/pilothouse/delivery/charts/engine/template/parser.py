"""Second stage: tokens to parse trees, with Go's grammar, scoping rules and error texts.

Called by the template set of a render (and by lint) for each file. One file yields its own body and one tree for every
`define` and `block` in it. Nesting is limited, so hostile text cannot exhaust the stack.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import NoReturn

from pilothouse.delivery.charts.engine.template import nodes as n
from pilothouse.delivery.charts.engine.template.lexer import KEYWORDS, Token, lex
from pilothouse.delivery.charts.engine.template.numbers import NumberSyntaxError, parse_number
from pilothouse.delivery.charts.engine.template.printer import node_text
from pilothouse.delivery.charts.engine.values.quote import QuoteError, go_quote, go_unquote

MAX_EXPRESSION_DEPTH = 100
MAX_BLOCK_DEPTH = 150
_OPERANDS = frozenset(
    (
        "bool", "char constant", "complex", ".", "field", "identifier", "number", "nil", "raw string", "string",
        "variable", "(",
    )
)  # fmt: skip
_NOT_EXECUTABLE = (n.Bool, n.Dot, n.Nil, n.Number, n.String)


class ParseError(Exception):
    """The template's text cannot be parsed; the message is Go's."""


class _Mark(n.Node, frozen=True, gc=False):
    """`{{end}}` or `{{else}}`: they end a block and never reach the tree."""

    word: str


def is_empty(block: n.Block) -> bool:
    """Say whether a body holds nothing but white space."""
    return all(isinstance(item, n.Text) and not item.text.strip(" \t\r\n\v\f") for item in block.items)


def _show(token: Token) -> str:
    if token.kind == "EOF":
        return "EOF"
    if token.kind == "error":
        return token.text
    if token.kind in KEYWORDS or token.kind == ".":
        return f"<{token.kind}>"
    return f"{go_quote(token.text[:10])}..." if len(token.text) > 10 else go_quote(token.text)


class Parser:
    """Parses the text of one file; `trees` collects every definition found."""

    def __init__(self, name: str, source: str, functions: Container[str], *, max_depth: int = MAX_EXPRESSION_DEPTH) -> None:
        self.name = name
        self.source = source
        self.functions = functions
        self.max_depth = max_depth
        self.tokens = lex(source)
        self.at = 0
        self.furthest = 0
        self.action_pos = -1
        self.variables: list[str] = ["$"]
        self.range_depth = 0
        self.block_depth = 0
        self.expression_depth = 0
        self.trees: dict[str, n.Template] = {}

    # -- tokens --------------------------------------------------------------------------------------------------

    def _peek(self) -> Token:
        if self.at > self.furthest:
            self.furthest = self.at
        return self.tokens[self.at]

    def _next(self) -> Token:
        token = self._peek()
        if token.kind not in ("EOF", "error"):
            self.at += 1
        return token

    def _peek_dense(self) -> Token:
        """Peek at the next token that is not white space."""
        token = self._peek()
        while token.kind == "space":
            self.at += 1
            token = self._peek()
        return token

    def _next_dense(self) -> Token:
        self._peek_dense()
        return self._next()

    def line_of(self, pos: int) -> int:
        """Return the line number of an offset."""
        return self.source.count("\n", 0, pos) + 1

    def fail(self, message: str) -> NoReturn:
        """Raise a ParseError at the furthest token read."""
        line = self.line_of(self.tokens[self.furthest].pos)
        raise ParseError(f"template: {self.name}:{line}: {message}")

    def _unexpected(self, token: Token, context: str) -> NoReturn:
        if token.kind == "error":
            extra = ""
            if self.action_pos >= 0:
                line = self.line_of(self.action_pos)
                if line != self.line_of(token.pos):
                    extra = f" in action started at {self.name}:{line}"
                    if token.text.endswith(" action"):
                        extra = extra[len(" in action") :]
            self.fail(token.text + extra)
        self.fail(f"unexpected {_show(token)} in {context}")

    def _expect(self, kinds: tuple[str, ...], context: str) -> Token:
        token = self._next_dense()
        if token.kind not in kinds:
            self._unexpected(token, context)
        return token

    # -- blocks --------------------------------------------------------------------------------------------------

    def parse(self) -> dict[str, n.Template]:
        """Parse everything; the file's own body is stored under its own name."""
        items: list[n.Item] = []
        while self._peek().kind != "EOF":
            if self._peek().kind == "left delim":
                before = self.at
                self._next()
                if self._next_dense().kind == "define":
                    self._definition()
                    continue
                self.at = before
            item = self._item()
            if isinstance(item, _Mark):
                self.fail(f"unexpected {{{{{item.word}}}}}")
            items.append(item)
        self._add(self.name, n.Block(0, tuple(items)))
        return self.trees

    def _add(self, name: str, body: n.Block) -> None:
        old = self.trees.get(name)
        if old is None or is_empty(old.body):
            self.trees[name] = n.Template(name, self.name, self.source, body)
        elif not is_empty(body):
            self.fail(f"template: multiple definition of template {go_quote(name)}")

    def _unquote(self, token: Token) -> str:
        try:
            return go_unquote(token.text)
        except QuoteError as error:
            self.fail(str(error))

    def _definition(self) -> None:
        context = "define clause"
        name = self._unquote(self._expect(("string", "raw string"), context))
        self._expect(("right delim",), context)
        self._separate(name, context)

    def _separate(self, name: str, context: str) -> None:
        """Parse the body of a define or block, which has its own variables."""
        saved, self.variables = self.variables, ["$"]
        depth, self.range_depth = self.range_depth, 0
        body, end = self._items()
        if end.word != "end":
            self.fail(f"unexpected {{{{{end.word}}}}} in {context}")
        self._add(name, body)
        self.variables, self.range_depth = saved, depth

    def _items(self) -> tuple[n.Block, _Mark]:
        self.block_depth += 1
        if self.block_depth > MAX_BLOCK_DEPTH:
            self.fail(f"blocks are nested deeper than {MAX_BLOCK_DEPTH} levels")
        start = self._peek_dense().pos
        items: list[n.Item] = []
        while self._peek_dense().kind != "EOF":
            item = self._item()
            if isinstance(item, _Mark):
                self.block_depth -= 1
                return n.Block(start, tuple(items)), item
            items.append(item)
        self.fail("unexpected EOF")
        return None

    def _item(self) -> n.Item | _Mark:
        token = self._next_dense()
        if token.kind == "text":
            return n.Text(token.pos, token.text)
        if token.kind != "left delim":
            self._unexpected(token, "input")
        self.action_pos = token.pos
        item = self._action()
        self.action_pos = -1
        return item

    def _action(self) -> n.Item | _Mark:
        token = self._peek_dense()
        kind = token.kind
        if kind in ("if", "with", "range"):
            self._next()
            return self._control(kind)
        if kind in ("break", "continue"):
            return self._jump()
        if kind == "end":
            self._next()
            return _Mark(self._expect(("right delim",), "end").pos, "end")
        if kind == "else":
            self._next()
            ahead = self._peek_dense()
            if ahead.kind not in ("if", "with"):
                self._expect(("right delim",), "else")
            return _Mark(ahead.pos, "else")
        if kind in ("template", "block"):
            self._next()
            return self._template() if kind == "template" else self._block()
        return n.Action(token.pos, self._pipeline("command", "right delim"))

    def _jump(self) -> n.Jump:
        token = self._next()
        after = self._next_dense()
        if after.kind != "right delim":
            self._unexpected(after, f"{{{{{token.kind}}}}}")
        if not self.range_depth:
            self.fail(f"{{{{{token.kind}}}}} outside {{{{range}}}}")
        return n.Jump(token.pos, token.kind)

    def _control(self, word: str) -> n.Branch:
        known = len(self.variables)
        pipe = self._pipeline(word, "right delim")
        self.range_depth += word == "range"
        body, end = self._items()
        self.range_depth -= word == "range"
        otherwise: n.Block | None = None
        if end.word == "else":
            otherwise = self._otherwise(word, end)
        del self.variables[known:]
        return n.Branch(pipe.pos, word, pipe, body, otherwise)

    def _otherwise(self, word: str, mark: _Mark) -> n.Block:
        if word in ("if", "with") and self._peek().kind == word:
            self._next()
            self.block_depth += 1
            if self.block_depth > MAX_BLOCK_DEPTH:
                self.fail(f"blocks are nested deeper than {MAX_BLOCK_DEPTH} levels")
            nested = self._control(word)
            self.block_depth -= 1
            return n.Block(mark.pos, (nested,))
        block, end = self._items()
        if end.word != "end":
            self.fail(f"expected end; found {{{{{end.word}}}}}")
        return block

    def _template_name(self, context: str) -> tuple[int, str]:
        token = self._next_dense()
        if token.kind not in ("string", "raw string"):
            self._unexpected(token, context)
        return token.pos, self._unquote(token)

    def _template(self) -> n.Call:
        context = "template clause"
        pos, name = self._template_name(context)
        if self._peek_dense().kind == "right delim":
            self._next()
            return n.Call(pos, name, None)
        return n.Call(pos, name, self._pipeline(context, "right delim"))

    def _block(self) -> n.Call:
        context = "block clause"
        pos, name = self._template_name(context)
        pipe = self._pipeline(context, "right delim")
        self._separate(name, context)
        return n.Call(pos, name, pipe)

    # -- expressions ---------------------------------------------------------------------------------------------

    def _pipeline(self, context: str, end: str) -> n.Pipe:
        start = self._peek_dense().pos
        declares, is_assign = self._declarations(context)
        commands: list[n.Command] = []
        while True:
            token = self._next_dense()
            if token.kind == end:
                break
            if token.kind not in _OPERANDS:
                self._unexpected(token, context)
            self.at -= 1
            commands.append(self._command())
        if not commands:
            self.fail(f"missing value for {context}")
        for stage, command in enumerate(commands[1:], 2):
            if isinstance(command.args[0], _NOT_EXECUTABLE):
                self.fail(f"non executable command in pipeline stage {stage}")
        return n.Pipe(start, tuple(commands), declares, is_assign)

    def _declarations(self, context: str) -> tuple[tuple[n.Variable, ...], bool]:
        found: list[n.Variable] = []
        while self._peek_dense().kind == "variable":
            before = self.at
            token = self._next()
            after = self._peek_dense()
            if after.kind in (":=", "="):
                self._next()
                found.append(self._declare(token))
                return tuple(found), after.kind == "="
            if after.kind != "char" or after.text != ",":
                self.at = before
                break
            self._next()
            found.append(self._declare(token))
            if context != "range" or len(found) > 1:
                self.fail(f"too many declarations in {context}")
            if self._peek_dense().kind not in ("variable", "right delim", ")"):
                self.fail("range can only initialize variables")
        return tuple(found), False

    def _declare(self, token: Token) -> n.Variable:
        self.variables.append(token.text)
        return n.Variable(token.pos, (token.text,))

    def _command(self) -> n.Command:
        start = self._peek_dense().pos
        args: list[n.Expr] = []
        while True:
            self._peek_dense()
            operand = self._operand()
            if operand is not None:
                args.append(operand)
            token = self._next()
            if token.kind == "space":
                continue
            if token.kind in ("right delim", ")"):
                self.at -= 1
            elif token.kind != "pipe":
                self._unexpected(token, "operand")
            break
        if not args:
            self.fail("empty command")
        return n.Command(start, tuple(args))

    def _operand(self) -> n.Expr | None:
        node = self._term()
        if node is None or self._peek().kind != "field":
            return node
        pos = self._peek().pos
        names: list[str] = []
        while self._peek().kind == "field":
            names.append(self._next().text[1:])
        if isinstance(node, n.Field):
            return n.Field(pos, node.names + tuple(names))
        if isinstance(node, n.Variable):
            return n.Variable(pos, node.names + tuple(names))
        if isinstance(node, _NOT_EXECUTABLE):
            self.fail(f"unexpected . after term {go_quote(node_text(node))}")
        return n.Chain(pos, node, tuple(names))

    def _term(self) -> n.Expr | None:
        token = self._next_dense()
        make = _TERMS.get(token.kind)
        if make is None:
            if token.kind not in ("EOF", "error"):
                self.at -= 1
            return None
        return make(self, token)

    def _identifier(self, token: Token) -> n.Expr:
        if token.text not in self.functions:
            self.fail(f"function {go_quote(token.text)} not defined")
        return n.Identifier(token.pos, token.text)

    def _variable(self, token: Token) -> n.Expr:
        if token.text not in self.variables:
            self.fail(f"undefined variable {go_quote(token.text)}")
        return n.Variable(token.pos, (token.text,))

    def _number(self, token: Token) -> n.Expr:
        try:
            number = parse_number(token.text, token.kind)
        except NumberSyntaxError as error:
            self.fail(str(error))
        return n.Number(token.pos, token.text, number.as_int, number.as_uint, number.as_float, number.as_complex)

    def _parenthesised(self, token: Token) -> n.Expr:
        self.expression_depth += 1
        if self.expression_depth > self.max_depth:
            self.fail("max expression depth exceeded")
        pipe = self._pipeline("parenthesized pipeline", ")")
        self.expression_depth -= 1
        return pipe


_TERMS: dict[str, Callable[[Parser, Token], n.Expr]] = {
    "identifier": Parser._identifier,
    "variable": Parser._variable,
    "number": Parser._number,
    "complex": Parser._number,
    "char constant": Parser._number,
    "(": Parser._parenthesised,
    ".": lambda _, token: n.Dot(token.pos),
    "nil": lambda _, token: n.Nil(token.pos),
    "bool": lambda _, token: n.Bool(token.pos, token.text == "true"),
    "field": lambda _, token: n.Field(token.pos, (token.text[1:],)),
    "string": lambda parser, token: n.String(token.pos, token.text, parser._unquote(token)),
    "raw string": lambda parser, token: n.String(token.pos, token.text, parser._unquote(token)),
}


def parse_template(name: str, source: str, functions: Container[str]) -> dict[str, n.Template]:
    """Parse one file into its definitions, the file's own body under `name`; raises ParseError."""
    return Parser(name, source, functions).parse()
