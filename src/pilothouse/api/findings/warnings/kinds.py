"""Which kinds warnings are about, and when: the table the API server asks after validation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pilothouse.api.findings.fields import quote
from pilothouse.api.findings.warnings.addresses import (
    endpoints_warnings,
    new_slice_warnings,
    node_warnings,
    range_warnings,
    service_warnings,
    slice_warnings,
)
from pilothouse.api.findings.warnings.labels import NODE_LABELS
from pilothouse.api.findings.warnings.pods import pod_warnings
from pilothouse.api.findings.warnings.secrets import secret_warnings
from pilothouse.api.findings.warnings.storage import claim_spec_warnings, claim_warnings, class_warnings, volume_warnings
from pilothouse.api.meta.names import label, qualified

Tree = Mapping[str, Any]
Warn = Callable[[Tree], Iterable[str]]
_SURPRISING = "which can result in surprising behavior; a DNS label is recommended: [{}]"
_IN_POD_NAMES = "metadata.name: this is used in Pod names and hostnames, " + _SURPRISING
_IN_HOSTNAME = "metadata.name: this is used in the Pod's hostname, " + _SURPRISING
_STANDARD_FINALIZERS = frozenset(("kubernetes", "orphan", "foregroundDeletion"))
_FINALIZER = (
    "prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers"
)
_MOUNTABLE = "kubernetes.io/enforce-mountable-secrets"
_ISOLATE = "deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets"
_ZONES = "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/"
_MANY_COMPLETIONS, _MANY_PODS = 10**5, 10**4


def warnings_of(group: str, kind: str, obj: Tree, old: Tree | None) -> list[str]:
    """Return the warnings about an object that is stored, anew (`old` None) or changed."""
    if old is None:
        return [text for warn in _ON_CREATE.get((group, kind), ()) for text in warn(obj)]
    if (group, kind) in _BY_GENERATION and obj["metadata"].get("generation") == old["metadata"].get("generation"):
        return []
    if (group, kind) == ("", "ServiceAccount") and _MOUNTABLE in (old["metadata"].get("annotations") or {}):
        return []
    return [text for warn in _ON_UPDATE.get((group, kind), ()) for text in warn(obj)]


def custom_warnings(obj: Tree, old: Tree | None) -> list[str]:
    """Return the warnings about a custom object: finalizers it gains under names others may use as well."""
    known = ((old or {}).get("metadata") or {}).get("finalizers") or ()
    out: list[str] = []
    for name in sorted(set(obj["metadata"].get("finalizers") or ()).difference(known)):
        problems = qualified(name)
        if "/" not in name and name not in _STANDARD_FINALIZERS:
            problems = [*problems, _FINALIZER]
        out += [f"metadata.finalizers: {quote(name)}: {problem}" for problem in problems]
    return out


def _name(text: str) -> Warn:
    def warn(obj: Tree) -> Iterator[str]:
        problems = label(obj["metadata"].get("name", ""))
        if problems:
            yield text.format(" ".join(problems))

    return warn


def _template(*path: str) -> Warn:
    def warn(obj: Tree) -> Iterable[str]:
        found = obj
        for key in path:
            found = found.get(key) or {}
        return pod_warnings(found, ".".join(path)) if found else ()

    return warn


def _stateful_set(obj: Tree) -> Iterator[str]:
    for index, claim in enumerate(obj["spec"].get("volumeClaimTemplates") or ()):
        yield from claim_spec_warnings(claim.get("spec") or {}, f"spec.volumeClaimTemplates[{index}].spec")


def _job(obj: Tree) -> Iterator[str]:
    spec = obj["spec"]
    is_large = (spec.get("completions") or 0) > _MANY_COMPLETIONS and (spec.get("parallelism") or 0) > _MANY_PODS
    if spec.get("completionMode") == "Indexed" and is_large:
        yield (
            "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, "
            "Kubernetes might not be able to track completed indexes when a big number of indexes fail"
        )


def _cron_job(obj: Tree) -> Iterator[str]:
    if "TZ" in obj["spec"].get("schedule", ""):
        yield f"CRON_TZ or TZ used in spec.schedule is not officially supported, see {_ZONES} for more details"


def _ingress(obj: Tree) -> Iterator[str]:
    if "kubernetes.io/ingress.class" in (obj["metadata"].get("annotations") or {}):
        yield "annotation \"kubernetes.io/ingress.class\" is deprecated, please use 'spec.ingressClassName' instead"


def _service_account(obj: Tree) -> Iterator[str]:
    if _MOUNTABLE in (obj["metadata"].get("annotations") or {}):
        yield f"metadata.annotations[{_MOUNTABLE}]: {_ISOLATE}"


def _runtime_class(obj: Tree) -> Iterator[str]:
    for key in (obj.get("scheduling") or {}).get("nodeSelector") or ():
        if key in NODE_LABELS:
            yield f"scheduling.nodeSelector: {NODE_LABELS[key]}"


def _network_policy(obj: Tree) -> Iterator[str]:
    spec = obj.get("spec") or {}
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for index, rule in enumerate(spec.get(direction) or ()):
            for position, peer in enumerate(rule.get(peers) or ()):
                block, where = peer.get("ipBlock") or {}, f"spec.{direction}[{index}].{peers}[{position}].ipBlock"
                yield from range_warnings(block.get("cidr", ""), f"{where}.cidr")
                for number, text in enumerate(block.get("except") or ()):
                    yield from range_warnings(text, f"{where}.except[{number}]")


_POD_NAMES, _POD_TEMPLATE = _name(_IN_POD_NAMES), _template("spec", "template")
_ON_CREATE: dict[tuple[str, str], tuple[Warn, ...]] = {
    ("", "Pod"): (_name(_IN_HOSTNAME), pod_warnings),
    ("", "PodTemplate"): (_template("template"),),
    ("", "ReplicationController"): (_POD_NAMES, _POD_TEMPLATE),
    ("", "Service"): (service_warnings,),
    ("", "Endpoints"): (endpoints_warnings,),
    ("", "Node"): (node_warnings,),
    ("", "ServiceAccount"): (_service_account,),
    ("discovery.k8s.io", "EndpointSlice"): (new_slice_warnings, slice_warnings),
    ("", "Secret"): (secret_warnings,),
    ("", "PersistentVolume"): (volume_warnings,),
    ("", "PersistentVolumeClaim"): (claim_warnings,),
    ("apps", "Deployment"): (_POD_NAMES, _POD_TEMPLATE),
    ("apps", "ReplicaSet"): (_POD_NAMES, _POD_TEMPLATE),
    ("apps", "DaemonSet"): (_POD_TEMPLATE,),
    ("apps", "StatefulSet"): (_POD_NAMES, _POD_TEMPLATE, _stateful_set),
    ("batch", "Job"): (_POD_NAMES, _POD_TEMPLATE, _job),
    ("batch", "CronJob"): (_POD_NAMES, _template("spec", "jobTemplate", "spec", "template"), _cron_job),
    ("networking.k8s.io", "Ingress"): (_ingress,),
    ("networking.k8s.io", "NetworkPolicy"): (_network_policy,),
    ("node.k8s.io", "RuntimeClass"): (_runtime_class,),
    ("storage.k8s.io", "StorageClass"): (class_warnings,),
}
_ONLY_NEW = (_POD_NAMES, _ingress, new_slice_warnings)
_ON_UPDATE = {
    key: tuple(warn for warn in found if warn not in _ONLY_NEW)
    for key, found in _ON_CREATE.items()
    if key != ("", "Pod")  # Pods change often, and rarely by the hand of somebody who reads warnings
}
_BY_GENERATION = frozenset(key for key in _ON_CREATE if key[0] in ("apps", "batch") or key[1] == "ReplicationController")
"""Whose updates are looked at only if their spec changed."""
