"""The records of the chart engine: charts, files, release options, capabilities and the result of a render."""

from __future__ import annotations

from typing import Any

import msgspec


class ChartFile(msgspec.Struct, frozen=True):
    """One file of a chart, its name relative to the chart's folder."""

    name: str
    data: bytes


class Chart(msgspec.Struct, frozen=True):
    """A loaded chart. `metadata` is Chart.yaml as read; `values` the defaults; `dependencies` the charts below `charts/`."""

    metadata: dict[str, Any]
    values: dict[str, Any]
    templates: tuple[ChartFile, ...] = ()
    files: tuple[ChartFile, ...] = ()
    raw: tuple[ChartFile, ...] = ()
    schema: bytes | None = None
    dependencies: tuple[Chart, ...] = ()
    lock: dict[str, Any] | None = None

    @property
    def name(self) -> str:
        """The chart's name (the alias, for an aliased dependency)."""
        return str(self.metadata.get("name") or "")

    @property
    def is_library(self) -> bool:
        """Whether only its partial templates count."""
        return str(self.metadata.get("type") or "").lower() == "library"


class ReleaseOptions(msgspec.Struct, frozen=True):
    """What templates see as `.Release`."""

    name: str = "release-name"
    namespace: str = "default"
    revision: int = 1
    is_upgrade: bool = False

    @property
    def is_install(self) -> bool:
        """The opposite of `is_upgrade`."""
        return not self.is_upgrade


class Capabilities(msgspec.Struct, frozen=True):
    """What templates see as `.Capabilities`; `api_versions` come on top of the built-in set, unless they are complete."""

    kube_version: str = "v1.35.0"
    api_versions: tuple[str, ...] = ()
    is_complete: bool = False
    """Whether `api_versions` are those of a cluster: all there are."""
    helm_version: str = "v4.1"


class Manifest(msgspec.Struct, frozen=True):
    """One rendered object: the template it came from, its text, and the head that was read from it."""

    source: str
    text: str
    api_version: str = ""
    kind: str = ""
    name: str = ""


class Hook(msgspec.Struct, frozen=True):
    """One rendered hook with its events, weight and policies."""

    source: str
    text: str
    kind: str
    name: str
    events: tuple[str, ...]
    weight: int = 0
    delete_policies: tuple[str, ...] = ()
    output_log_policies: tuple[str, ...] = ()

    @property
    def is_test(self) -> bool:
        """Whether it runs on `helm test`."""
        return "test" in self.events


class Rendered(msgspec.Struct, frozen=True):
    """The result of a render: manifests in install order, hooks, notes, CRDs, and the warnings met on the way.

    `chart` is the chart as it was rendered: only enabled dependencies, aliases as names, imported values in place.
    """

    manifests: tuple[Manifest, ...]
    hooks: tuple[Hook, ...]
    notes: str
    crds: tuple[Manifest, ...]
    warnings: tuple[str, ...] = ()
    chart: Chart | None = None

    def to_text(self, *, include_crds: bool = False, hooks: bool = True, skip_tests: bool = False) -> str:
        """Return what `helm template` prints."""
        parts: list[str] = []
        if include_crds:
            parts += [f"---\n# Source: {m.source}\n{m.text}\n" for m in self.crds]
        parts += [f"---\n# Source: {m.source}\n{m.text}\n" for m in self.manifests]
        text = "".join(parts).strip() + "\n"
        if hooks:
            shown = (h for h in self.hooks if not (skip_tests and h.is_test))
            text += "".join(f"---\n# Source: {h.source}\n{h.text}\n" for h in shown)
        return text
