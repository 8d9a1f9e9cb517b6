"""sprig's path and URL functions (slash-separated paths only; no file is ever touched)."""

from __future__ import annotations

import posixpath
import re
from typing import Any
from urllib.parse import unquote

from pilothouse.delivery.charts.engine.execution.faults import FunctionError

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")


def clean(path: str) -> str:
    """Go's path.Clean."""
    if not path:
        return "."
    out = posixpath.normpath(path)
    return "/" + out.lstrip("/") if out.startswith("//") else out


def _base(path: str) -> str:
    if not path:
        return "."
    stripped = path.rstrip("/")
    return stripped.rsplit("/", 1)[-1] if stripped else "/"


def _dir(path: str) -> str:
    return clean(path[: path.rfind("/") + 1])


def _ext(path: str) -> str:
    name = path.rsplit("/", 1)[-1]
    return name[name.rfind(".") :] if "." in name else ""


def _url_parse(text: str) -> dict[str, Any]:
    rest = text
    if any(ord(c) < 0x20 or ord(c) == 0x7F for c in text):
        raise FunctionError(f"unable to parse url: parse {_quoted(text)}: net/url: invalid control character in URL")
    rest, _, fragment = rest.partition("#")
    match = _SCHEME.match(rest)
    scheme = match.group(1).lower() if match else ""
    if match:
        rest = rest[match.end() :]
    elif rest.startswith(":"):
        raise FunctionError(f"unable to parse url: parse {_quoted(text)}: missing protocol scheme")
    rest, _, query = rest.partition("?")
    opaque = host = userinfo = ""
    if scheme and not rest.startswith("/"):
        opaque, rest = rest, ""
    elif rest.startswith("//"):
        authority, slash, path = rest[2:].partition("/")
        rest = slash + path
        userinfo, _, host = authority.rpartition("@")
    _check(text, rest)
    return {
        "scheme": scheme,
        "host": host,
        "hostname": _hostname(host),
        "path": unquote(rest),
        "query": query,
        "opaque": opaque,
        "fragment": unquote(fragment),
        "userinfo": userinfo,
    }


def _check(text: str, path: str) -> None:
    bad = re.search(r"%(?![0-9A-Fa-f]{2}).{0,2}", path)
    if bad:
        raise FunctionError(f'unable to parse url: parse {_quoted(text)}: invalid URL escape "{bad.group()}"')


def _quoted(text: str) -> str:
    from pilothouse.delivery.charts.engine.values.quote import go_quote

    return go_quote(text)


def _hostname(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _url_join(parts: dict[str, Any]) -> str:
    def part(name: str) -> str:
        value = parts.get(name, "")
        if value is None or value == "":
            return ""
        if not isinstance(value, str):
            raise FunctionError(f"unable to parse {name} key, must be of type string, but interface {{}} found")
        return value

    scheme, host, path, query = part("scheme"), part("host"), part("path"), part("query")
    opaque, fragment, userinfo = part("opaque"), part("fragment"), part("userinfo")
    out = scheme + ":" if scheme else ""
    if opaque:
        out += opaque
    else:
        if scheme or host or userinfo:
            if host or path or userinfo:
                out += "//"
            out += f"{userinfo}@" if userinfo else ""
            out += host
        if path and not path.startswith("/") and host:
            out += "/"
        out += _escape(path)
    out += f"?{query}" if query else ""
    return out + (f"#{_escape(fragment)}" if fragment else "")


def _escape(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="/:@!$&'()*+,;=~-._")


TABLE = (
    ("base", "string -> string", _base),
    ("dir", "string -> string", _dir),
    ("clean", "string -> string", clean),
    ("ext", "string -> string", _ext),
    ("isAbs", "string -> bool", lambda p: p.startswith("/")),
    ("osBase", "string -> string", _base),
    ("osDir", "string -> string", _dir),
    ("osClean", "string -> string", clean),
    ("osExt", "string -> string", _ext),
    ("osIsAbs", "string -> bool", lambda p: p.startswith("/")),
    ("urlParse", "string -> map", _url_parse),
    ("urlJoin", "map -> string", _url_join),
)
