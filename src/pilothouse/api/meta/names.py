"""Rules for names, label keys and values, annotations: the wording clients know."""

from __future__ import annotations

import re

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = _LABEL + r"(\." + _LABEL + ")*"
_QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
_RE_LABEL = re.compile(_LABEL)
_RE_SUBDOMAIN = re.compile(_SUBDOMAIN)
_RE_QUALIFIED = re.compile(_QUALIFIED)
_RE_1035 = re.compile(_LABEL_1035)
_RE_VALUE = re.compile(f"({_QUALIFIED})?")
_RE_CONFIG_KEY = re.compile("[-._a-zA-Z0-9]+")

SUBDOMAIN_TEXT = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start and end with an "
    f"alphanumeric character (e.g. 'example.com', regex used for validation is '{_SUBDOMAIN}')"
)
LABEL_TEXT = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an "
    f"alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{_LABEL}')"
)
LABEL_1035_TEXT = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
    "character, and end with an "
    f"alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '{_LABEL_1035}')"
)
QUALIFIED_TEXT = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
    f"(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '{_QUALIFIED}')"
)
VALUE_TEXT = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
    "start and end with an "
    f"alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '({_QUALIFIED})?')"
)
CONFIG_KEY_TEXT = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or "
    "'KEY_NAME',  or 'key-name', "
    "regex used for validation is '[-._a-zA-Z0-9]+')"
)


def max_length(limit: int) -> str:
    """Return the message for a label's key or value over `limit` bytes."""
    return f"must be no more than {limit} bytes"


def too_many_characters(limit: int) -> str:
    """Return the message for a name over `limit` characters."""
    return f"must be no more than {limit} characters"


def subdomain(text: str) -> list[str]:
    """Return what keeps `text` from being a DNS-1123 subdomain."""
    out = [too_many_characters(253)] if len(text) > 253 else []
    if not _RE_SUBDOMAIN.fullmatch(text):
        out.append(SUBDOMAIN_TEXT)
    return out


def label(text: str) -> list[str]:
    """Return what keeps `text` from being a DNS-1123 label."""
    out = [too_many_characters(63)] if len(text) > 63 else []
    if not _RE_LABEL.fullmatch(text):
        if _RE_SUBDOMAIN.fullmatch(text):
            out.append("must not contain dots")
        else:
            out.append(LABEL_TEXT)
    return out


def label_1035(text: str) -> list[str]:
    """Return what keeps `text` from being a DNS-1035 label."""
    out = [too_many_characters(63)] if len(text) > 63 else []
    if not _RE_1035.fullmatch(text):
        out.append(LABEL_1035_TEXT)
    return out


def qualified(text: str) -> list[str]:
    """Return what keeps `text` from being a qualified name such as a label key."""
    parts = text.split("/")
    out: list[str] = []
    name = parts[-1]
    if len(parts) == 2:
        prefix = parts[0]
        if not prefix:
            out.append("prefix part must be non-empty")
        else:
            out += [f"prefix part {max_length(253)}"] if len(prefix) > 253 else []
            out += [f"prefix part {problem}" for problem in subdomain(prefix[:253])]
    elif len(parts) > 2:
        tail = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        return [f"a valid label key {QUALIFIED_TEXT} {tail}"]
    if not name:
        out.append("name part must be non-empty")
    elif len(name) > 63:
        out.append(f"name part {max_length(63)}")
    if not _RE_QUALIFIED.fullmatch(name):
        out.append(f"name part {QUALIFIED_TEXT}")
    return out


def label_value(text: str) -> list[str]:
    """Return what keeps `text` from being a label value."""
    out = [max_length(63)] if len(text) > 63 else []
    if not _RE_VALUE.fullmatch(text):
        out.append(VALUE_TEXT)
    return out


def config_key(text: str) -> list[str]:
    """Return what keeps `text` from being a key of a ConfigMap or Secret."""
    out = [too_many_characters(253)] if len(text) > 253 else []
    if not _RE_CONFIG_KEY.fullmatch(text):
        out.append(CONFIG_KEY_TEXT)
    if text == ".":
        out.append("must not be '.'")
    elif text == "..":
        out.append("must not be '..'")
    elif text.startswith(".."):
        out.append("must not start with '..'")
    return out


def path_segment(text: str) -> list[str]:
    """Return what keeps `text` from being one segment of a path."""
    if text in (".", ".."):
        return [f"may not be '{text}'"]
    return [f"may not contain '{char}'" for char in "/%" if char in text]


def masked(text: str) -> str:
    """Return a generateName as it is validated: a letter stands for a trailing dash and what comes before it."""
    return text[:-2] + "a" if len(text) > 1 and text.endswith("-") else text
