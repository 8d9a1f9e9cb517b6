"""The parse tree: one small frozen record per kind of node, as in Go's text/template/parse.

Built by the parser, read by the compiler and by `printer` (which prints a node back for error messages).
`pos` is an offset into the template's text.
"""

from __future__ import annotations

from typing import Union

import msgspec


class Node(msgspec.Struct, frozen=True, gc=False):
    """Base of all nodes."""

    pos: int


class Text(Node, frozen=True, gc=False):
    text: str


class Dot(Node, frozen=True, gc=False):
    pass


class Nil(Node, frozen=True, gc=False):
    pass


class Bool(Node, frozen=True, gc=False):
    value: bool


class String(Node, frozen=True, gc=False):
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
    names: tuple[str, ...]


class Variable(Node, frozen=True, gc=False):
    """`names[0]` is the variable with its dollar, the rest are fields of it."""

    names: tuple[str, ...]


class Identifier(Node, frozen=True, gc=False):
    name: str


class Chain(Node, frozen=True):
    node: Expr
    names: tuple[str, ...]


class Command(Node, frozen=True):
    args: tuple[Expr, ...]


class Pipe(Node, frozen=True):
    commands: tuple[Command, ...]
    declares: tuple[Variable, ...] = ()
    is_assign: bool = False


class Action(Node, frozen=True):
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
    items: tuple[Item, ...]


Expr = Union[Dot, Nil, Bool, String, Number, Field, Variable, Identifier, Chain, Pipe]
Item = Union[Text, Action, Branch, Call, Jump]
AnyNode = Union[Expr, Item, Command, Block]


class Template(msgspec.Struct, frozen=True):
    """One named definition: where it was written, its whole source, and its body."""

    name: str
    parse_name: str
    source: str
    body: Block
