"""Addresses of repositories: which are the same, which are on this machine, and which host they ask.

Called with what users write in Applications, credentials and what forges send to the webhook, so that all three meet.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from pilothouse.delivery.gitops.types.source import is_local

_SCP = re.compile(r"^(?:(?P<user>[^@/:]+)@)?(?P<host>[^@/:]+):(?P<path>(?!//).+)$")


def is_ssh(url: str) -> bool:
    """Whether a repository is reached by ssh."""
    if url.startswith(("ssh://", "git+ssh://")):
        return True
    return "://" not in url and not is_local(url) and _SCP.match(url) is not None


def normal_url(url: str) -> str:
    """Return an address as it is compared: small letters, no `.git`, no user, `host:path` written as ssh; empty for none."""
    text = url.strip().lower()
    if not text or is_local(text):
        return text.removeprefix("file://").rstrip("/")
    if "://" not in text:
        match = _SCP.match(text)
        text = f"ssh://{match['host']}/{match['path'].lstrip('/')}" if match else f"https://{text}"
    try:
        parts = urlsplit(text)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return text
    scheme = parts.scheme.removeprefix("git+")
    path = parts.path.rstrip("/").removesuffix(".git").rstrip("/")
    return f"{scheme}://{parts.hostname or ''}{port}{path}"


def same_repository(one: str, other: str) -> bool:
    """Whether two addresses are the same repository, whichever protocol they use."""
    left, right = (normal_url(url).partition("://") for url in (one, other))
    return bool(left[0]) and (left[2] or left[0]) == (right[2] or right[0])


def host_of(url: str) -> str:
    """Return the host and port an address asks, empty for this machine."""
    if is_local(url):
        return ""
    return normal_url(url).partition("://")[2].partition("/")[0]


def joined_url(base: str, relative: str) -> str:
    """Return the address of a submodule that is written relative to its repository."""
    if not relative.startswith(("./", "../")):
        return relative
    head, separator, path = _split(base.rstrip("/"))
    parts = path.split("/")
    for piece in relative.split("/"):
        if piece == "..":
            parts = parts[:-1]
        elif piece not in ("", "."):
            parts.append(piece)
    return f"{head}{separator}{'/'.join(parts)}"


def _split(url: str) -> tuple[str, str, str]:
    if "://" in url:
        scheme, _, rest = url.partition("://")
        host, slash, path = rest.partition("/")
        return f"{scheme}://{host}", slash, path
    if is_local(url):
        return "", "", url
    return url.partition(":")
