"""Named templates and their code, kept by content: an unchanged template is parsed and compiled once.

A definition may come from a store on the user's disk with its code ready; then it is parsed only for an error message, which
needs the tree.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import CodeType

from pilothouse.delivery.charts.engine.compiler.builder import Site
from pilothouse.delivery.charts.engine.compiler.statements import CompiledTemplate, compile_template
from pilothouse.delivery.charts.engine.execution.faults import BudgetExceeded
from pilothouse.delivery.charts.engine.template.nodes import Template
from pilothouse.delivery.charts.engine.template.parser import is_empty, parse_template
from pilothouse.delivery.charts.engine.values.kinds import GoFunction

Row = tuple[str, bool, CodeType | None]
"""A definition as it is stored: its name, whether it is empty, and its code if it was ever reached."""
INLINE = "gotpl"
"""The file name of a text that `tpl` runs; it comes from values, so it is not stored."""
_MAX_FILES = 20_000


class SourceFile:
    """The text of one file and the functions it may call."""

    __slots__ = ("functions", "name", "source", "trees")

    def __init__(self, name: str, source: str, functions: Mapping[str, GoFunction]) -> None:
        self.name = name
        self.source = source
        self.functions = functions
        self.trees: dict[str, Template] | None = None

    def parsed(self) -> dict[str, Template]:
        """Return the trees by name; raises ParseError."""
        if self.trees is None:
            self.trees = parse_template(self.name, self.source, self.functions)
        return self.trees


class Definition:
    """One named template of a file."""

    __slots__ = ("compiled", "file", "is_empty", "name")

    def __init__(self, file: SourceFile, name: str, *, is_empty: bool, code: CodeType | None = None) -> None:
        self.file = file
        self.name = name
        self.is_empty = is_empty
        self.compiled: CompiledTemplate | None = StoredTemplate(code, self) if code is not None else None

    def compile(self) -> CompiledTemplate:
        """Compile the body; raises BudgetExceeded."""
        try:
            return compile_template(self.file.parsed()[self.name], self.file.functions)
        except (RecursionError, MemoryError, SystemError):
            raise BudgetExceeded(f"template {self.name} is nested too deeply to compile") from None


class StoredTemplate(CompiledTemplate):
    """Code from a store; what its positions stand for is found by compiling anew."""

    __slots__ = ("_definition", "_fresh")

    def __init__(self, code: CodeType, definition: Definition) -> None:
        self.code = code
        self._definition = definition
        self._fresh: CompiledTemplate | None = None

    def _compiled(self) -> CompiledTemplate:
        if self._fresh is None:
            self._fresh = self._definition.compile()
        return self._fresh

    @property
    def template(self) -> Template:  # type: ignore[override]
        """The parse tree."""
        return self._compiled().template

    @property
    def sites(self) -> list[Site]:  # type: ignore[override]
        """What each position in the code stands for."""
        return self._compiled().sites


def file_key(name: str, source: str) -> bytes:
    """Return the key of a file in a store."""
    return hashlib.sha256(f"{name}\0{source}".encode("utf-8", "surrogateescape")).digest()


class CodeCache:
    """Files by content. `stored` are rows of an earlier run, made with the same functions."""

    def __init__(self, stored: Mapping[bytes, list[Row]] | None = None) -> None:
        self.files: dict[tuple[str, str], dict[str, Definition]] = {}
        self.stored = stored or {}
        self.has_news = False
        """Whether something was compiled that a store does not have."""

    def parse(self, name: str, source: str, functions: Mapping[str, GoFunction]) -> dict[str, Definition]:
        """Return the definitions of a file; raises ParseError."""
        key = (name, source)
        found = self.files.get(key)
        if found is None:
            if len(self.files) > _MAX_FILES:
                self.files.clear()
            found = self.files[key] = self._definitions(SourceFile(name, source, functions))
        return found

    def _definitions(self, file: SourceFile) -> dict[str, Definition]:
        rows = self.stored.get(file_key(file.name, file.source)) if self.stored and file.name != INLINE else None
        if rows is not None:
            return {name: Definition(file, name, is_empty=empty, code=code) for name, empty, code in rows}
        return {name: Definition(file, name, is_empty=is_empty(tree.body)) for name, tree in file.parsed().items()}

    def compile(self, definition: Definition) -> CompiledTemplate:
        """Return the code of a definition, compiling it once; raises BudgetExceeded."""
        if definition.compiled is None:
            definition.compiled = definition.compile()
            self.has_news = self.has_news or definition.file.name != INLINE
        return definition.compiled

    def rows(self) -> dict[bytes, list[Row]]:
        """Return what a store may keep for the next run."""
        return {
            file_key(*key): [(d.name, d.is_empty, d.compiled.code if d.compiled else None) for d in definitions.values()]
            for key, definitions in self.files.items()
            if key[0] != INLINE
        }
