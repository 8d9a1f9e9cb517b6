"""RuntimeClass: a Pod gets the overhead, the nodes and the tolerations of the class that runs it."""

from __future__ import annotations

from collections.abc import Mapping

from pilothouse.api.quantity import parse_quantity
from pilothouse.cluster.apiserver.admission.chain import Stage
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import refused

_DIFFERENT = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"
_WITHOUT = "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"


class RuntimeClasses(Stage):
    """The admission stage."""

    kinds = frozenset(("Pod",))

    def __init__(self, backend: Backend) -> None:
        """Look classes up in the cache."""
        self.backend = backend

    async def mutate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Set what the class of a Pod says."""
        if not _is_pod_create(call, old) or not obj["spec"].get("runtimeClassName"):
            return
        found = await self._class(call, obj)
        spec, overhead, scheduling = obj["spec"], (found.get("overhead") or {}).get("podFixed"), found.get("scheduling")
        if overhead is not None:
            if "overhead" in spec and not _same(spec["overhead"], overhead):
                raise refused(call, obj, _DIFFERENT)
            spec["overhead"] = dict(overhead)
        if scheduling is not None:
            self._schedule(call, obj, scheduling)

    async def _class(self, call: Call, obj: Obj) -> Obj:
        name = obj["spec"]["runtimeClassName"]
        found = self.backend.look("node.k8s.io", "runtimeclasses", "", name)
        if found is None:
            await self.backend.cache.current()
            found = self.backend.look("node.k8s.io", "runtimeclasses", "", name)
        if found is None:
            raise refused(call, obj, f'pod rejected: RuntimeClass "{name}" not found')
        return found

    def _schedule(self, call: Call, obj: Obj, scheduling: Obj) -> None:
        spec = obj["spec"]
        own = spec.get("nodeSelector") or {}
        for key, value in (scheduling.get("nodeSelector") or {}).items():
            if own.get(key, value) != value:
                why = (
                    f"conflict: runtimeClass.scheduling.nodeSelector[{key}] = {value}; pod.spec.nodeSelector[{key}] = {own[key]}"
                )
                raise refused(call, obj, why)
        if scheduling.get("nodeSelector"):
            spec["nodeSelector"] = {**own, **scheduling["nodeSelector"]}
        if scheduling.get("tolerations"):
            spec["tolerations"] = merged([*(spec.get("tolerations") or ()), *scheduling["tolerations"]])

    async def validate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Refuse an overhead that is not that of the class."""
        spec = obj.get("spec") or {}
        if not _is_pod_create(call, old) or not (spec.get("runtimeClassName") or spec.get("overhead")):
            return
        found = await self._class(call, obj) if spec.get("runtimeClassName") else {}
        overhead = (found.get("overhead") or {}).get("podFixed")
        if overhead is None and spec.get("overhead"):
            raise refused(call, obj, _WITHOUT)
        if overhead is not None and not _same(spec.get("overhead") or {}, overhead):
            raise refused(call, obj, _DIFFERENT)


def _is_pod_create(call: Call, old: Obj | None) -> bool:
    return call.resource.kind == "Pod" and not call.resource.group and old is None and call.verb == "create"


def _same(left: Mapping[str, str], right: Mapping[str, str]) -> bool:
    return left.keys() == right.keys() and all(parse_quantity(left[name]) == parse_quantity(right[name]) for name in left)


def merged(tolerations: list[Obj]) -> list[Obj]:
    """Return tolerations without those another one includes."""
    out: list[Obj] = []
    for index, one in enumerate(tolerations):
        if any(_includes(other, one) for other in out):
            continue
        if not any(other != one and _includes(other, one) for other in tolerations[index + 1 :]):
            out.append(one)
    return out


def _includes(wide: Obj, narrow: Obj) -> bool:
    if wide == narrow:
        return True
    operator = wide.get("operator") or "Equal"
    if wide.get("key", "") != narrow.get("key", "") and (wide.get("key") or operator != "Exists"):
        return False
    if wide.get("effect", "") not in ("", narrow.get("effect", "")):
        return False
    limit, seconds = wide.get("tolerationSeconds"), narrow.get("tolerationSeconds")
    if wide.get("effect") == "NoExecute" and limit is not None and (seconds is None or seconds > limit):
        return False
    if operator == "Equal":
        return (narrow.get("operator") or "Equal") == "Equal" and narrow.get("value", "") == wide.get("value", "")
    return bool(operator == "Exists")
