"""The objects a template sees besides its values: `.Chart`, `.Capabilities` and `.Files`.

Built by `render`. They are fixed records with fixed fields and methods; nothing else of Python is reachable through them.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from pilothouse.delivery.charts.engine.functions.convert import strval
from pilothouse.delivery.charts.engine.rendering.apiversions import BUILT_IN
from pilothouse.delivery.charts.engine.values.kinds import Bytes, GoFunction, GoObject, StringSlice, TypedMap, signature
from pilothouse.delivery.charts.engine.yaml.writer import to_yaml
from pilothouse.delivery.charts.types import Capabilities, Chart, ChartFile

_TEXTS = (
    ("Name", "name"),
    ("Home", "home"),
    ("Version", "version"),
    ("Description", "description"),
    ("Icon", "icon"),
    ("APIVersion", "apiVersion"),
    ("Condition", "condition"),
    ("Tags", "tags"),
    ("AppVersion", "appVersion"),
    ("KubeVersion", "kubeVersion"),
    ("Type", "type"),
)


class Fields(GoObject):
    """A struct with given fields."""

    def __init__(self, go_type: str, fields: Mapping[str, Any], text: str | None = None) -> None:
        self.go_type = go_type  # type: ignore[misc]
        self.fields = fields
        self.text = text

    def go_fields(self) -> Mapping[str, Any]:
        """Return the fields."""
        return self.fields

    def go_string(self) -> str | None:
        """Return the struct's own text, if it has one."""
        return self.text


class Annotations(TypedMap):
    """Go map[string]string."""

    go_type = "map[string]string"
    zero = ""


def _maintainer(item: Any) -> Fields:
    known = item if isinstance(item, dict) else {}
    fields = {go: strval(known.get(key) or "") for go, key in (("Name", "name"), ("Email", "email"), ("URL", "url"))}
    return Fields("*v2.Maintainer", fields)


def _dependency(item: Any) -> Fields:
    known = item if isinstance(item, dict) else {}
    texts = (("Name", "name"), ("Version", "version"), ("Repository", "repository"), ("Condition", "condition"))
    fields: dict[str, Any] = {go: strval(known.get(key) or "") for go, key in texts}
    fields["Tags"] = StringSlice(known.get("tags") or [])
    fields["Enabled"] = True
    fields["ImportValues"] = known.get("import-values") or []
    fields["Alias"] = strval(known.get("alias") or "")
    return Fields("*v2.Dependency", fields)


def chart_object(chart: Chart, is_root: bool) -> GoObject:
    """Return `.Chart`."""
    meta = chart.metadata
    fields: dict[str, Any] = {go: strval(meta.get(key) if meta.get(key) is not None else "") for go, key in _TEXTS}
    fields["Sources"] = StringSlice(map(strval, meta.get("sources") or []))
    fields["Keywords"] = StringSlice(map(strval, meta.get("keywords") or []))
    fields["Maintainers"] = [_maintainer(m) for m in meta.get("maintainers") or []]
    fields["Deprecated"] = meta.get("deprecated") is True
    fields["Annotations"] = Annotations({k: strval(v) for k, v in (meta.get("annotations") or {}).items()})
    fields["Dependencies"] = [_dependency(d) for d in meta.get("dependencies") or []]
    fields["IsRoot"] = is_root
    return Fields("struct { v2.Metadata; IsRoot bool }", fields)


class KubeVersion(GoObject):
    """`.Capabilities.KubeVersion`: prints as the version."""

    go_type = "common.KubeVersion"

    def __init__(self, version: str) -> None:
        numbers = re.match(r"v?(\d+)(?:\.(\d+))?", version)
        self.version = version if version.startswith("v") else f"v{version}"
        self.major = numbers.group(1) if numbers else ""
        self.minor = (numbers.group(2) or "0") if numbers else ""

    def go_fields(self) -> Mapping[str, Any]:
        """Return the three fields."""
        return {"Version": self.version, "Major": self.major, "Minor": self.minor}

    def go_methods(self) -> Mapping[str, GoFunction]:
        """Return String and the old name GitVersion."""
        return {
            "String": signature("String", " -> string", lambda: self.version),
            "GitVersion": signature("GitVersion", " -> string", lambda: self.version),
        }

    def go_string(self) -> str:
        """Return the version."""
        return self.version


class ApiVersions(StringSlice):
    """`.Capabilities.APIVersions`: a list with a Has method."""

    def go_methods(self) -> Mapping[str, GoFunction]:
        """Return Has."""
        known = frozenset(self)
        return {"Has": signature("Has", "string -> bool", lambda name: name in known)}


def capabilities_object(capabilities: Capabilities) -> GoObject:
    """Return `.Capabilities`."""
    helm = {"Version": capabilities.helm_version, "GitCommit": "", "GitTreeState": "", "GoVersion": "go1.25.9"}
    fields = {
        "KubeVersion": KubeVersion(capabilities.kube_version),
        "APIVersions": ApiVersions((*(() if capabilities.is_complete else BUILT_IN), *capabilities.api_versions)),
        "HelmVersion": Fields("version.BuildInfo", helm),
    }
    return Fields("*common.Capabilities", fields)


def glob_pattern(pattern: str) -> re.Pattern[str]:
    """Translate a Helm glob (`*`, `**`, `?`, `[...]`, `{a,b}`) to a regular expression."""
    out: list[str] = []
    at, braces = 0, 0
    while at < len(pattern):
        char = pattern[at]
        if char == "*":
            double = pattern.startswith("**", at)
            out.append(".*" if double else "[^/]*")
            at += 1 if double else 0
        elif char == "[" and (close := pattern.find("]", at + 2)) > 0:
            inside = pattern[at + 1 : close]
            negated = inside[0] in "!^"
            body = re.escape(inside[1:] if negated else inside).replace(r"\-", "-")
            out.append(f"[{'^' if negated else ''}{body}]")
            at = close
        elif char == "{":
            braces += 1
            out.append("(?:")
        elif char == "}" and braces:
            braces -= 1
            out.append(")")
        else:
            plain = {"?": "[^/]", ",": "|" if braces else ","}
            out.append(plain.get(char) or re.escape(char))
        at += 1
    return re.compile("".join(out) + ")" * braces, re.DOTALL)


class Files(TypedMap):
    """`.Files`: the chart's other files by name."""

    go_type = "engine.files"
    go_kind = "map"
    zero = b""

    @classmethod
    def of(cls, files: tuple[ChartFile, ...]) -> Files:
        """Build from a chart's files."""
        return cls({f.name: Bytes(f.data) for f in files})

    def _text(self, name: str) -> str:
        return bytes(self.get(name, b"")).decode("utf-8", "surrogateescape")

    def _glob(self, pattern: str) -> Files:
        regex = glob_pattern(pattern)
        return Files({k: v for k, v in self.items() if regex.fullmatch(k)})

    def _config(self) -> str:
        return to_yaml({k.rsplit("/", 1)[-1]: self._text(k) for k in self}) if self else ""

    def _secrets(self) -> str:
        encoded = {k.rsplit("/", 1)[-1]: base64.b64encode(v).decode() for k, v in self.items()}
        return to_yaml(encoded) if encoded else ""

    def _lines(self, name: str) -> StringSlice:
        if name not in self:
            return StringSlice()
        text = self._text(name)
        return StringSlice(text.removesuffix("\n").split("\n") if text else [])

    def go_methods(self) -> Mapping[str, GoFunction]:
        """Return the methods templates may call."""
        return {
            "Get": signature("Get", "string -> string", self._text),
            "GetBytes": signature("GetBytes", "string -> []uint8", lambda name: self.get(name, Bytes())),
            "Glob": signature("Glob", "string -> engine.files", self._glob),
            "AsConfig": signature("AsConfig", " -> string", self._config),
            "AsSecrets": signature("AsSecrets", " -> string", self._secrets),
            "Lines": signature("Lines", "string -> []string", self._lines),
        }
