"""Warnings about Pods and templates of Pods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pilothouse.api.findings.fields import quote
from pilothouse.api.findings.warnings.addresses import address_warnings
from pilothouse.api.findings.warnings.labels import NODE_LABELS, term_warnings
from pilothouse.api.findings.warnings.storage import REMOVED_SOURCES, claim_spec_warnings, fractional

Tree = Mapping[str, Any]
NULL_SELECTOR = "a null labelSelector results in matching no pod"
_APPARMOR, _SECCOMP = "container.apparmor.security.beta.kubernetes.io/", "container.seccomp.security.alpha.kubernetes.io/"
_SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_TEXT = 'non-functional in v1.27+; use the "seccompProfile" field instead'
_REQUIRED, _PREFERRED = "requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution"
_ANNOTATIONS = {
    "scheduler.alpha.kubernetes.io/critical-pod": 'non-functional in v1.16+; use the "priorityClassName" field instead',
    "security.alpha.kubernetes.io/sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
    "security.alpha.kubernetes.io/unsafe-sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
}
_VOLUMES = {**REMOVED_SOURCES, "gitRepo": "deprecated in v1.11, and disabled by default in v1.33+"}


def pod_warnings(pod: Tree, path: str = "") -> Iterator[str]:
    """Yield warnings about a Pod, or the template at `path`.

    AppArmor annotations of Pods are not among them: the server that turns them into fields warns of it.
    """
    spec, notes = pod.get("spec") or {}, (pod.get("metadata") or {}).get("annotations") or {}
    prefix = f"{path}." if path else ""
    root, annotations = f"{prefix}spec", f"{prefix}metadata.annotations"
    yield from _placement(spec, root)
    yield from (f"{annotations}[{key}]: {text}" for key, text in _ANNOTATIONS.items() if key in notes)
    yield from _volumes(spec, root)
    yield from _lists(spec, root)
    yield from fractional(spec.get("overhead"), f"{root}.overhead")
    if _SECCOMP_POD in notes and not _profile(spec, "seccompProfile"):
        yield f"{annotations}[{_SECCOMP_POD}]: {_SECCOMP_TEXT}"
    for where, container in _containers(spec, root):
        yield from _container(container, where, notes, annotations)
        if path and not _profile(spec, "appArmorProfile"):
            yield from _app_armor_of(container, notes, annotations)
    yield from _ports(spec, root)
    if (spec.get("terminationGracePeriodSeconds") or 0) < 0:
        yield f"{root}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"
    yield from _affinity(spec, root)


def _profile(owner: Tree, name: str) -> bool:
    return (owner.get("securityContext") or {}).get(name) is not None


def _app_armor_of(container: Tree, notes: Tree, annotations: str) -> Iterator[str]:
    key = _APPARMOR + container["name"]
    if key in notes and not _profile(container, "appArmorProfile"):
        yield f'{annotations}[{key}]: deprecated since v1.30; use the "appArmorProfile" field instead'


def _containers(spec: Tree, root: str) -> Iterator[tuple[str, Tree]]:
    for field in ("initContainers", "containers", "ephemeralContainers"):
        for index, container in enumerate(spec.get(field) or ()):
            yield f"{root}.{field}[{index}]", container


def _placement(spec: Tree, root: str) -> Iterator[str]:
    for key in spec.get("nodeSelector") or ():
        if key in NODE_LABELS:
            yield f"{root}.nodeSelector[{key}]: {NODE_LABELS[key]}"
    affinity, where = (spec.get("affinity") or {}).get("nodeAffinity") or {}, f"{root}.affinity.nodeAffinity"
    for index, term in enumerate((affinity.get(_REQUIRED) or {}).get("nodeSelectorTerms") or ()):
        yield from term_warnings(term, f"{where}.{_REQUIRED}.nodeSelectorTerms[{index}]")
    for index, term in enumerate(affinity.get(_PREFERRED) or ()):
        yield from term_warnings(term.get("preference") or {}, f"{where}.{_PREFERRED}[{index}].preference", has_free_values=True)
    for index, constraint in enumerate(spec.get("topologySpreadConstraints") or ()):
        here, key = f"{root}.topologySpreadConstraints[{index}]", constraint.get("topologyKey", "")
        if key in NODE_LABELS:
            yield f"{here}.topologyKey: {key} is {NODE_LABELS[key]}"
        if constraint.get("labelSelector") is None:
            yield f"{here}.labelSelector: {NULL_SELECTOR}"


def _affinity(spec: Tree, root: str) -> Iterator[str]:
    for owner in ("podAffinity", "podAntiAffinity"):
        terms, where = (spec.get("affinity") or {}).get(owner) or {}, f"{root}.affinity.{owner}"
        for index, term in enumerate(terms.get(_REQUIRED) or ()):
            if term.get("labelSelector") is None:
                yield f"{where}.{_REQUIRED}[{index}].labelSelector: {NULL_SELECTOR}"
        for index, term in enumerate(terms.get(_PREFERRED) or ()):
            if (term.get("podAffinityTerm") or {}).get("labelSelector") is None:
                yield f"{where}.{_PREFERRED}[{index}].podAffinityTerm.labelSelector: {NULL_SELECTOR}"


def _volumes(spec: Tree, root: str) -> Iterator[str]:
    tokens: set[str] = set()
    for index, volume in enumerate(spec.get("volumes") or ()):
        where = f"{root}.volumes[{index}]"
        yield from (f"{where}.{kind}: {text}" for kind, text in _VOLUMES.items() if volume.get(kind) is not None)
        template = (volume.get("ephemeral") or {}).get("volumeClaimTemplate")
        if template is not None:
            yield from claim_spec_warnings(template.get("spec") or {}, f"{where}.ephemeral.volumeClaimTemplate.spec")
        sources = (volume.get("projected") or {}).get("sources") or ()
        tokens |= {source["serviceAccountToken"].get("path", "") for source in sources if source.get("serviceAccountToken")}
    for index, volume in enumerate(spec.get("volumes") or () if tokens else ()):
        yield from _hidden(volume, tokens, f"{root}.volumes[{index}].projected.sources")


def _hidden(volume: Tree, tokens: set[str], where: str) -> Iterator[str]:
    for source in (volume.get("projected") or {}).get("sources") or ():
        for kind, shown in (("configMap", "configMap"), ("secret", "secrets"), ("downwardAPI", "downwardAPI")):
            for index, item in enumerate((source.get(kind) or {}).get("items") or ()):
                if item.get("path") in tokens:
                    yield f"{where}.{shown}[{index}]: has duplicated path with ServiceAccountToken {quote(item['path'])}"
        bundle = source.get("clusterTrustBundle") or {}
        if bundle.get("path") in tokens:
            yield f"{where}.ClusterTrustBundle: has duplicated path with ServiceAccountToken {quote(bundle['path'])}"


def _lists(spec: Tree, root: str) -> Iterator[str]:
    aliases, secrets = spec.get("hostAliases") or (), spec.get("imagePullSecrets") or ()
    yield from _repeated([alias.get("ip", "") for alias in aliases], f"{root}.hostAliases", "ip")
    yield from _repeated([secret.get("name", "") for secret in secrets], f"{root}.imagePullSecrets", "name")
    for index, secret in enumerate(secrets):
        if not secret.get("name"):
            yield f'{root}.imagePullSecrets[{index}].name: invalid empty name ""'
    for index, server in enumerate((spec.get("dnsConfig") or {}).get("nameservers") or ()):
        yield from address_warnings(server, f"{root}.dnsConfig.nameservers[{index}]")
    for index, alias in enumerate(aliases):
        yield from address_warnings(alias.get("ip", ""), f"{root}.hostAliases[{index}].ip")


def _repeated(names: list[str], where: str, field: str) -> Iterator[str]:
    for index, name in enumerate(names):
        if name in names[:index]:
            yield f"{where}[{index}].{field}: duplicate {field} {quote(name)}"


def _container(container: Tree, where: str, notes: Tree, annotations: str) -> Iterator[str]:
    key = _SECCOMP + container["name"]
    if key in notes and not _profile(container, "seccompProfile"):
        yield f"{annotations}[{key}]: {_SECCOMP_TEXT}"
    resources = container.get("resources") or {}
    for name in ("memory", "ephemeral-storage"):
        for kind in ("limits", "requests"):
            yield from fractional(resources.get(kind), f"{where}.resources.{kind}", (name,))
    seen: set[str] = set()
    for index, variable in enumerate(container.get("env") or ()):
        name = variable.get("name", "")
        value, reference = variable.get("value", ""), f"$({name})"
        if name in seen and (variable.get("valueFrom") is not None or value == reference or reference not in value):
            hides = f"hides previous definition of {quote(name)}, which may be dropped when using apply"
            yield f"{where}.env[{index}]: {hides}"
        seen.add(name)


def _ports(spec: Tree, root: str) -> Iterator[str]:
    known: dict[tuple[Any, Any], list[tuple[str, Tree]]] = {}
    for owner, container in _containers(spec, root):
        for index, port in enumerate(container.get("ports") or ()):
            where = f"{owner}.ports[{index}]"
            if port.get("hostIP") and not port.get("hostPort"):
                yield f"{where}: hostIP set without hostPort: {_shown(port)}"
            others = known.setdefault((port.get("containerPort"), port.get("protocol")), [])
            for other_where, other in others:
                kind = _collision(port, other)
                if kind:
                    yield f"{where}: {kind} port definition with {other_where}"
            others.append((where, port))


def _collision(port: Tree, other: Tree) -> str:
    addresses, numbers = (port.get("hostIP", ""), other.get("hostIP", "")), (port.get("hostPort", 0), other.get("hostPort", 0))
    if addresses[0] == addresses[1] and numbers[0] == numbers[1]:
        return "duplicate"
    if 0 in numbers:
        return "overlapping"
    return "dangerously ambiguous" if numbers[0] == numbers[1] and "" in addresses else ""


def _shown(port: Tree) -> str:
    fields = (("Name", "name", ""), ("HostPort", "hostPort", 0), ("ContainerPort", "containerPort", 0),
              ("Protocol", "protocol", ""), ("HostIP", "hostIP", ""))  # fmt: skip
    return "{" + " ".join(f"{name}:{port.get(key, empty)}" for name, key, empty in fields) + "}"
