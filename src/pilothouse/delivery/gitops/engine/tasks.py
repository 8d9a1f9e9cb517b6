"""What a sync consists of: objects and hooks with their phase, wave and place in the order.

Source: the sync phases and waves of Argo CD. Order is phase, wave, kind, name; a Namespace or CustomResourceDefinition never
comes after what needs it; prune waves are mirrored, so that removal runs opposite to creation.
"""

from __future__ import annotations

import msgspec

from pilothouse.api.meta import Tree, annotations_of, group_of, metadata, name_of, namespace_of

PHASES = ("PreSync", "Sync", "PostSync", "SyncFail")
WAVE = "argocd.argoproj.io/sync-wave"
HOOK = "argocd.argoproj.io/hook"
HOOK_DELETE = "argocd.argoproj.io/hook-delete-policy"
OPTIONS = "argocd.argoproj.io/sync-options"
_HELM_PHASES = {
    "pre-install": "PreSync", "pre-upgrade": "PreSync", "post-install": "PostSync", "post-upgrade": "PostSync",
    "crd-install": "Sync", "test": "Skip", "test-success": "Skip",
}  # fmt: skip
_HELM_POLICIES = {
    "before-hook-creation": "BeforeHookCreation", "hook-succeeded": "HookSucceeded", "hook-failed": "HookFailed",
}  # fmt: skip
KIND_ORDER = (
    "Namespace", "NetworkPolicy", "ResourceQuota", "LimitRange", "PodSecurityPolicy", "PodDisruptionBudget", "ServiceAccount",
    "Secret", "SecretList", "ConfigMap", "StorageClass", "PersistentVolume", "PersistentVolumeClaim",
    "CustomResourceDefinition", "ClusterRole", "ClusterRoleList", "ClusterRoleBinding", "ClusterRoleBindingList", "Role",
    "RoleList", "RoleBinding", "RoleBindingList", "Service", "DaemonSet", "Pod", "ReplicationController", "ReplicaSet",
    "Deployment", "HorizontalPodAutoscaler", "StatefulSet", "Job", "CronJob", "IngressClass", "Ingress", "APIService",
)  # fmt: skip
_WEIGHT = {kind: weight - len(KIND_ORDER) for weight, kind in enumerate(KIND_ORDER)}


class Task(msgspec.Struct, frozen=True):
    """One object in one phase. `target` is None for an object to prune."""

    id: str
    phase: str
    wave: int
    api_version: str
    kind: str
    namespace: str
    name: str
    target: Tree | None
    is_hook: bool = False
    delete_policies: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[int, int, int, str]:
        """Sort key."""
        return PHASES.index(self.phase), self.wave, _WEIGHT.get(self.kind, 0), self.name


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def hook_words(tree: Tree) -> list[str]:
    """Return the hook names an object states, Argo's before Helm's."""
    annotations = annotations_of(tree)
    if HOOK in annotations:
        return _words(annotations[HOOK])
    return [_HELM_PHASES.get(word, "") for word in _words(annotations.get("helm.sh/hook", ""))]


def is_hook(tree: Tree) -> bool:
    """Whether the object is a hook: it is created by phases, not kept."""
    annotations = annotations_of(tree)
    return HOOK in annotations or ("helm.sh/hook" in annotations and hook_words(tree) != ["Sync"])


def phases_of(tree: Tree) -> list[str]:
    """Return the phases an object takes part in."""
    if not is_hook(tree):
        return ["Sync"]
    return [word for word in dict.fromkeys(hook_words(tree)) if word in PHASES]


def wave_of(tree: Tree) -> int:
    """Return the sync wave; a Helm hook's weight counts as its wave."""
    annotations = annotations_of(tree)
    for key in (WAVE, "helm.sh/hook-weight"):
        try:
            return int(annotations[key])
        except (KeyError, ValueError):
            continue
    return 0


def delete_policies_of(tree: Tree) -> tuple[str, ...]:
    """Return when a hook is removed; BeforeHookCreation unless stated."""
    annotations = annotations_of(tree)
    words = _words(annotations.get(HOOK_DELETE, ""))
    words += [_HELM_POLICIES[w] for w in _words(annotations.get("helm.sh/hook-delete-policy", "")) if w in _HELM_POLICIES]
    return tuple(dict.fromkeys(words)) or ("BeforeHookCreation",)


def has_option(tree: Tree, option: str) -> bool:
    """Whether the object states a sync option such as `Prune=false`."""
    return option in _words(annotations_of(tree).get(OPTIONS, ""))


def object_id(api_version: str, kind: str, namespace: str, name: str) -> str:
    """Return the identity of an object: group, kind, namespace and name."""
    return f"{group_of(api_version)}/{kind}/{namespace}/{name}"


def tasks_of(targets: list[Tree], revision: str, now: float) -> list[Task]:
    """Return the tasks for what is wanted; hooks without a name get one from revision, phase and time."""
    tasks: list[Task] = []
    for target in targets:
        for phase in phases_of(target):
            hook = is_hook(target)
            tree = target
            if hook and not name_of(target):
                stamp = f"{metadata(target).get('generateName', '')}{revision[:7]}-{phase}-{int(now)}".lower()
                tree = {**target, "metadata": {**metadata(target), "name": stamp}}
            identity = object_id(tree["apiVersion"], tree["kind"], namespace_of(tree), name_of(tree))
            policies = delete_policies_of(tree) if hook else ()
            tasks.append(
                Task(f"{phase}:{identity}" if hook else identity, phase, wave_of(tree), tree["apiVersion"], tree["kind"],
                     namespace_of(tree), name_of(tree), tree, hook, policies)
            )  # fmt: skip
    return ordered(tasks)


def prune_tasks(live: list[Tree], *, prune_last: bool, last_wave: int) -> list[Task]:
    """Return the tasks that remove objects which are no longer wanted, in mirrored waves."""
    waves = sorted({wave_of(tree) for tree in live})
    mirrored = dict(zip(waves, reversed(waves)))
    tasks: list[Task] = []
    for tree in live:
        is_last = prune_last or has_option(tree, "PruneLast=true")
        wave = max(0, last_wave, *mirrored.values()) + 1 if is_last else mirrored[wave_of(tree)]
        identity = object_id(tree["apiVersion"], tree["kind"], namespace_of(tree), name_of(tree))
        tasks.append(Task(identity, "Sync", wave, tree["apiVersion"], tree["kind"], namespace_of(tree), name_of(tree), None))
    return tasks


def ordered(tasks: list[Task]) -> list[Task]:
    """Sort tasks; namespaces and definitions are moved before the first task that needs them."""
    result = sorted(tasks, key=lambda task: task.order)
    for task in [task for task in result if task.kind in {"Namespace", "CustomResourceDefinition"} and task.target]:
        needed = next((i for i, other in enumerate(result) if _needs(other, task)), None)
        position = result.index(task)
        if needed is not None and needed < position:
            first = result[needed]
            result.remove(task)
            result.insert(needed, msgspec.structs.replace(task, phase=first.phase, wave=first.wave))
    return result


def _needs(task: Task, provider: Task) -> bool:
    if provider.kind == "Namespace":
        return task.namespace == provider.name
    spec = (provider.target or {}).get("spec") or {}
    return task.kind == (spec.get("names") or {}).get("kind") and group_of(task.api_version) == spec.get("group")
