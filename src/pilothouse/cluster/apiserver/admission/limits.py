"""LimitRanger: LimitRanges give containers default resources and bound those of containers, Pods and claims."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pilothouse.api.quantity import canonical, compare, parse_quantity
from pilothouse.api.quantity.pods import pod_limits, pod_requests
from pilothouse.cluster.apiserver.admission.chain import Stage
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import refused

Amounts = Mapping[str, str]
_NOTE = "kubernetes.io/limit-ranger"
_OWNERS = (("containers", "container"), ("initContainers", "init container"))


class LimitRanger(Stage):
    """The admission stage."""

    kinds = frozenset(("Pod", "PersistentVolumeClaim"))

    def __init__(self, backend: Backend) -> None:
        """Look LimitRanges up in the cache."""
        self.backend = backend

    def _ranges(self, call: Call, old: Obj | None) -> list[Obj]:
        if call.resource.group or call.resource.kind not in ("Pod", "PersistentVolumeClaim") or call.verb == "delete":
            return []
        sub = call.subresource.name if call.subresource else ""
        if sub not in ("", "resize") or (call.resource.kind == "Pod" and bool(sub) is (old is None)):
            return []
        if old is not None and old["metadata"].get("deletionTimestamp"):
            return []
        return [item.object for item in self.backend.all_of("", "limitranges", call.namespace)]

    async def mutate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Give the containers of a Pod the defaults, and note it."""
        for limit_range in self._ranges(call, old):
            if call.resource.kind == "Pod":
                set_defaults(obj, limit_range)

    async def validate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Refuse what is outside of a range."""
        for limit_range in self._ranges(call, old):
            found = list(dict.fromkeys(problems(obj, call.resource.kind, limit_range)))
            if found:
                raise refused(call, obj, found[0] if len(found) == 1 else f"[{', '.join(found)}]")


def set_defaults(pod: Obj, limit_range: Obj) -> None:
    """Set the resources a LimitRange has defaults for and containers leave out."""
    requests: dict[str, str] = {}
    limits: dict[str, str] = {}
    for item in limit_range["spec"].get("limits") or ():
        if item.get("type") == "Container":
            requests.update(item.get("defaultRequest") or {})
            limits.update(item.get("default") or {})
    notes = []
    for field, owner in _OWNERS:
        for container in pod["spec"].get(field) or ():
            for kind, word, defaults in (("requests", "request", requests), ("limits", "limit", limits)):
                missing = _fill(container, kind, defaults)
                if missing:
                    notes.append(f"{', '.join(missing)} {word} for {owner} {container['name']}")
    if notes:
        annotations = pod["metadata"].get("annotations") or {}
        pod["metadata"]["annotations"] = {**annotations, _NOTE: "LimitRanger plugin set: " + "; ".join(notes)}


def _fill(container: Obj, kind: str, defaults: Amounts) -> list[str]:
    stated = (container.get("resources") or {}).get(kind) or {}
    missing = sorted(defaults.keys() - stated.keys())
    if missing:
        container.setdefault("resources", {})[kind] = {**stated, **{name: defaults[name] for name in missing}}
    return missing


def problems(obj: Obj, kind: str, limit_range: Obj) -> Iterator[str]:
    """Yield why an object of a kind is outside of a LimitRange."""
    spec = obj["spec"]
    for item in limit_range["spec"].get("limits") or ():
        owner = item.get("type", "")
        if kind == "PersistentVolumeClaim":
            if owner == kind:
                yield from _outside(item, (spec.get("resources") or {}).get("requests") or {}, None)
        elif owner == "Pod":
            yield from _outside(item, pod_requests(spec, with_overhead=False), pod_limits(spec, with_overhead=False))
        elif owner == "Container":
            for container in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ())):
                resources = container.get("resources") or {}
                yield from _outside(item, resources.get("requests") or {}, resources.get("limits") or {})


def _outside(item: Obj, requests: Amounts, limits: Amounts | None) -> Iterator[str]:
    """Compare with the bounds of a range; a claim has no limits (None), so its request alone is bounded."""
    owner, allowed = item.get("type", ""), limits or {}
    for name, bound in sorted((item.get("min") or {}).items()):
        why = _below(bound, requests.get(name), allowed.get(name))
        if why:
            yield f"minimum {name} usage per {owner} is {canonical(bound)}{why}"
    for name, bound in sorted((item.get("max") or {}).items()):
        why = _above(bound, requests.get(name)) if limits is None else _above_limit(bound, requests.get(name), allowed.get(name))
        if why:
            yield f"maximum {name} usage per {owner} is {canonical(bound)}{why}"
    for name, bound in sorted((item.get("maxLimitRequestRatio") or {}).items()) if limits is not None else ():
        why = _steep(bound, requests.get(name), allowed.get(name))
        if why:
            yield f"{name} max limit to request ratio per {owner} is {canonical(bound)}, but {why}"


def _below(bound: str, request: str | None, limit: str | None) -> str:
    if request is None:
        return ".  No request is specified"
    if compare(request, bound) < 0:
        return f", but request is {canonical(request)}"
    if limit is not None and compare(limit, bound) < 0:
        return f", but limit is {canonical(limit)}"
    return ""


def _above(bound: str, request: str | None) -> str:
    if request is None:
        return ".  No request is specified"
    return f", but request is {canonical(request)}" if compare(request, bound) > 0 else ""


def _above_limit(bound: str, request: str | None, limit: str | None) -> str:
    if limit is None:
        return ".  No limit is specified"
    if compare(limit, bound) > 0:
        return f", but limit is {canonical(limit)}"
    return "" if request is None else _above(bound, request)


def _steep(bound: str, request: str | None, limit: str | None) -> str:
    asked, allowed = parse_quantity(request or "0"), parse_quantity(limit or "0")
    if not asked:
        return "no request is specified or request is 0"
    if not allowed:
        return "no limit is specified or limit is 0"
    ratio = allowed / asked
    return f"provided ratio is {float(ratio):f}" if ratio > parse_quantity(bound) else ""
