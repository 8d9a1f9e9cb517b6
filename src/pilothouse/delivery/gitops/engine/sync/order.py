"""The order of tasks: phase, wave, kind, name; what others need comes before them."""

from __future__ import annotations

from collections.abc import Callable

from pilothouse.delivery.gitops.engine.sync.objects import DELETE_PHASES, PHASES
from pilothouse.delivery.gitops.engine.sync.tasks import Task

KIND_ORDER = (
    "Namespace", "NetworkPolicy", "ResourceQuota", "LimitRange", "PodSecurityPolicy", "PodDisruptionBudget", "ServiceAccount",
    "Secret", "SecretList", "ConfigMap", "StorageClass", "PersistentVolume", "PersistentVolumeClaim",
    "CustomResourceDefinition", "ClusterRole", "ClusterRoleList", "ClusterRoleBinding", "ClusterRoleBindingList", "Role",
    "RoleList", "RoleBinding", "RoleBindingList", "Service", "DaemonSet", "Pod", "ReplicationController", "ReplicaSet",
    "Deployment", "HorizontalPodAutoscaler", "StatefulSet", "Job", "CronJob", "IngressClass", "Ingress", "APIService",
)  # fmt: skip
_WEIGHT = {kind: position - len(KIND_ORDER) for position, kind in enumerate(KIND_ORDER)}
_PHASE = {phase: position for position, phase in enumerate((*PHASES, *DELETE_PHASES))}


def kind_weight(kind: str) -> int:
    """Return the place of a kind: negative for the listed ones, 0 for all others."""
    return _WEIGHT.get(kind, 0)


def sort_key(task: Task) -> tuple[int, int, int, str]:
    """Return phase, wave, kind and name as they are compared."""
    return _PHASE[task.phase], task.wave, kind_weight(task.kind), task.name


def ordered(tasks: list[Task]) -> list[Task]:
    """Return the tasks in order; namespaces and definitions are moved before the first task that needs them."""
    result = sorted(tasks, key=sort_key)
    _pull_forward(result, _namespace_given, lambda task: task.namespace)
    _pull_forward(result, _kind_given, lambda task: (task.group, task.kind))
    return result


def _namespace_given(task: Task) -> object:
    return task.name if task.kind == "Namespace" and not task.group else None


def _kind_given(task: Task) -> object:
    if task.kind != "CustomResourceDefinition" or task.target is None:
        return None
    spec = task.target.get("spec") or {}
    return spec.get("group"), (spec.get("names") or {}).get("kind")


def _pull_forward(tasks: list[Task], given: Callable[[Task], object], needed: Callable[[Task], object]) -> None:
    first: dict[object, Task] = {}
    for task in tasks:
        first.setdefault(needed(task), task)
    for task in [task for task in tasks if given(task) is not None]:
        user = first.get(given(task))
        if user is None or user is task or tasks.index(user) > tasks.index(task):
            continue
        tasks.remove(task)
        tasks.insert(tasks.index(user), task)
        task.phase, task.wave_override = user.phase, user.wave


def is_multi_step(tasks: list[Task]) -> bool:
    """Whether the first and the last task differ in phase or wave, so that something has to be waited for."""
    return bool(tasks) and (tasks[0].phase, tasks[0].wave) != (tasks[-1].phase, tasks[-1].wave)
