"""Generate the packed facts about built-in kinds from PyPI packages.

Reads the JSON schemas of kubernetes-validate (types, merge keys, list types, descriptions) and the resource table of
lightkube-models (plurals, scopes, verbs, subresources), undoes what kubernetes-validate changed (null types, `oneOf` for
int-or-string, rewritten references), and writes two data files next to `pilothouse.api.scheme`. Run it when the target
version moves:

    python tools/generate_schemas.py
"""

from __future__ import annotations

import ast
import importlib.util
import json
import zlib
from pathlib import Path
from typing import Any

from gofacts import EMPTY_LISTS, NULLS, OMITTED, POINTERS, STRUCTS, VALUES, ZEROS, words

VERSION = "v1.36.0"
TARGET = Path(__file__).resolve().parents[1] / "src" / "pilothouse" / "api" / "scheme"

# Group versions served by default, in the order discovery lists them.
SERVED = (
    "v1", "apiregistration.k8s.io/v1", "apps/v1", "events.k8s.io/v1", "authentication.k8s.io/v1", "authorization.k8s.io/v1",
    "autoscaling/v2", "autoscaling/v1", "batch/v1", "certificates.k8s.io/v1", "networking.k8s.io/v1", "policy/v1",
    "rbac.authorization.k8s.io/v1", "storage.k8s.io/v1", "admissionregistration.k8s.io/v1", "apiextensions.k8s.io/v1",
    "scheduling.k8s.io/v1", "coordination.k8s.io/v1", "node.k8s.io/v1", "discovery.k8s.io/v1", "resource.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1",
)  # fmt: skip
VERBS = {"post": "create", "put": "update"}


# Facts of the Go types that no schema states. Structs held by value are always written, even when empty.
PRESENT = words(
    """
    Container.resources ContainerStatus.lastState ContainerStatus.state EphemeralContainer.resources Event.involvedObject
    Event.deprecatedSource NetworkPolicySpec.podSelector
    Event.source     NodeDaemonEndpoints.kubeletEndpoint NodeStatus.daemonEndpoints NodeStatus.nodeInfo
    PersistentVolumeClaimSpec.resources
    PersistentVolumeClaimTemplate.spec PodTemplate.template PodTemplateSpec.spec PodTemplateSpec.metadata
    PreferredSchedulingTerm.preference ServiceStatus.loadBalancer WeightedPodAffinityTerm.podAffinityTerm DaemonSetSpec.template
    DaemonSetSpec.updateStrategy DeploymentSpec.strategy DeploymentSpec.template ReplicaSetSpec.template StatefulSetSpec.template
    StatefulSetSpec.updateStrategy CronJobSpec.jobTemplate JobSpec.template JobTemplateSpec.spec JobTemplateSpec.metadata
    Binding.target     IngressStatus.loadBalancer RoleBinding.roleRef ClusterRoleBinding.roleRef
    HorizontalPodAutoscalerSpec.scaleTargetRef
    ResourceClaimSpec.devices ResourceClaimTemplateSpec.spec ResourceClaimTemplateSpec.metadata ResourceSliceSpec.pool
    DeviceSubRequest.allocationMode VolumeAttachmentSpec.source
    CustomResourceDefinitionStatus.acceptedNames     EndpointSlice.conditions Endpoint.conditions ServiceReference.name
    CustomResourceDefinitionSpec.names
    FlowSchemaSpec.priorityLevelConfiguration LimitResponse.type ValidatingWebhook.clientConfig MutatingWebhook.clientConfig
    TokenReviewStatus.user SelfSubjectReviewStatus.userInfo
    """
)
# Lists that are written as null when they are empty although no schema requires them.
NULLABLE = words(
    "EndpointSlice.ports EndpointSlice.endpoints HorizontalPodAutoscalerStatus.currentMetrics "
    "CustomResourceDefinitionStatus.conditions "
    "TypedLocalObjectReference.apiGroup TypedObjectReference.apiGroup "
    "CustomResourceDefinitionStatus.storedVersions CSINodeDriver.topologyKeys ClusterRole.rules Role.rules Event.firstTimestamp "
    "Event.lastTimestamp Event.eventTime Event.deprecatedFirstTimestamp Event.deprecatedLastTimestamp"
)
# Fields that are written although they are empty and no schema requires them.
ALWAYS = words(
    "StatefulSetStatus.availableReplicas PodDisruptionBudgetStatus.disruptionsAllowed PodDisruptionBudgetStatus.currentHealthy "
    "PodDisruptionBudgetStatus.desiredHealthy PodDisruptionBudgetStatus.expectedPods Event.reportingComponent "
    "Event.reportingInstance"
)
# Fields that are not written when they are empty although a schema requires them.
OPTIONAL = words(
    """ValidatingAdmissionPolicyBindingSpec.validationActions IPAddressSpec.parentRef DeploymentSpec.selector
    ReplicaSetSpec.selector StatefulSetSpec.selector DaemonSetSpec.selector"""
)
PRESENT_NOT = words("Event.series ResourceClaimTemplate.status")
# Text fields that are pointers: an empty text is kept.
KEEP_EMPTY = words(
    """storageClassName ingressClassName runtimeClassName loadBalancerClass appProtocol holderIdentity timeZone nodeName
    volumeAttributesClassName policyName preemptionPolicy jsonPath value strategy message"""
)
KEEP_EMPTY_NOT = words("PodSpec.nodeName PersistentVolumeSpec.storageClassName EnvVar.value Toleration.value HTTPHeader.value")
# Booleans held by value: false is not written.
DROP_FALSE = words(
    """hostNetwork hostPID hostIPC stdin stdinOnce tty readOnly paused unschedulable publishNotReadyAddresses globalDefault
    exclusiveMaximum exclusiveMinimum uniqueItems nullable deprecated x-kubernetes-embedded-resource x-kubernetes-int-or-string
    partition preserveUnknownFields defaultRequest insecureSkipTLSVerify watchListEnabled"""
)
DROP_ZERO = words(
    """minReadySeconds initialDelaySeconds timeoutSeconds periodSeconds successThreshold failureThreshold hostPort nodePort count
    observedGeneration generation remainingItemCount deletionGracePeriodSeconds_ partition_ healthCheckNodePort port_ queueLength
    """
)
KEEP_ZERO = words(
    """ServiceAccountTokenProjection.expirationSeconds ScopeSpec.x WebhookClientConfig.port ReplicaSetStatus.terminatingReplicas
    DeploymentStatus.terminatingReplicas DeploymentStatus.collisionCount StatefulSetStatus.collisionCount
    DaemonSetStatus.collisionCount JobStatus.ready JobStatus.terminating"""
)

_ANY = ["create", "delete", "get", "patch", "update"]


def _connect(kind: str, verbs: list[str]) -> dict[str, Any]:
    return {"group": "", "version": "v1", "kind": kind, "verbs": verbs}


# Connect subresources: they carry streams, not objects, so no client model lists them.
CONNECT = {
    ("", "v1", "Node"): {"proxy": _connect("NodeProxyOptions", _ANY)},
    ("", "v1", "Service"): {"proxy": _connect("ServiceProxyOptions", _ANY)},
    ("", "v1", "Pod"): {
        "attach": _connect("PodAttachOptions", ["create", "get"]),
        "exec": _connect("PodExecOptions", ["create", "get"]),
        "portforward": _connect("PodPortForwardOptions", ["create", "get"]),
        "proxy": _connect("PodProxyOptions", _ANY),
    },
}


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.origin
    return Path(spec.origin).parent


def _group_version(entry: dict[str, Any]) -> str:
    return "/".join(filter(None, (entry["group"], entry["version"])))


def _short(name: str) -> str:
    return name.rsplit(".", 1)[-1]


def _clean(node: Any, owner: str, field: str) -> Any:
    if not isinstance(node, dict):
        return node
    out: dict[str, Any] = {}
    for key, value in node.items():
        if key == "description":
            continue
        if key == "$ref":
            out[key] = value.removeprefix("#/$defs/")
        elif key == "type" and isinstance(value, list):
            out[key] = next(item for item in value if item != "null")
        elif key == "properties":
            out[key] = {name: _clean(child, owner, name) for name, child in value.items()}
        elif key in ("items", "additionalProperties"):
            out[key] = _clean(value, owner, field + "[]")
        else:
            out[key] = value
    return out


def _definition(name: str, raw: dict[str, Any], structs: set[str]) -> dict[str, Any]:
    if name.endswith("intstr.IntOrString"):
        return {"type": "string", "format": "int-or-string"}
    if name.endswith("runtime.RawExtension"):
        return {"type": "object", "x-kubernetes-map-type": "atomic"}
    if name.endswith("resource.Quantity"):
        return {"type": "string", "format": "quantity"}
    out: dict[str, Any] = _clean(raw, name, "")
    short = _short(name)
    _mark_all(out, raw, short, structs)
    return out


def _mark_all(out: dict[str, Any], raw: dict[str, Any], short: str, structs: set[str]) -> None:
    kinds = raw.get("x-kubernetes-group-version-kind")
    out.pop("x-kubernetes-group-version-kind", None)
    if kinds and len(kinds) < 10:
        out["gvk"] = [[item["group"], item["version"], item["kind"]] for item in kinds]
    required = raw.get("required", ())
    for field, child in out.get("properties", {}).items():
        if f"{short}.{field}" in ALWAYS | ZEROS:
            child["x-null"] = 1
        elif f"{short}.{field}" in NULLABLE | NULLS:
            child["x-null"] = 2
        is_time = child.get("$ref", "").endswith(".v1.Time")
        if is_time and (short.endswith("Condition") or short.startswith("ContainerState")):
            child["x-null"] = 1
        if f"{short}.{field}" in ("ContainerPort.protocol", "ServicePort.protocol"):
            child["default"] = "TCP"
        if f"{short}.{field}" in OPTIONAL | OMITTED:
            child["x-optional"] = 1
        if kinds and field in ("apiVersion", "kind"):
            child.pop("enum", None)
        _mark(child, f"{short}.{field}", field, short, field in required, bool(kinds), structs)


def _mark(child: dict[str, Any], path: str, field: str, short: str, required: bool, is_kind: bool, structs: set[str]) -> None:
    reference = child.get("$ref", "")
    if path in EMPTY_LISTS:
        child["x-empty"] = 1
    if path in PRESENT | STRUCTS or (
        is_kind and field in ("metadata", "spec", "status") and reference in structs and path not in PRESENT_NOT
    ):
        child["x-present"] = 1
        return
    kind = child.get("type")
    if (required and path not in OMITTED) or path in ALWAYS | ZEROS | POINTERS:
        return
    if path in VALUES | OMITTED and kind in ("string", "boolean", "integer"):
        child["x-zero"] = 1
    if kind == "string" and (field not in KEEP_EMPTY or path in KEEP_EMPTY_NOT):
        child["x-zero"] = 1
    if kind == "boolean" and field in DROP_FALSE:
        child["x-zero"] = 1
    if kind == "integer" and (field in DROP_ZERO or short.endswith("Status")) and path not in KEEP_ZERO:
        child["x-zero"] = 1


def definitions() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return (definitions without texts, their descriptions)."""
    root = _package("kubernetes_validate")
    source = json.loads((root / "kubernetes-json-schema" / f"{VERSION}-local" / "_definitions.json").read_text())["$defs"]
    structs = {name for name, raw in source.items() if raw.get("properties")}
    facts = {name: _definition(name, raw, structs) for name, raw in source.items()}
    texts = {}
    for name, raw in source.items():
        found = {"": raw.get("description", "")}
        for field, child in raw.get("properties", {}).items():
            found[field] = child.get("description", "")
        texts[name] = {key: value for key, value in found.items() if value}
    return facts, texts


def _api_classes() -> list[tuple[str, dict[str, Any]]]:
    """Return (base class, facts) of every resource class, read from the sources without importing them."""
    spec = importlib.util.find_spec("lightkube.resources")
    assert spec is not None and spec.submodule_search_locations
    found = []
    for path in sorted(Path(next(iter(spec.submodule_search_locations))).glob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if not isinstance(node, ast.ClassDef):
                continue
            for item in node.body:
                if isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name) and item.targets[0].id == "_api_info":
                    assert isinstance(item.value, ast.Call) and isinstance(node.bases[0], ast.Attribute)
                    facts: dict[str, Any] = {}
                    for keyword in item.value.keywords:
                        value = keyword.value
                        arguments = (
                            [ast.literal_eval(a) for a in value.args] if isinstance(value, ast.Call) else ast.literal_eval(value)
                        )
                        facts[str(keyword.arg)] = arguments
                    found.append((node.bases[0].attr, facts))
    return found


def resources(facts: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the table of served resources with their subresources."""
    by_kind = {tuple(gvk): name for name, raw in facts.items() for gvk in raw.get("gvk", ())}
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    classes = _api_classes()
    for base, info in classes:
        if "action" in info:
            continue
        group, version, kind = info["resource"]
        verbs = sorted({VERBS.get(verb, verb) for verb in info["verbs"] if not verb.startswith("global_")})
        found[group, version, kind] = {
            "group": group, "version": version, "kind": kind, "plural": info["plural"], "verbs": verbs,
            "namespaced": base.startswith("Namespaced"), "definition": by_kind.get((group, version, kind), ""),
            "subresources": {},
        }  # fmt: skip
    for _, info in classes:
        if "action" not in info:
            continue
        parent = found[tuple(info.get("parent") or info["resource"])]
        group, version, kind = info["resource"]
        verbs = sorted({VERBS.get(verb, verb) for verb in info["verbs"]})
        parent["subresources"][info["action"]] = {"group": group, "version": version, "kind": kind, "verbs": verbs}
    for (group, version, kind), added in CONNECT.items():
        found[group, version, kind]["subresources"].update(added)
    found["", "v1", "ComponentStatus"]["verbs"] = ["get", "list"]
    found["storage.k8s.io", "v1", "CSINode"]["subresources"] = {}
    served = [entry for entry in found.values() if entry["definition"] and _group_version(entry) in SERVED]
    served.sort(key=lambda entry: (SERVED.index(_group_version(entry)), entry["plural"]))
    return served


def reachable(facts: dict[str, Any], served: list[dict[str, Any]]) -> set[str]:
    """Return every definition a served kind leads to, lists and options included."""
    names = [entry["definition"] for entry in served if entry["definition"]]
    names += [name for name in facts if ".apis.meta." in name or "runtime.RawExtension" in name or "version.Info" in name]
    names += [f"{entry['definition']}List" for entry in served if f"{entry['definition']}List" in facts]
    for entry in served:
        for sub in entry["subresources"].values():
            wanted = [sub["group"], sub["version"], sub["kind"]]
            names += [name for name, raw in facts.items() if wanted in raw.get("gvk", ())]
    seen: set[str] = set()
    while names:
        name = names.pop()
        if name in seen or name not in facts:
            continue
        seen.add(name)
        text = json.dumps(facts[name])
        names += [part.split('"', 1)[0] for part in text.split('"$ref": "')[1:]]
    return seen


def column_texts(texts: dict[str, Any]) -> dict[str, str]:
    """Return the field descriptions that table columns show."""
    from pilothouse.api.tables.columns import references

    out = {}
    by_short: dict[str, dict[str, str]] = {}
    for name, fields in texts.items():
        short = _short(name)
        if short not in by_short or ".core.v1." in name or ".autoscaling.v2." in name:
            by_short[short] = fields
    for reference in references():
        short, _, field = reference.partition(".")
        text = by_short.get(short, {}).get(field)
        if text is None:
            print(f"no description of {reference}")
            continue
        out[reference] = text
    return out


def main() -> None:
    """Write the two data files."""
    facts, texts = definitions()
    served = resources(facts)
    used = reachable(facts, served)
    core = {
        "version": VERSION.removeprefix("v"),
        "resources": served,
        "definitions": {name: facts[name] for name in sorted(used)},
    }
    TARGET.mkdir(parents=True, exist_ok=True)
    described = {name: texts[name] for name in sorted(used) if name in texts}
    for name, value in (("facts.bin", core), ("texts.bin", described), ("columns.bin", column_texts(described))):
        raw = json.dumps(value, separators=(",", ":"), sort_keys=True).encode()
        packed = zlib.compress(raw, 9)
        (TARGET / name).write_bytes(packed)
        print(f"{name}: {len(raw)} -> {len(packed)} bytes")
    print(f"{len(served)} resources, {len(used)} definitions")


if __name__ == "__main__":
    main()
