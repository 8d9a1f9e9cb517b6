"""Write Go values as YAML, byte for byte as Helm's toYaml and toYamlPretty do.

toYaml goes through JSON in Helm, so numbers are written as JSON would and then read as YAML; toYamlPretty does not.
"""

from __future__ import annotations

from typing import Any

from pilothouse.delivery.charts.engine.execution.faults import FunctionError
from pilothouse.delivery.charts.engine.values.floats import format_shortest, json_number
from pilothouse.delivery.charts.engine.values.kinds import GoObject, type_name
from pilothouse.delivery.charts.engine.values.printing import text_of
from pilothouse.delivery.charts.engine.yaml import scalars
from pilothouse.delivery.charts.engine.yaml.order import sorted_keys
from pilothouse.delivery.charts.engine.yaml.resolve import needs_quotes, needs_quotes_v3

MAX_DEPTH = 900
_MAX_KEY = 128


class Writer:
    """One emission; `pretty` selects the newer library's layout (indented sequences, no folding)."""

    def __init__(self, *, pretty: bool = False) -> None:
        self.pretty = pretty
        self.width = 1 << 30 if pretty else 80
        self.out: list[str] = []
        self.quotes = needs_quotes_v3 if pretty else needs_quotes
        self.memo: dict[str, str] = {}

    def document(self, value: Any) -> str:
        """Return the whole text, ending in a newline."""
        self.node(value, 0, 0, 0)
        return "".join(self.out).lstrip("\n") + "\n"

    def string(self, text: str, column: int, indent: int, *, key: bool = False) -> str:
        """Write a string scalar that starts at `column`, continuation lines at `indent`."""
        if len(text) < 60 and scalars.is_simple(text):
            return f'"{text}"' if self.quotes(text) else text
        if "\udc80" <= max(text, default="") <= "\udfff":
            text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        if "\x7f" in text and not self.pretty:
            raise FunctionError("error converting JSON to YAML: yaml: control characters are not allowed")
        analysis = scalars.Analysis(text)
        if "\n" in text:
            if analysis.block and not key:
                return scalars.literal(text, indent)
        elif text and not self.quotes(text):
            if analysis.plain:
                return text if key else scalars.fold_plain(text, column, indent, self.width)
            if analysis.single:
                return scalars.single_quoted(text, column, indent, self.width, not key)
        return scalars.double_quoted(text, column, indent, self.width, not key)

    def scalar(self, value: Any, column: int, indent: int) -> str:
        """Write any scalar."""
        if isinstance(value, str):
            return self.string(value, column, indent)
        if value is None:
            return "null"
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, float):
            return self._float(value)
        if isinstance(value, int):
            return str(int(value))
        return self._other(value, column, indent)

    def _other(self, value: Any, column: int, indent: int) -> str:
        if isinstance(value, bytes):
            import base64

            return self.string(base64.b64encode(value).decode(), column, indent)
        if isinstance(value, GoObject):
            text = value.go_string()
            if text is not None:
                return self.string(text, column, indent)
        raise FunctionError(f"json: unsupported type: {type_name(value)}")

    def _float(self, value: float) -> str:
        if self.pretty:
            text = format_shortest(value)
            return {"+Inf": ".inf", "-Inf": "-.inf", "NaN": ".nan"}.get(text, text)
        number = json_number(value)
        if number is None:
            raise FunctionError(f"json: unsupported value: {format_shortest(value)}")
        if number == "-0":
            return "0"
        if "e" in number or "." in number or abs(value) >= 1 << 64 or value < -(1 << 63):
            return format_shortest(value)
        return number

    def node(self, value: Any, indent: int, column: int, depth: int) -> None:
        """Write any node; mappings and sequences start on a new line at `indent`."""
        if depth > MAX_DEPTH:
            raise FunctionError("the value is nested too deeply for YAML")
        value = _plain(value)
        if isinstance(value, dict):
            self._mapping(value, indent, depth, inline=False)
        elif isinstance(value, list):
            self._sequence(value, indent, depth, inline=False)
        else:
            self.out.append(self.scalar(value, column, indent + 2 if depth == 0 else indent))

    def _mapping(self, value: dict[Any, Any], indent: int, depth: int, *, inline: bool) -> None:
        if not value:
            self.out.append("{}")
            return
        pad = "\n" + " " * indent
        texts = {text_of(k): v for k, v in value.items()}
        for key in sorted_keys(texts):
            if inline:
                inline = False
            else:
                self.out.append(pad)
            self._pair(key, texts[key], indent, depth)

    def _pair(self, key: str, value: Any, indent: int, depth: int) -> None:
        shown = self.memo.get(key)
        if shown is None:
            shown = self.memo[key] = self.string(key, indent, indent + 2, key=True)
        if len(shown) > _MAX_KEY or "\n" in key:
            self.out.append("? " + self.string(key, indent + 2, indent + 2))
            self.out.append("\n" + " " * indent + ":")
            shown = ""
        else:
            self.out.append(shown + ":")
        value = _plain(value)
        if isinstance(value, dict) and value:
            self._mapping(value, indent + 2, depth + 1, inline=False) if depth < MAX_DEPTH else self.node(
                value, indent, 0, depth + 1
            )
        elif isinstance(value, list) and value:
            self._sequence(value, indent + 2 if self.pretty else indent, depth + 1, inline=False)
        else:
            self.out.append(" ")
            empty = "{}" if isinstance(value, dict) else "[]" if isinstance(value, list) else None
            self.out.append(empty or self.scalar(value, indent + len(shown) + 2, indent + 2))

    def _sequence(self, value: list[Any], indent: int, depth: int, *, inline: bool) -> None:
        if not value:
            self.out.append("[]")
            return
        if depth > MAX_DEPTH:
            raise FunctionError("the value is nested too deeply for YAML")
        pad = "\n" + " " * indent
        for item in value:
            if inline:
                inline = False
            else:
                self.out.append(pad)
            self.out.append("- ")
            item = _plain(item)
            if isinstance(item, dict):
                self._mapping(item, indent + 2, depth + 1, inline=True)
            elif isinstance(item, list):
                self._sequence(item, indent + 2, depth + 1, inline=True)
            else:
                self.out.append(self.scalar(item, indent + 2, indent + 2))


def _plain(value: Any) -> Any:
    marshal = getattr(value, "go_json", None)
    if marshal is not None:
        return marshal()
    if isinstance(value, GoObject) and value.go_string() is None:
        return dict(value.go_fields())
    return value


def write_yaml(value: Any) -> str:
    """Return the YAML Helm's Marshal writes, with its final newline; raises FunctionError."""
    return Writer().document(value)


def to_yaml(value: Any) -> str:
    """The template function toYaml: no final newline, empty on error."""
    try:
        return write_yaml(value).removesuffix("\n")
    except FunctionError:
        return ""


def must_to_yaml(value: Any) -> str:
    """The template function mustToYaml."""
    return write_yaml(value).removesuffix("\n")


def to_yaml_pretty(value: Any) -> str:
    """The template function toYamlPretty."""
    try:
        return Writer(pretty=True).document(value).removesuffix("\n")
    except FunctionError:
        return ""
