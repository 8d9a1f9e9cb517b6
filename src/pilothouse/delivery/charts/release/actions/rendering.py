"""Render a chart for a cluster: with its version and kinds as capabilities, and `lookup` that reads live objects.

Rendering is work for a thread; `lookup` inside of it asks the loop. The result is a release that was not begun yet.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from pilothouse.delivery.charts.adapters.codestore import CodeStore
from pilothouse.delivery.charts.engine.rendering.render import Lookup, Renderer, render_chart
from pilothouse.delivery.charts.release.actions.bench import Bench, Options
from pilothouse.delivery.charts.release.engine.chartrecord import chart_record
from pilothouse.delivery.charts.release.engine.hooks import hook_records
from pilothouse.delivery.charts.release.engine.plainvalues import clean_text, plain_value
from pilothouse.delivery.charts.release.types import PENDING_INSTALL, SERVER_SIDE, Release, ReleaseInfo
from pilothouse.delivery.charts.types import Capabilities, Chart, Manifest, ReleaseOptions, Rendered
from pilothouse.kit.aio import offload
from pilothouse.kit.clock import Entropy, year_start
from pilothouse.kit.errors import NotFound

LOOKUP_TIMEOUT_S = 60.0


async def cluster_capabilities(bench: Bench) -> Capabilities:
    """Return what the server is and has."""
    version = await bench.cluster.server_version()
    return Capabilities(kube_version=version, api_versions=await bench.cluster.api_versions(), is_complete=True)


def live_lookup(bench: Bench) -> Lookup:
    """Return the `lookup` function of templates for this cluster; to be called outside of the loop's thread."""
    loop = asyncio.get_running_loop()

    async def find(api_version: str, kind: str, namespace: str, name: str) -> dict[str, Any]:
        try:
            served = await bench.cluster.discovery.find(api_version, kind)
            if name:
                return await bench.client.get(served, name, namespace)
            return {"apiVersion": api_version, "kind": f"{kind}List", "items": await bench.client.list(served, namespace)}
        except NotFound:
            return {}

    def lookup(api_version: str, kind: str, namespace: str, name: str) -> dict[str, Any]:
        return asyncio.run_coroutine_threadsafe(find(api_version, kind, namespace, name), loop).result(LOOKUP_TIMEOUT_S)

    return lookup


async def render_for(bench: Bench, chart: Chart, values: dict[str, Any], release: ReleaseOptions, options: Options) -> Rendered:
    """Render a chart for the cluster, or without it for a dry run of the client."""
    is_offline = options.dry_run == "client" and not release.is_upgrade
    capabilities = Capabilities() if is_offline else await cluster_capabilities(bench)
    lookup = None if options.dry_run == "client" else live_lookup(bench)
    store = CodeStore(chart, bench.code_folder)
    cache = await offload(store.open)
    now, entropy = bench.clock.now(), bench.entropy
    if options.seed is not None:
        now, entropy = year_start(now), Entropy(options.seed)
    renderer = Renderer(now, entropy, cache, lookup)
    renderer.numbers = options.numbers
    log: list[str] = []
    try:
        return await offload(
            render_chart, chart, release, values, capabilities, renderer,
            skip_schema=options.skip_schema_validation, subchart_notes=options.subchart_notes, log=log,
            post_render=options.post_render,
        )  # fmt: skip
    finally:
        await offload(store.save, cache)
        if log:
            bench.warn("".join(f"{line}\n" for line in log))


def manifest_text(manifests: tuple[Manifest, ...]) -> str:
    """Return the manifest of a release."""
    return clean_text("".join(f"---\n# Source: {m.source}\n{m.text}\n" for m in manifests))


def new_release(bench: Bench, rendered: Rendered, values: dict[str, Any], release: ReleaseOptions, **info: Any) -> Release:
    """Return the record of what was rendered, its operation about to begin."""
    assert rendered.chart is not None
    now = bench.now()
    defaults: dict[str, Any] = {"first_deployed": now, "last_deployed": now, "status": PENDING_INSTALL}
    return Release(
        name=release.name,
        namespace=release.namespace,
        version=release.revision,
        info=ReleaseInfo(**{**defaults, "notes": clean_text(rendered.notes), **info}),
        chart=chart_record(rendered.chart),
        config=plain_value(values),
        manifest=manifest_text(rendered.manifests),
        hooks=hook_records(rendered.hooks) or None,
        apply_method=SERVER_SIDE,
    )


def without_secrets(release: Release) -> Release:
    """Return the release as it is shown when Secrets are to be hidden."""
    documents = []
    for text in release.manifest.split("---\n")[1:]:
        is_secret = any(line.startswith("kind: Secret") and line.split() == ["kind:", "Secret"] for line in text.splitlines())
        source = text.partition("\n")[0]
        documents.append(f"{source}\n# HIDDEN: The Secret output has been suppressed\n" if is_secret else text)
    return msgspec.structs.replace(release, manifest="".join(f"---\n{text}" for text in documents))
