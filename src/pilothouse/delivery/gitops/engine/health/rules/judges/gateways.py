"""Judges of gateways and routes, whose status speaks for each parent, listener or ancestor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pilothouse.api.meta import Tree, metadata
from pilothouse.delivery.gitops.engine.health.rules.language import Rule, items, path, shown, stated
from pilothouse.delivery.gitops.engine.health.verdict import DEGRADED, HEALTHY, PROGRESSING, RULES, UNKNOWN, Health

_Item = Mapping[str, Any]
_CONDITIONS, _PARENTS, _LISTENERS = path("status.conditions"), path("status.parents"), path("status.listeners")
_ANCESTORS, _INGRESS = path("status.ancestors"), path("status.ingress")


def _trouble(found: list[_Item], what: str) -> tuple[str, str] | None:
    """Return status and message of what is refused, or still on its way."""
    for kind in ("ResolvedRefs", "Accepted"):
        for each in found:
            if each.get("type") == kind and each.get("status") == "False":
                return DEGRADED, stated(each, "message", f"Failed condition: {kind}")
    for each in found:
        if each.get("type") == "Programmed" and each.get("status") != "True":
            return PROGRESSING, stated(each, "message", f"{what} is still being programmed")
    return None


def gateway(tree: Tree) -> Health:
    """Judge a Gateway: its own conditions, then those of each listener."""
    own, listeners = _CONDITIONS(tree), _LISTENERS(tree)
    trouble = _trouble(list(items(own)), "Gateway")
    if trouble:
        return Health(*trouble, RULES)
    for each in items(listeners):
        trouble = _trouble(list(items(each.get("conditions"))), "Listener")
        if trouble:
            return Health(trouble[0], f"Listener: {trouble[1]}", RULES)
    if own is not None or listeners:
        return Health(HEALTHY, "Gateway is healthy", RULES)
    return Health(PROGRESSING, "Waiting for Gateway status", RULES)


def gateway_class(tree: Tree) -> Health:
    """Judge a GatewayClass by the Accepted condition of its generation."""
    generation = metadata(tree).get("generation")
    for each in items(_CONDITIONS(tree)):
        seen = each.get("observedGeneration")
        is_stale = generation is not None and seen is not None and seen != generation
        if each.get("type") != "Accepted" or is_stale:
            continue
        status, default = {
            "True": (HEALTHY, "GatewayClass is accepted"), "False": (DEGRADED, "GatewayClass is not accepted"),
        }.get(shown(each.get("status")), (PROGRESSING, "Waiting for GatewayClass status"))  # fmt: skip
        return Health(status, stated(each, "message", default), RULES)
    return Health(PROGRESSING, "Waiting for GatewayClass status", RULES)


def route(kind: str) -> Rule:
    """Return the rule of a route: every parent that has seen this generation must take it."""

    def judge(tree: Tree) -> Health:
        parents = [each for each in items(_PARENTS(tree)) if _has_seen(tree, each)]
        for parent in parents:
            trouble = _trouble(list(items(parent.get("conditions"))), "Route")
            if trouble:
                return Health(trouble[0], f"Parent {_name(parent, 'parentRef')}: {trouble[1]}", RULES)
        if parents:
            return Health(HEALTHY, f"{kind} is healthy", RULES)
        return Health(PROGRESSING, f"Waiting for {kind} status", RULES)

    return judge


def _has_seen(tree: Tree, parent: _Item) -> bool:
    generation, found = metadata(tree).get("generation"), list(items(parent.get("conditions")))
    return bool(found) and (generation is None or any(each.get("observedGeneration") == generation for each in found))


def _name(entry: _Item, reference: str) -> str:
    return shown((entry.get(reference) or {}).get("name"))


def _ancestors(tree: Tree) -> list[tuple[str, list[_Item]]]:
    return [(_name(each, "ancestorRef"), list(items(each.get("conditions")))) for each in items(_ANCESTORS(tree))]


def _refused(name: str, found: Iterable[_Item]) -> Health | None:
    """Return the verdict on the first thing an ancestor refuses."""
    for each in found:
        if each.get("type") in {"Accepted", "ResolvedRefs"} and each.get("status") != "True":
            return Health(DEGRADED, f"Ancestor {name}: {shown(each.get('message'))}", RULES)
    return None


def backend_tls_policy(tree: Tree) -> Health:
    """Judge a BackendTLSPolicy; a controller that does not know the target has no say."""
    ancestors, generation = _ancestors(tree), metadata(tree).get("generation")
    for name, found in ancestors:
        if generation is not None and any(each.get("observedGeneration") not in (None, generation) for each in found):
            return Health(PROGRESSING, f"Waiting for Ancestor {name} to update BackendTLSPolicy status", RULES)
    is_accepted = False
    for name, found in ancestors:
        accepted: _Item = next((each for each in found if each.get("type") == "Accepted"), {})
        if accepted and accepted.get("status") != "True" and accepted.get("reason") == "TargetNotFound":
            continue
        refusal = _refused(name, found)
        if refusal:
            return refusal
        is_accepted = is_accepted or bool(accepted)
    if is_accepted:
        return Health(HEALTHY, "BackendTLSPolicy is healthy", RULES)
    return Health(PROGRESSING, "Waiting for BackendTLSPolicy status", RULES)


def airlock(tree: Tree) -> Health:
    """Judge a policy of the Airlock Microgateway; its other kinds have no status."""
    kind = shown(tree.get("kind"))
    if not kind.endswith("Policy"):
        return Health(HEALTHY, f"{kind} is healthy", RULES)
    ancestors, generation = _ancestors(tree), metadata(tree).get("generation")
    for name, found in ancestors:
        if generation is not None and any(each.get("observedGeneration") != generation for each in found):
            return Health(PROGRESSING, f"Waiting for Ancestor {name} to update {kind} status", RULES)
    verdict = Health(PROGRESSING, f"Waiting for {kind} status", RULES)
    for name, found in ancestors:
        refusal = _refused(name, found)
        if refusal:
            return refusal
        if any(each.get("type") == "Accepted" for each in found):
            verdict = Health(HEALTHY, f"{kind} is healthy", RULES)
        else:
            verdict = Health(DEGRADED, f"Ancestor {name}: {kind} is not accepted", RULES)
    return verdict


def service_instance(tree: Tree) -> Health:
    """Judge a DNS-SD service: adopted, advertised, and found by others."""
    found = {shown(each.get("type")): each for each in items(_CONDITIONS(tree))}
    adopted, advertised = found.get("Adopted") or {}, found.get("Advertised") or {}
    discovered = found.get("Discoverable") or {}
    if adopted.get("status") == "False":
        return Health(DEGRADED, shown(adopted.get("message")), RULES)
    if advertised.get("reason") in {"AdvertiseError", "UnadvertiseError"}:
        return Health(DEGRADED, shown(advertised.get("message")), RULES)
    if discovered.get("reason") == "DiscoveryError":
        return Health(UNKNOWN, shown(discovered.get("message")), RULES)
    status = HEALTHY if discovered.get("status") == "True" else PROGRESSING
    return Health(status, shown(discovered.get("message")), RULES)


def extension_service(tree: Tree) -> Health:
    """Judge an ExtensionService by the Valid condition of its generation."""
    for each in items(_CONDITIONS(tree)):
        if each.get("type") == "Valid" and each.get("observedGeneration") == metadata(tree).get("generation"):
            status = {"True": HEALTHY, "False": DEGRADED}.get(shown(each.get("status")))
            if status:
                return Health(status, shown(each.get("message")), RULES)
    return Health(PROGRESSING, "Waiting for status", RULES)


def http_proxy(tree: Tree) -> Health:
    """Judge an HTTPProxy of the newest generation; one that includes others waits for them, and must not hold them back."""
    status = tree.get("status") or {}
    said, generation = shown(status.get("description")), metadata(tree).get("generation")
    for each in items(status.get("conditions")):
        kind, state = each.get("type"), each.get("status")
        if each.get("observedGeneration") != generation:
            continue
        if kind == "Valid" and state == "True":
            return Health(HEALTHY, said, RULES)
        if (tree.get("spec") or {}).get("includes") is not None and state == "False":
            return Health(HEALTHY, "HTTPProxy inclusions cannot be health checked", RULES)
        if kind == "Valid" and state == "False":
            return Health(DEGRADED, said, RULES)
    if status.get("conditions") is None and status.get("currentStatus") is not None:
        return Health(PROGRESSING, said, RULES)
    return Health(PROGRESSING, "Waiting for status", RULES)


def openshift_route(tree: Tree) -> Health:
    """Count the routers that admitted a Route."""
    ingress = _INGRESS(tree)
    if ingress is None:
        return Health(PROGRESSING, "Route is still getting admitted", RULES)
    said = [
        shown(c.get("status")) for each in items(ingress) for c in items(each.get("conditions")) if c.get("type") == "Admitted"
    ]
    if said.count("True") >= len(ingress):
        return Health(HEALTHY, "Route is healthy", RULES)
    if "False" in said:
        return Health(DEGRADED, "Route is degraded", RULES)
    return Health(PROGRESSING, "Route is still getting admitted", RULES)
