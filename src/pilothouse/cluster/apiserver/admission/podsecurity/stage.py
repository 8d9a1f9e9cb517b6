"""The admission stage: Pods are refused or warned of, workloads and namespaces warned of."""

from __future__ import annotations

from pilothouse.api.findings import FieldError
from pilothouse.cluster.apiserver.admission.chain import Stage
from pilothouse.cluster.apiserver.admission.podsecurity.policy import PREFIX, PRIVILEGED, Level, Policy, policy_of
from pilothouse.cluster.apiserver.admission.podsecurity.standard import violations
from pilothouse.cluster.apiserver.admission.podsecurity.violations import Violation
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import invalid_object, refused

MAX_PODS = 3000
"""Of a namespace whose level rises, this many Pods are looked at."""
_TEMPLATES = {
    ("", "ReplicationController"): ("spec", "template"), ("", "PodTemplate"): ("template",),
    ("apps", "ReplicaSet"): ("spec", "template"), ("apps", "Deployment"): ("spec", "template"),
    ("apps", "StatefulSet"): ("spec", "template"), ("apps", "DaemonSet"): ("spec", "template"),
    ("batch", "Job"): ("spec", "template"), ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
}  # fmt: skip
"""Where the Pods of workloads are described."""


class PodSecurity(Stage):
    """Holds Pods to the level of their namespace."""

    kinds = frozenset(("Pod", "Namespace", *(kind for _, kind in _TEMPLATES)))

    def __init__(self, backend: Backend) -> None:
        """Look namespaces and Pods up in the cache."""
        self.backend = backend

    async def validate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Refuse a Pod its namespace does not allow; warn of what it warns of."""
        kind = (call.resource.group, call.resource.kind)
        if call.verb == "delete":
            return
        if kind == ("", "Pod"):
            self._pod(call, obj, old)
        elif kind in _TEMPLATES and call.subresource is None:
            self._workload(call, obj, _TEMPLATES[kind])
        elif kind == ("", "Namespace") and call.subresource is None:
            self._namespace(call, obj, old)

    def _policy(self, namespace: str) -> Policy:
        found = self.backend.look("", "namespaces", "", namespace)
        labels = (found or {}).get("metadata", {}).get("labels") or {}
        if not any(key.startswith(PREFIX) for key in labels):
            return PRIVILEGED
        return policy_of(labels)[0]

    def _pod(self, call: Call, obj: Obj, old: Obj | None) -> None:
        if call.subresource is not None and call.subresource.name not in ("ephemeralcontainers", "resize"):
            return
        policy = self._policy(call.namespace)
        if policy == PRIVILEGED or (old is not None and not _runs_something_else(obj["spec"], old["spec"])):
            return
        found = _found(policy.enforce, obj)
        if found:
            raise refused(call, obj, f'violates PodSecurity "{policy.enforce}": {found}')
        _warn(call, policy.warn, obj)

    def _workload(self, call: Call, obj: Obj, path: tuple[str, ...]) -> None:
        policy = self._policy(call.namespace)
        template = obj
        for key in path if policy != PRIVILEGED else ():
            template = template.get(key) or {}
        if template.get("spec") and policy != PRIVILEGED:
            _warn(call, policy.warn, template)

    def _namespace(self, call: Call, obj: Obj, old: Obj | None) -> None:
        policy, findings = _stated(obj)
        before, known = _stated(old)
        if findings and findings != known:
            raise invalid_object(call.resource, call.name, findings)
        is_laxer = policy.enforce.minor == before.enforce.minor and policy.enforce.rank <= before.enforce.rank
        if old is not None and policy.enforce.rank and policy.enforce != before.enforce and not is_laxer:
            for text in self._existing(obj["metadata"]["name"], policy.enforce):
                call.warn(text)

    def _existing(self, namespace: str, level: Level) -> list[str]:
        """Return what is to be said of the Pods a namespace already has, those of different owners first."""
        pods = [item.object for item in self.backend.all_of("", "pods", namespace)]
        first: dict[str, Obj] = {}
        for pod in pods:
            owner = next((ref for ref in pod["metadata"].get("ownerReferences") or () if ref.get("controller")), None)
            first.setdefault(owner["uid"] if owner else f"/{pod['metadata']['name']}", pod)
        ones = list(first.values())
        chosen = {id(pod) for pod in ones}
        ordered = [*ones, *(pod for pod in pods if id(pod) not in chosen)][:MAX_PODS]
        offending: dict[str, list[str]] = {}
        for pod in ordered:
            reasons = [violation.reason for violation in _violations(level, pod)]
            if reasons:
                offending.setdefault(", ".join(reasons), []).append(pod["metadata"]["name"])
        out = []
        if len(ordered) < len(pods):
            out.append(
                f"new PodSecurity enforce level only checked against the first {len(ordered)} of {len(pods)} existing pods"
            )
        if offending:
            out.append(f'existing pods in namespace "{namespace}" violate the new PodSecurity enforce level "{level}"')
        return out + sorted(f"{_others(names)}: {reasons}" for reasons, names in offending.items())


def _stated(namespace: Obj | None) -> tuple[Policy, list[FieldError]]:
    labels = (namespace or {}).get("metadata", {}).get("labels") or {}
    policy, findings = policy_of(labels) if any(key.startswith(PREFIX) for key in labels) else (PRIVILEGED, [])
    return policy, findings


def _others(names: list[str]) -> str:
    count = len(names) - 1
    if not count:
        return names[0]
    return f"{min(names)} (and {count} other pod{'s' if count > 1 else ''})"


def _violations(level: Level, pod: Obj) -> list[Violation]:
    return violations(level.name, level.version, pod["spec"], (pod.get("metadata") or {}).get("annotations") or {})


def _found(level: Level, pod: Obj) -> str:
    return ", ".join(violation.text() for violation in _violations(level, pod))


def _warn(call: Call, level: Level, pod: Obj) -> None:
    found = _found(level, pod)
    if found:
        call.warn(f'would violate PodSecurity "{level}": {found}')


def _runs_something_else(new: Obj, old: Obj) -> bool:
    """Whether an update adds a container or changes an image: nothing else that can change matters."""
    for field in ("containers", "initContainers"):
        if [item.get("image") for item in new.get(field) or ()] != [item.get("image") for item in old.get(field) or ()]:
            return True
    images = {item["name"]: item.get("image") for item in old.get("ephemeralContainers") or ()}
    return any(images.get(item["name"]) != item.get("image") for item in new.get("ephemeralContainers") or ())
