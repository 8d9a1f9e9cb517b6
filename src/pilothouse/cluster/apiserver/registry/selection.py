"""Which objects a list or watch selects: label and field selectors, checked against what the resource supports."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any

import orjson

from pilothouse.api.scheme import Resource
from pilothouse.api.selectors import FieldSelector, LabelSelector, parse_field_selector, parse_label_selector
from pilothouse.cluster.apiserver.context import Call
from pilothouse.cluster.apiserver.errors import StatusError, bad_request
from pilothouse.cluster.apiserver.registry.output import shared_tree
from pilothouse.cluster.apiserver.watchcache.items import Item
from pilothouse.kit.errors import BadRequest

_META = ("metadata.name", "metadata.namespace")


class Selection:
    """The predicate of a list or watch."""

    def __init__(self, call: Call) -> None:
        """Read the selectors of the query; raises 400."""
        self.resource = call.resource
        self.namespace = call.namespace
        try:
            labels, fields = call.params.get("labelSelector", ""), call.params.get("fieldSelector", "")
            self.labels: LabelSelector | None = parse_label_selector(labels) if labels else None
            self.fields: FieldSelector | None = parse_field_selector(fields) if fields else None
        except BadRequest as error:
            raise bad_request(_worded(error.message)) from None
        self.key = f"{call.namespace}\0{call.name}\0{labels}\0{fields}"
        """The same for all that select the same objects of a resource."""
        if call.name:
            self.fields = FieldSelector((*(self.fields.terms if self.fields else ()), ("metadata.name", True, call.name)))
        if self.fields is not None:
            _check_fields(call.resource, self.fields)

    @property
    def is_everything(self) -> bool:
        """Whether every object of the collection is selected."""
        return self.labels is None and self.fields is None

    def prefix(self) -> str:
        """Return the key prefix of the collection."""
        base = self.resource.storage_prefix
        return f"{base}{self.namespace}/" if self.namespace and self.resource.namespaced else base

    def matches(self, item: Item) -> bool:
        """Whether an object is selected."""
        if self.namespace and item.namespace != self.namespace and self.resource.namespaced:
            return False
        if self.labels is not None and not self.labels.matches(item.labels):
            return False
        return self.fields is None or self._fields_match(self.fields, item)

    def _fields_match(self, selector: FieldSelector, item: Item) -> bool:
        values = {name: field_value(self.resource, item, name) for name, _, _ in selector.terms}
        return selector.matches(values)

    def predicate(self) -> Callable[[Item], bool]:
        """Return the cheapest function that decides."""
        if self.is_everything and not (self.namespace and self.resource.namespaced):
            return lambda item: True
        return self.matches


_UNPREFIXED = ("expected: !, identifier", "expected: ',' or 'end of string'")


def _worded(message: str) -> str:
    """Return a selector problem as clients know it: where it is in the text is left out."""
    text, _, selector = message.partition(" in label selector ")
    if selector.endswith(",'") and "found ''" in text:
        return "found '', expected: identifier after ','"
    if any(part in text for part in _UNPREFIXED):
        return text.removeprefix("unable to parse requirement: ")
    return text


def _check_fields(resource: Resource, selector: FieldSelector) -> None:
    known = (*_META, *resource.selectable)
    for name, _, _ in selector.terms:
        if name in known:
            continue
        raise bad_request(_unknown_field(resource, name))


def _unknown_field(resource: Resource, name: str) -> str:
    if resource.is_custom or not resource.selectable:
        if resource.is_custom:
            return f"field label not supported: {name}"
        return f'"{name}" is not a known field selector: only "metadata.name", "metadata.namespace"'
    if resource.kind == "Job":
        return f'field label "{name}" not supported for Job'
    return f"field label not supported: {name}"


def field_value(resource: Resource, item: Item, name: str) -> str:
    """Return the value of a selectable field as text."""
    if name in ("metadata.name", "name"):
        return item.name
    if name == "metadata.namespace":
        return item.namespace
    special = _SPECIAL.get((resource.plural, name))
    tree = shared_tree(resource, item)
    if special is not None:
        return special(tree)
    value: Any = tree
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _spec(tree: dict[str, Any]) -> dict[str, Any]:
    return tree.get("spec") or {}


def _status(tree: dict[str, Any]) -> dict[str, Any]:
    return tree.get("status") or {}


_SPECIAL: dict[tuple[str, str], Callable[[dict[str, Any]], str]] = {
    ("pods", "spec.hostNetwork"): lambda tree: "true" if _spec(tree).get("hostNetwork") else "false",
    ("nodes", "spec.unschedulable"): lambda tree: "true" if _spec(tree).get("unschedulable") else "false",
    ("jobs", "status.successful"): lambda tree: str(_status(tree).get("succeeded", 0)),
    ("replicasets", "status.replicas"): lambda tree: str(_status(tree).get("replicas", 0)),
    ("replicationcontrollers", "status.replicas"): lambda tree: str(_status(tree).get("replicas", 0)),
    ("events", "source"): lambda tree: (tree.get("source") or {}).get("component") or tree.get("reportingComponent", ""),
    ("events", "reportingComponent"): lambda tree: tree.get("reportingComponent", ""),
}


def encode_token(revision: int, key: str) -> str:
    """Return the continue token of a page that ended before `key`."""
    raw = orjson.dumps({"v": "meta.k8s.io/v1", "rv": revision, "start": key})
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode_token(token: str, prefix: str) -> tuple[int, str]:
    """Return (revision, first key) of a continue token; raises 400."""
    try:
        raw = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        revision, start = raw["rv"], raw["start"]
        if raw.get("v") != "meta.k8s.io/v1" or not isinstance(revision, int) or not isinstance(start, str):
            raise ValueError
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise bad_request("continue key is not valid: the token is not one this server gave out") from None
    if ".." in start or "\x00" in start:
        raise bad_request("continue key is not valid: invalid key")
    return revision, prefix + start


def expired(token: str) -> StatusError:
    """410 for a continue token whose snapshot is gone, with a token that goes on inconsistently."""
    text = (
        "The provided continue parameter is too old to display a consistent list result. You can start a new list without the "
        "continue parameter, or use the continue token in this response to retrieve the remainder of the "
        "results. Continuing with "
        "the provided token results in an inconsistent list - objects that were created, modified, or deleted "
        "between the time the "
        "first chunk was returned and now may show up in the list."
    )
    error = StatusError(410, "Expired", text)
    error.token = token  # type: ignore[attr-defined]
    return error
