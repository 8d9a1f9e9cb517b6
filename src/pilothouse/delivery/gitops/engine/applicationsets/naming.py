"""Names that fit where Kubernetes wants a DNS name."""

from __future__ import annotations

import re
import unicodedata

_NOT_DNS = re.compile(r"[^-a-z0-9.]")
_LONGEST = 253
_WORDS = {"&": "and", "@": "at"}
_QUOTES = str.maketrans("", "", "\"'’`‘“”")
_NOT_SLUG = re.compile(r"[^a-z0-9\-_]")


def sanitize_name(name: str) -> str:
    """Return a name with only lower case letters, digits, `-` and `.`."""
    return _NOT_DNS.sub("-", name.lower())[:_LONGEST].strip("-.")


def slugify(text: str, max_length: int = 50, smart: bool = True) -> str:
    """Return a slug of at most `max_length`; `smart` cuts between words, unless the first word alone is too long."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().translate(_QUOTES).lower()
    for sign, word in _WORDS.items():
        plain = plain.replace(sign, f" {word} ")
    slug = re.sub(r"-+", "-", _NOT_SLUG.sub("-", plain.strip())).strip("-_")
    if max_length <= 0 or len(slug) <= max_length:
        return slug
    return _cut_between_words(slug, max_length) if smart else slug[:max_length].strip("-_")


def branch_slug(branch: str) -> str:
    """Return the slug of a branch, which leaves room for a suffix within a DNS label."""
    return slugify(branch.replace("_", "-"))


def _cut_between_words(slug: str, max_length: int) -> str:
    end = slug.rfind("-", 0, max_length + 1)
    return slug[:end].strip("-") if end > 0 else slug[:max_length]
