"""Warnings about what is stored, and owners that are stated twice.

The stage comes first, so its warnings come before those of policies, and after validation: what is refused as invalid is not
warned of.
"""

from __future__ import annotations

from pilothouse.api.findings.warnings import custom_warnings, warnings_of
from pilothouse.cluster.apiserver.admission.chain import Stage
from pilothouse.cluster.apiserver.context import Call, Obj

_APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
_REPEATED = (
    ".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such "
    "requests as early as 1.24; please fix your requests; duplicate UID(s) observed: {}"
)


class Warnings(Stage):
    """The stage."""

    async def mutate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Turn the AppArmor annotations of a new Pod into fields."""
        is_new_pod = call.resource.kind == "Pod" and not call.resource.group and old is None and call.verb == "create"
        if is_new_pod and obj["metadata"].get("annotations") and (obj["spec"].get("os") or {}).get("name") != "windows":
            for key in set_app_armor(obj):
                call.warn(f'metadata.annotations[{key}]: deprecated since v1.30; use the "appArmorProfile" field instead')

    async def validate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Warn; nothing is refused."""
        if call.subresource is not None or call.verb == "delete":
            return
        resource = call.resource
        found = custom_warnings(obj, old) if resource.is_custom else warnings_of(resource.group, resource.kind, obj, old)
        for text in found:
            call.warn(text)


def set_app_armor(pod: Obj) -> list[str]:
    """Set the profiles that annotations state and containers do not; returns the annotations to warn of."""
    spec, notes = pod["spec"], pod["metadata"]["annotations"]
    of_pod = (spec.get("securityContext") or {}).get("appArmorProfile")
    deprecated = []
    for field in ("initContainers", "containers", "ephemeralContainers"):
        for container in spec.get(field) or ():
            key, context = _APP_ARMOR + container.get("name", ""), container.get("securityContext") or {}
            if key not in notes or context.get("appArmorProfile") is not None:
                continue
            profile = _app_armor_profile(notes[key])
            if profile is not None and profile != of_pod:
                container["securityContext"] = {**context, "appArmorProfile": profile}
            if profile is None or profile != of_pod:
                deprecated.append(key)
    return deprecated


def _app_armor_profile(text: str) -> Obj | None:
    name = text.removeprefix("localhost/")
    if name != text:
        return {"type": "Localhost", "localhostProfile": name} if name.strip() else None
    kind = {"unconfined": "Unconfined", "runtime/default": "RuntimeDefault"}.get(text)
    return {"type": kind} if kind else None


def keep_owners_once(call: Call, obj: Obj) -> None:
    """Drop owners an object states twice, with a warning; the writer calls it before it tracks who set what."""
    owners = obj["metadata"].get("ownerReferences")
    if not owners or len(owners) < 2:
        return
    kept: list[Obj] = []
    repeated: list[str] = []
    for owner in owners:
        if owner in kept:
            repeated.append(owner.get("uid", ""))
        else:
            kept.append(owner)
    if repeated:
        obj["metadata"]["ownerReferences"] = kept
        call.warn(_REPEATED.format(", ".join(repeated)))
