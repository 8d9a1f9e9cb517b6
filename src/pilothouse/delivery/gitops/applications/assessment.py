"""How an Application stands: every resource compared and judged. Nothing is compared again while nothing changed."""

from __future__ import annotations

import msgspec
import orjson

from pilothouse.api.meta import Tree, annotations_of
from pilothouse.delivery.gitops.adapters.cluster import ClusterObjects
from pilothouse.delivery.gitops.adapters.performing import SiteJudge
from pilothouse.delivery.gitops.applications.comparison import COMPARE_OPTIONS, Comparer, is_computed
from pilothouse.delivery.gitops.engine.compare import Compared, resource_status
from pilothouse.delivery.gitops.engine.diff.ignore import IgnoreRule
from pilothouse.delivery.gitops.engine.health import MISSING, PROBE, Health, worst
from pilothouse.delivery.gitops.engine.probes import ANNOTATION as PROBE_ANNOTATION
from pilothouse.delivery.gitops.engine.sync import Resource, has_option, identity_of, is_hook, wave_of
from pilothouse.delivery.gitops.types import App
from pilothouse.kit.errors import PilothouseError
from pilothouse.sdk.discovery import KindNotServed

_IGNORE_HEALTH = "argocd.argoproj.io/ignore-healthcheck"


class Assessment(msgspec.Struct, frozen=True):
    """The result of a comparison."""

    resources: list[Compared]
    targets: list[Tree]
    surplus: list[str] = []
    """Identities of live objects that are tracked but no longer wanted."""
    rehearsed: frozenset[str] = frozenset()
    """Identities whose dry run succeeded."""
    shared: tuple[str, ...] = ()
    """Objects that another Application tracks, and which."""
    own: Health | None = None
    """What the health probe of the Application itself says."""

    @property
    def is_synced(self) -> bool:
        """Whether nothing has to be applied or pruned."""
        return all(entry.status == "Synced" for entry in self.resources)

    @property
    def health(self) -> str:
        """The worst health of all resources."""
        own = [self.own.status] if self.own is not None and self.own.source == PROBE else []
        return worst(own + [entry.health for entry in self.resources if entry.health and not entry.ignores_health])

    @property
    def warnings(self) -> list[str]:
        """What went wrong when health was judged."""
        found = [f"Application: {self.own.warning}"] if self.own is not None and self.own.warning else []
        return found + [
            f"{entry.tree['kind']}/{entry.tree['metadata']['name']}: {entry.warning}" for entry in self.resources if entry.warning
        ]

    @property
    def out_of_sync(self) -> list[Compared]:
        """What a sync would change."""
        return [entry for entry in self.resources if entry.status == "OutOfSync"]

    def status(self) -> list[Tree]:
        """Return status.resources."""
        return [resource_status(entry) for entry in self.resources]


class Assessor:
    """Compares Applications with the cluster."""

    def __init__(self, cluster: ClusterObjects, judge: SiteJudge, comparer: Comparer) -> None:
        """Judge by `judge`, and compare by `comparer`."""
        self._cluster, self._judge, self._comparer = cluster, judge, comparer
        self._known: dict[tuple[str, str], tuple[object, Assessment]] = {}
        self._shapes: dict[tuple[str, str], tuple[object, dict[str, tuple[int, str]]]] = {}
        self._verdicts: dict[tuple[str, str], int] = {}

    def forget(self, app_namespace: str, name: str) -> None:
        """Drop what is kept of an Application."""
        self._known.pop((app_namespace, name), None)
        self._shapes.pop((app_namespace, name), None)
        self._verdicts.pop((app_namespace, name), None)

    def judge_again(self, app_namespace: str, name: str) -> None:
        """Judge the objects of an Application anew, and compare only what changed."""
        self._verdicts[(app_namespace, name)] = self._verdicts.get((app_namespace, name), 0) + 1

    def forget_all(self) -> None:
        """Compare and judge everything anew: the rules for it changed."""
        self._known.clear()
        self._shapes.clear()

    def rules_of(self, app: App) -> list[IgnoreRule]:
        """Return what is not compared of an Application's objects."""
        return self._comparer.rules_of(app)

    async def assess(self, app: App, targets: list[Tree], number: int) -> Assessment:
        """Compare what is wanted with what is there; `number` tells one render from another."""
        await self._cluster.know(app.status.get("resources") or [])
        seen = await self._cluster.fingerprint(app, targets)
        own = annotations_of(app.tree).get(PROBE_ANNOTATION, "")
        verdicts = (self._verdicts.get((app.namespace, app.name), 0), own)
        key = (number, repr(app.spec.get("ignoreDifferences")), seen, verdicts)
        known = self._known.get((app.namespace, app.name))
        if known is not None and known[0] == key:
            return known[1]
        if self._shapes.get((app.namespace, app.name), (None,))[0] != key[:2]:
            self._shapes[(app.namespace, app.name)] = (key[:2], {})
        found = await self._compare_all(app, targets)
        if await self._cluster.fingerprint(app, targets) == seen:
            self._known[(app.namespace, app.name)] = (key, found)
        return found

    async def _compare_all(self, app: App, targets: list[Tree]) -> Assessment:
        rules = self.rules_of(app)
        rehearsed: set[str] = set()
        shared: list[str] = []
        resources = [await self._compare(app, tree, rules, rehearsed, shared) for tree in targets if not is_hook(tree)]
        identities = {identity_of(tree) for tree in targets}
        surplus = [tree for tree in self._cluster.tracked(app) if identity_of(tree) not in identities and not is_hook(tree)]
        resources += [await self._surplus(tree) for tree in surplus]
        own = await self._judge(app.tree, is_own=True) if PROBE_ANNOTATION in annotations_of(app.tree) else None
        return Assessment(resources, targets, [identity_of(tree) for tree in surplus], frozenset(rehearsed), tuple(shared), own)

    async def _surplus(self, tree: Tree) -> Compared:
        is_kept = has_option(tree, "Prune=false") or "IgnoreExtraneous" in annotations_of(tree).get(COMPARE_OPTIONS, "")
        health = await self._judge(tree)
        return Compared(
            identity_of(tree), "Synced" if is_kept else "OutOfSync", health.status if health else "",
            health.message if health else "", tree, requires_pruning=True, wave=wave_of(tree),
            confirms=has_option(tree, "Prune=confirm"), ignores_health=annotations_of(tree).get(_IGNORE_HEALTH) == "true",
            source=health.source if health else "", warning=health.warning if health else "",
        )  # fmt: skip

    async def _compare(self, app: App, target: Tree, rules: list[IgnoreRule], rehearsed: set[str], shared: list[str]) -> Compared:
        live = await self._cluster.live(target)
        identity, wave = identity_of(target), wave_of(target)
        ignores = annotations_of(target).get(_IGNORE_HEALTH) == "true"
        if live is None:
            return Compared(identity, "OutOfSync", MISSING, "", target, wave=wave, ignores_health=ignores)
        owner = self._cluster.tracking.owner(live)
        if owner and owner != self._cluster.tracking.instance(app.namespace, app.name):
            shared.append(f"{target['kind']}/{live['metadata']['name']} is part of applications {app.name} and {owner}")
        health = await self._judge(live)
        shapes = self._shapes[(app.namespace, app.name)][1]
        shape, known = _shape(live), shapes.get(identity)
        if known is not None and known[0] == shape:
            status, message = known[1], ""
            rehearsed.add(identity)
        else:
            status, message = await self._status(target, live, rules, rehearsed)
            if not message:
                shapes[identity] = (shape, status)
        return Compared(
            identity, status, health.status if health else "", message or (health.message if health else ""), target,
            wave=wave, ignores_health=ignores, confirms=has_option(target, "Delete=confirm"),
            images=_images(live), urls=_urls(live), source=health.source if health else "",
            warning=health.warning if health else "",
        )  # fmt: skip

    async def _status(self, target: Tree, live: Tree, rules: list[IgnoreRule], rehearsed: set[str]) -> tuple[str, str]:
        if self._cluster.is_just_applied(target, live):
            rehearsed.add(identity_of(target))
            return "Synced", ""
        try:
            diff = await self._comparer.compare(target, live, rules)
        except KindNotServed:
            return "OutOfSync", ""
        except PilothouseError as error:
            return "OutOfSync", error.message
        if not is_computed(target):
            rehearsed.add(identity_of(target))
        return "OutOfSync" if diff.is_modified else "Synced", ""

    async def pairs(self, assessment: Assessment, app: App) -> list[Resource]:
        """Return what is wanted beside what is there now."""
        found = [Resource(tree, await self._cluster.live(tree)) for tree in assessment.targets if not is_hook(tree)]
        wanted = {identity_of(tree) for tree in assessment.targets}
        owned = [tree for tree in self._cluster.tracked(app) if not is_hook(tree)]
        return found + [Resource(None, tree) for tree in owned if identity_of(tree) not in wanted]


def _shape(live: Tree) -> int:
    """Return a digest of what a dry run depends on: everything but the status and what is counted with it."""
    meta = {key: value for key, value in live["metadata"].items() if key not in {"resourceVersion", "generation"}}
    meta["managedFields"] = [entry for entry in meta.get("managedFields") or () if entry.get("subresource") != "status"]
    body = {key: value for key, value in live.items() if key not in {"status", "metadata"}}
    return hash(orjson.dumps([body, meta], option=orjson.OPT_SORT_KEYS))


def _pod_spec(tree: Tree) -> Tree:
    spec = tree.get("spec") or {}
    template = (spec.get("jobTemplate") or {}).get("spec") or spec
    found: Tree = (template.get("template") or {}).get("spec") or (spec if tree.get("kind") == "Pod" else {})
    return found


def _images(tree: Tree) -> tuple[str, ...]:
    pod = _pod_spec(tree)
    listed = [*(pod.get("initContainers") or ()), *(pod.get("containers") or ())]
    return tuple(str(container.get("image")) for container in listed if container.get("image"))


def _urls(tree: Tree) -> tuple[str, ...]:
    """Return where an Ingress can be reached from outside."""
    if tree.get("kind") != "Ingress":
        return ()
    spec = tree.get("spec") or {}
    secure = {host for entry in spec.get("tls") or () for host in entry.get("hosts") or ()}
    found = []
    for rule in spec.get("rules") or ():
        host = rule.get("host")
        for path in ((rule.get("http") or {}).get("paths") or ()) if host else ():
            shown = str(path.get("path") or "").removesuffix("*").rstrip("/")
            found.append(f"{'https' if host in secure else 'http'}://{host}{shown}")
    return tuple(dict.fromkeys(found))
