"""How Go's fmt package writes one value: with a verb and flags, and by default.

Called by the compiled templates for every printed value that is not a string, and by `printf`.
"""

from __future__ import annotations

from typing import Any

from pilothouse.delivery.charts.engine.values.floats import format_float, format_shortest
from pilothouse.delivery.charts.engine.values.kinds import (
    Bytes,
    GoFunction,
    GoObject,
    Slice,
    key_order,
    type_name,
)
from pilothouse.delivery.charts.engine.values.quote import go_quote


class Flags:
    """The flags, width and precision of one directive."""

    __slots__ = ("minus", "plus", "plus_v", "precision", "sharp", "sharp_v", "space", "width", "zero")

    def __init__(self, flags: str = "", width: int | None = None, precision: int | None = None) -> None:
        self.sharp = "#" in flags
        self.plus = "+" in flags
        self.space = " " in flags
        self.minus = "-" in flags
        self.zero = "0" in flags
        self.plus_v = self.sharp_v = False
        self.width = width
        self.precision = precision

    def for_verb(self, verb: str) -> Flags:
        """Return the flags as `%v` reads them: plus and sharp choose its form instead of signs and prefixes."""
        if verb == "v":
            self.sharp_v, self.sharp = self.sharp, False
            self.plus_v, self.plus = self.plus, False
        return self

    def pad(self, text: str, *, numeric: bool = False) -> str:
        """Pad `text` to the width; zeros go after the sign of a number."""
        if self.width is None or len(text) >= self.width:
            return text
        if self.minus:
            return text.ljust(self.width)
        if self.zero:
            if numeric and text[:1] in ("+", "-", " "):
                return text[0] + text[1:].rjust(self.width - 1, "0")
            return text.rjust(self.width, "0")
        return text.rjust(self.width)


PLAIN = Flags()


def to_text(value: Any) -> str:
    """Return what `{{ value }}` prints, apart from nil at the top (see `print_value`)."""
    kind = type(value)
    if kind is str:
        return str(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return int.__repr__(value)
    if kind is float:
        return format_shortest(value)
    return format_value(value, "v", PLAIN, 0)


def print_value(value: Any) -> str:
    """Return what an action prints; nil prints as Go's "no value" mark."""
    if type(value) is str:
        return value
    return "<no value>" if value is None else to_text(value)


def _sign(number: float, flags: Flags) -> str:
    if number < 0:
        return "-"
    return "+" if flags.plus else " " if flags.space else ""


_BASES = {"d": "d", "v": "d", "b": "b", "o": "o", "O": "o", "x": "x", "X": "X"}
_PREFIXES = {"b": "0b", "o": "0", "x": "0x", "X": "0X"}


def _integer(value: int, verb: str, flags: Flags) -> str | None:
    value = int(value)
    if verb in _BASES:
        digits = format(abs(value), _BASES[verb])
        if flags.precision is not None:
            digits = "" if flags.precision == 0 and value == 0 else digits.rjust(flags.precision, "0")
        elif flags.zero and not flags.minus and flags.width is not None:
            room = flags.width - len(_sign(value, flags))
            digits = digits.rjust(room, "0")
        prefix = "0o" if verb == "O" else _PREFIXES.get(verb, "") if flags.sharp else ""
        text = _sign(value, flags) + prefix + digits
        return text.ljust(flags.width or 0) if flags.minus else text.rjust(flags.width or 0)
    if verb == "c":
        return flags.pad(_rune(value))
    if verb == "q":
        return flags.pad(go_quote(_rune(value), "'", ascii_only=flags.plus))
    if verb == "U":
        text = f"U+{value & 0xFFFFFFFFFFFFFFFF:04X}"
        if flags.sharp and 0 <= value <= 0x10FFFF and chr(value).isprintable():
            text += f" '{chr(value)}'"
        return flags.pad(text)
    return None


def _rune(value: int) -> str:
    return chr(value) if 0 <= value <= 0x10FFFF and not 0xD800 <= value < 0xE000 else "\ufffd"


def _float(value: float, verb: str, flags: Flags) -> str | None:
    if verb not in "vbeEfFgGxX":
        return None
    if verb == "v":
        text = format_float(value, "g", flags.precision, keep_zeros=flags.sharp)
    else:
        text = format_float(value, verb, flags.precision, keep_zeros=flags.sharp)
    if text[0] not in "+-":
        text = _sign(0, flags) + text
    elif text == "+Inf" and not flags.plus:
        text = " +Inf"[0 if flags.space else 1 :] if flags.space else "+Inf"
    if text.lstrip("+- ") in ("NaN", "Inf") and flags.zero:
        return Flags("", flags.width).pad(text)
    return flags.pad(text, numeric=True)


def _complex(value: complex, verb: str, flags: Flags) -> str | None:
    if verb not in "vbeEfFgGxX":
        return None
    real = _float(value.real, verb, flags)
    imaginary = _float(value.imag, verb, Flags("+", flags.width, flags.precision))
    return f"({real}{imaginary}i)"


def _string(value: str, verb: str, flags: Flags) -> str | None:
    if flags.precision is not None and verb in "svqxX":
        limit = flags.precision
        value = (
            value[:limit]
            if verb in "svq"
            else value.encode("utf-8", "surrogateescape")[:limit].decode("utf-8", "surrogateescape")
        )
    if verb in ("v", "s"):
        return flags.pad(go_quote(value) if verb == "v" and flags.sharp_v else value)
    if verb == "q":
        if flags.sharp and "`" not in value and all(c.isprintable() or c == "\t" for c in value):
            return flags.pad(f"`{value}`")
        return flags.pad(go_quote(value, ascii_only=flags.plus))
    if verb in ("x", "X"):
        raw = value.encode("utf-8", "surrogateescape")
        sep = (" 0x" if flags.sharp else " ") if flags.space else ""
        pieces = [f"{b:02x}" for b in raw]
        text = ("0x" if flags.sharp and raw else "") + sep.join(pieces)
        return flags.pad(text.upper() if verb == "X" else text)
    return None


def _bad(value: Any, verb: str, flags: Flags) -> str:
    if value is None:
        return f"%!{verb}(<nil>)"
    return f"%!{verb}({type_name(value)}={format_value(value, 'v', flags, 0)})"


def _bool(value: bool, verb: str, flags: Flags) -> str | None:
    return flags.pad("true" if value else "false") if verb in ("t", "v") else None


def _scalar(value: Any, verb: str, flags: Flags) -> str | None:
    if isinstance(value, str):
        return _string(value, verb, flags)
    if isinstance(value, bool):
        return _bool(value, verb, flags)
    if isinstance(value, float):
        return _float(value, verb, flags)
    if isinstance(value, complex):
        return _complex(value, verb, flags)
    if flags.sharp_v and verb == "v" and type_name(value).startswith("uint"):
        return _integer(value, "x", flags)
    return _integer(value, verb, Flags("", flags.width) if flags.sharp_v and verb == "v" else flags)


def format_value(value: Any, verb: str, flags: Flags, depth: int) -> str:
    """Format one value with one verb, at `depth` inside other values."""
    if value is None:
        return _nil(verb, flags, depth)
    if verb == "T":
        return flags.pad(type_name(value))
    if isinstance(value, GoObject):
        return _object(value, verb, flags, depth)
    if isinstance(value, (str, bool, int, float, complex)):
        own = getattr(value, "go_string", None)
        if own is not None and verb in "vsq" and not flags.sharp_v:
            return _string(own(), verb, flags) or ""
        text = _scalar(value, verb, flags)
        return _bad(value, verb, flags) if text is None else text
    if isinstance(value, (Bytes, bytes)):
        return _bytes(bytes(value), verb, flags, depth)
    if isinstance(value, dict):
        return _map(value, verb, flags, depth)
    if isinstance(value, list):
        return _list(value, verb, flags, depth)
    if isinstance(value, GoFunction):
        return "0x47b0c0"
    return _bad(value, verb, flags)


def _nil(verb: str, flags: Flags, depth: int) -> str:
    if verb == "v" or verb == "T" or depth:
        if verb == "v" and flags.sharp_v and depth:
            return flags.pad("interface {}(nil)")
        return "<nil>" if depth else flags.pad("<nil>")
    return f"%!{verb}(<nil>)"


def _bytes(value: bytes, verb: str, flags: Flags, depth: int) -> str:
    if verb in "sxXq":
        return _string(value.decode("utf-8", "surrogateescape"), verb, flags) or ""
    if verb in "vd":
        if flags.sharp_v:
            return "[]byte{" + ", ".join(f"0x{b:x}" for b in value) + "}"
        return "[" + " ".join(_integer(b, "d", flags) or "" for b in value) + "]"
    return "[" + " ".join(format_value(b, verb, flags, depth + 1) for b in value) + "]"


def _map(value: dict[Any, Any], verb: str, flags: Flags, depth: int) -> str:
    parts = [
        f"{format_value(k, verb, flags, depth + 1)}:{format_value(value[k], verb, flags, depth + 1)}" for k in key_order(value)
    ]
    if flags.sharp_v and verb == "v":
        return f"{type_name(value)}{{{', '.join(parts)}}}"
    return f"map[{' '.join(parts)}]"


def _list(value: list[Any], verb: str, flags: Flags, depth: int) -> str:
    typed = isinstance(value, Slice)
    parts = [format_value(v, verb, flags, depth + 1) for v in value]
    if flags.sharp_v and verb == "v":
        return f"{type_name(value)}{{{', '.join(parts)}}}"
    if typed and verb == "s" and type_name(value) == "[]uint8":
        return "".join(parts)
    return f"[{' '.join(parts)}]"


def _object(value: GoObject, verb: str, flags: Flags, depth: int) -> str:
    if not (flags.sharp_v and verb == "v") and verb in "vsxXq":
        own = value.go_string()
        if own is not None:
            return _string(own, verb, flags) or ""
    fields = value.go_fields()
    if flags.sharp_v and verb == "v":
        inner = ", ".join(f"{k}:{format_value(v, verb, flags, depth + 1)}" for k, v in fields.items())
        return f"{'&' if value.go_type.startswith('*') else ''}{value.go_type.lstrip('*')}{{{inner}}}"
    plus = flags.plus_v and verb == "v"
    parts = [(f"{k}:" if plus else "") + format_value(v, verb, flags, depth + 1) for k, v in fields.items()]
    pointer = "&" if value.go_type.startswith("*") and depth == 0 else ""
    return f"{pointer}{{{' '.join(parts)}}}"


def text_of(value: Any) -> str:
    """Return a value as text: byte slices are decoded, everything else prints as `%v`."""
    if type(value) is str:
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return "<nil>" if value is None else to_text(value)
