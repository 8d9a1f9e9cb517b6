"""Fill the Go templates of ApplicationSets: sprig's functions, without those that look at the machine, and Argo CD's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import yaml

from pilothouse.delivery import charts
from pilothouse.delivery.gitops.engine.applicationsets.documents import read_document
from pilothouse.delivery.gitops.engine.applicationsets.naming import sanitize_name, slugify
from pilothouse.delivery.gitops.engine.applicationsets.templating import RenderGo
from pilothouse.delivery.gitops.errors import GeneratorFailed, NotificationInvalid
from pilothouse.kit.clock import Clock, Entropy

_UNMARSHAL = "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal"


def go_renderer(clock: Clock, entropy: Entropy) -> RenderGo:
    """Return what fills Go templates."""
    templates = charts.TextTemplates(
        "base",
        {
            "normalize": ("string -> string", sanitize_name),
            "slugify": ("...any -> string", _slugify),
            "toYaml": ("any -> string", _to_yaml),
            "fromYaml": ("string -> map", _from_yaml),
            "fromYamlArray": ("string -> list", _from_yaml_array),
        },
        clock,
        entropy,
    )

    def render(text: str, params: Mapping[str, Any], options: Sequence[str]) -> str:
        missing = next((option.partition("=")[2] for option in reversed(options) if option.startswith("missingkey=")), "default")
        try:
            return templates.render(text, _as_go(params), {"invalid": "default"}.get(missing, missing))
        except charts.RenderFailed as error:
            raise GeneratorFailed(error.message) from None

    return render


def text_renderer(name: str, clock: Clock, entropy: Entropy) -> Callable[[str, Any], str]:
    """Return what fills other Go templates, called `name` in messages; it raises `NotificationInvalid`."""
    templates = charts.TextTemplates(name, {}, clock, entropy)

    def render(text: str, data: Any) -> str:
        try:
            return templates.render(text, data)
        except charts.RenderFailed as error:
            raise NotificationInvalid(error.message) from None

    return render


def _as_go(value: Any) -> Any:
    """Return a value with floats for all numbers, as Go reads JSON."""
    if isinstance(value, Mapping):
        return {key: _as_go(below) for key, below in value.items()}
    if isinstance(value, list):
        return [_as_go(item) for item in value]
    return float(value) if type(value) is int else value


def _slugify(*args: Any) -> str:
    *settings, text = args or ("",)
    size = int(settings[0]) if settings else 50
    return slugify(sanitize_name(str(text)), size, bool(settings[1]) if len(settings) > 1 else True)


def _to_yaml(value: Any) -> str:
    text = yaml.safe_dump(_plain(value), default_flow_style=False, allow_unicode=True, sort_keys=True)
    return text.removesuffix("\n...\n").rstrip("\n")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(below) for key, below in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _read(text: str) -> Any:
    try:
        return read_document(text)
    except GeneratorFailed as error:
        raise ValueError(error.message) from None


def _from_yaml(text: str) -> dict[str, Any]:
    found = _read(text)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ValueError(f"{_UNMARSHAL} {_kind(found)} into Go value of type map[string]interface {{}}")
    return dict(_as_go(found))


def _from_yaml_array(text: str) -> list[Any]:
    found = _read(text)
    if found is None:
        return []
    if not isinstance(found, list):
        raise ValueError(f"{_UNMARSHAL} {_kind(found)} into Go value of type []interface {{}}")
    return list(_as_go(found))


def _kind(value: Any) -> str:
    kinds = {dict: "object", list: "array", bool: "bool", int: "number", float: "number"}
    return kinds.get(type(value), "string")
