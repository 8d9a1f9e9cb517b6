"""The parse tree: one small frozen record per kind of node, as in Go's text/template/parse.

Built by the parser, read by the compiler and by `printer` (which prints a node back for error messages).
`pos` is an offset into the template's text.
"""

from __future__ import annotations

import msgspec


class Node(msgspec.Struct, frozen=True, gc=False):
    """Base of all nodes."""

    pos: int


class Text(Node, frozen=True, gc=False):
    """Literal text between actions."""

    text: str


class Dot(Node, frozen=True, gc=False):
    """The dot."""


class Nil(Node, frozen=True, gc=False):
    """The constant nil."""


class Bool(Node, frozen=True, gc=False):
    """true or false."""

    value: bool


class String(Node, frozen=True, gc=False):
    """A string constant: as written, and its value."""

    source: str
    value: str


class Number(Node, frozen=True, gc=False):
    """A number constant with every reading Go allows for its text."""

    text: str
    as_int: int | None = None
    as_uint: int | None = None
    as_float: float | None = None
    as_complex: complex | None = None
    int_overflow: bool = False


class Field(Node, frozen=True, gc=False):
    """A chain of fields of the dot."""

    names: tuple[str, ...]


class Variable(Node, frozen=True, gc=False):
    """`names[0]` is the variable with its dollar, the rest are fields of it."""

    names: tuple[str, ...]


class Identifier(Node, frozen=True, gc=False):
    """A function name."""

    name: str


class Chain(Node, frozen=True):
    """Fields of a parenthesised pipeline or a function result."""

    node: Expr
    names: tuple[str, ...]


class Command(Node, frozen=True):
    """One stage of a pipeline."""

    args: tuple[Expr, ...]


class Pipe(Node, frozen=True):
    """A pipeline, perhaps declaring variables."""

    commands: tuple[Command, ...]
    declares: tuple[Variable, ...] = ()
    is_assign: bool = False


class Action(Node, frozen=True):
    """A pipeline whose value is printed."""

    pipe: Pipe


class Branch(Node, frozen=True):
    """`if`, `with` or `range`, told apart by `word`."""

    word: str
    pipe: Pipe
    body: Block
    otherwise: Block | None


class Call(Node, frozen=True):
    """A `{{template "name" pipe}}` action."""

    name: str
    pipe: Pipe | None


class Jump(Node, frozen=True, gc=False):
    """`break` or `continue`."""

    word: str


class Block(Node, frozen=True):
    """The items of a body."""

    items: tuple[Item, ...]


Expr = Dot | Nil | Bool | String | Number | Field | Variable | Identifier | Chain | Pipe
Item = Text | Action | Branch | Call | Jump
AnyNode = Expr | Item | Command | Block


class Template(msgspec.Struct, frozen=True):
    """One named definition: where it was written, its whole source, and its body."""

    name: str
    parse_name: str
    source: str
    body: Block
