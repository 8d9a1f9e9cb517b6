"""What a plain scalar means: Go's yaml.v2 rules, used by the reader and by the writer's quoting decision."""

from __future__ import annotations

import re
from typing import Any

_WORDS: dict[str, Any] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_INTEGER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]*|[1-9][0-9]*)")
_MAX_DIGITS = 40
"""Digits of a decimal number that matter: with more it is no 64-bit number anyway."""
_BASE60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_TIMESTAMP = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}(?:[Tt]\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)|"
    r" \d{1,2}:\d{1,2}:\d{1,2}(?:\.\d{1,9})?)?"
)
OLD_WORDS = frozenset(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off", "OFF"))
"""Booleans of YAML 1.1 that are text in YAML 1.2."""


class Plain:
    """Marker type: the scalar is just a string."""


PLAIN = Plain()


def _integer(text: str) -> int | None:
    if not _INTEGER.fullmatch(text) or text.lower().endswith(("0x", "0b", "0o")):
        return None
    sign = -1 if text[0] == "-" else 1
    digits = text.lstrip("+-").lower()
    if digits[:2] in ("0x", "0b", "0o"):
        value = int(digits, 0)
    elif digits[0] == "0" and len(digits) > 1:
        value = int(digits, 8)
    else:
        value = int(digits[:_MAX_DIGITS])
    value *= sign
    return value if -(1 << 63) <= value < (1 << 64) else None


def resolve_plain(text: str) -> Any:
    """Return the value of a plain scalar, or PLAIN when it is a string."""
    if not text:
        return None
    first = text[0]
    if first in "yYnNtTfFoO~.+-" and text in _WORDS:
        return _WORDS[text]
    if first in "+-.0123456789":
        return _number(text)
    return PLAIN


def _number(text: str) -> Any:
    if text[0] == ".":
        return float(text) if _FLOAT.fullmatch(text) else PLAIN
    plain = text.replace("_", "")
    value = _integer(plain) if plain else None
    if value is not None:
        return value
    if _FLOAT.fullmatch(plain):
        number = float(plain)
        return PLAIN if number in (float("inf"), float("-inf")) else number
    return PLAIN


def needs_quotes(text: str) -> bool:
    """Say whether a string written plain would be read as something else (yaml.v2)."""
    if resolve_plain(text) is not PLAIN:
        return True
    if text[0] in "+-0123456789":
        return bool(_BASE60.fullmatch(text)) or bool(_TIMESTAMP.fullmatch(text) and _real_date(text))
    return False


def _real_date(text: str) -> bool:
    month, day = text.split("-")[1:3]
    return 1 <= int(month) <= 12 and 1 <= int(re.match(r"\d+", day).group()) <= 31  # type: ignore[union-attr]


def needs_quotes_v3(text: str) -> bool:
    """The same decision in yaml.v3, which reads fewer words as booleans but still quotes the old ones."""
    return text in OLD_WORDS or needs_quotes(text)
