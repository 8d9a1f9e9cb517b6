"""What expressions may call: expr-lang's functions on texts and lists, and Argo CD's modules time, strings, repo and sync."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.notifications.engine.expressions.values import (
    ExpressionError,
    Module,
    Moment,
    Span,
    number,
    parse_time,
    shown,
    text,
)

_MAX_TEXT = 1 << 20
_SSH = re.compile(r"(?:ssh://)?[\w.-]+@([\w.-]+)[:/](.+)")


def _len(value: Any) -> int:
    if isinstance(value, list | str | Mapping):
        return len(value)
    raise ExpressionError(f"{shown(value)} has no length")


def _int(value: Any) -> int:
    try:
        return int(value if isinstance(value, str) else number(value))
    except ValueError:
        raise ExpressionError(f"{value!r} is no number") from None


def _float(value: Any) -> float:
    try:
        return float(value if isinstance(value, str) else number(value))
    except ValueError:
        raise ExpressionError(f"{value!r} is no number") from None


def _split(value: Any, separator: Any) -> list[str]:
    return text(value).split(text(separator)) if separator else list(text(value))


def _join(value: Any, separator: Any = "") -> str:
    if not isinstance(value, list):
        raise ExpressionError(f"{shown(value)} is no list")
    return text(separator).join(text(each) for each in value)


def _replace(value: Any, old: Any, new: Any) -> str:
    if text(value).count(text(old)) * len(text(new)) > _MAX_TEXT:
        raise ExpressionError(f"the text becomes longer than {_MAX_TEXT} characters")
    return str(value).replace(old, new)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "len": _len, "int": _int, "float": _float, "string": shown, "join": _join, "split": _split,
    "abs": lambda value: abs(number(value)), "replace": _replace,
    "upper": lambda value: text(value).upper(), "lower": lambda value: text(value).lower(),
    "trim": lambda value, chars=None: text(value).strip(chars),
    "trimPrefix": lambda value, part: text(value).removeprefix(text(part)),
    "trimSuffix": lambda value, part: text(value).removesuffix(text(part)),
    "hasPrefix": lambda value, part: text(value).startswith(text(part)),
    "hasSuffix": lambda value, part: text(value).endswith(text(part)),
    "indexOf": lambda value, part: text(value).find(text(part)),
    "keys": lambda value: sorted(value) if isinstance(value, Mapping) else [],
    "first": lambda value: value[0] if value else None, "last": lambda value: value[-1] if value else None,
}  # fmt: skip
_STRINGS = {
    "ReplaceAll": FUNCTIONS["replace"], "ToUpper": FUNCTIONS["upper"], "ToLower": FUNCTIONS["lower"], "Split": _split,
    "Contains": lambda value, part: text(part) in text(value), "HasPrefix": FUNCTIONS["hasPrefix"],
    "HasSuffix": FUNCTIONS["hasSuffix"], "TrimSpace": FUNCTIONS["trim"], "Join": _join,
}  # fmt: skip


def variables_of(app: Tree, now: float) -> dict[str, Any]:
    """Return what a condition sees of an Application at a moment."""
    moments = {
        "Now": lambda: Moment(now), "Parse": parse_time, "Second": Span(1), "Minute": Span(60), "Hour": Span(3600),
    }  # fmt: skip
    repo = {"RepoURLToHTTPS": _to_https, "FullNameByRepoURL": _full_name}
    sync = {"GetInfoItem": _info_item}
    return {
        "app": app, "time": Module("time", moments), "strings": Module("strings", _STRINGS), "repo": Module("repo", repo),
        "sync": Module("sync", sync),
    }  # fmt: skip


def _to_https(url: Any) -> str:
    found = _SSH.fullmatch(text(url))
    return f"https://{found[1]}/{found[2]}" if found else text(url)


def _full_name(url: Any) -> str:
    return "/".join(_to_https(url).removesuffix(".git").rstrip("/").split("/")[-2:])


def _info_item(app: Any, name: Any) -> str:
    """Return the value of an item that the last sync was started with."""
    state = ((app or {}).get("status") or {}).get("operationState") or {}
    listed = (state.get("operation") or {}).get("info") or (app.get("operation") or {}).get("info") or []
    for entry in listed:
        if entry.get("name") == name:
            return str(entry.get("value") or "")
    raise ExpressionError(f"the sync has no info item {name}")
