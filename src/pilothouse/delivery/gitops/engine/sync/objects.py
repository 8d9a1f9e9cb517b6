"""What an object says about its own sync: hooks, phases, waves, delete policies and options, from its annotations.

Source: the sync phases, waves and options of Argo CD; Helm's hook annotations count where Argo's are absent.
"""

from __future__ import annotations

from pilothouse.api.meta import Tree, annotations_of, group_of, name_of, namespace_of

PHASES = ("PreSync", "Sync", "PostSync", "SyncFail")
DELETE_PHASES = ("PreDelete", "PostDelete")
HOOK_TYPES = frozenset((*PHASES, *DELETE_PHASES, "Skip"))
WAVE = "argocd.argoproj.io/sync-wave"
HOOK = "argocd.argoproj.io/hook"
HOOK_DELETE = "argocd.argoproj.io/hook-delete-policy"
HOOK_FINALIZER = "argocd.argoproj.io/hook-finalizer"
OPTIONS = "argocd.argoproj.io/sync-options"
HELM_HOOK = "helm.sh/hook"
_HELM_PHASES = {
    "pre-install": "PreSync", "pre-upgrade": "PreSync", "post-install": "PostSync", "post-upgrade": "PostSync",
    "pre-delete": "PreDelete", "post-delete": "PostDelete", "test": "Skip", "test-success": "Skip", "crd-install": "Sync",
}  # fmt: skip
_POLICIES = ("BeforeHookCreation", "HookSucceeded", "HookFailed")
_HELM_POLICIES = {
    "before-hook-creation": "BeforeHookCreation", "hook-succeeded": "HookSucceeded", "hook-failed": "HookFailed",
}  # fmt: skip


def words(text: str) -> list[str]:
    """Return the parts of a comma list."""
    return [word.strip() for word in text.split(",") if word.strip()]


def hook_types(tree: Tree) -> list[str]:
    """Return the known hook types an object names, once each; Argo's annotation before Helm's."""
    annotations = annotations_of(tree)
    named = [word for word in words(annotations.get(HOOK, "")) if word in HOOK_TYPES]
    if not named:
        named = [_HELM_PHASES[word] for word in words(annotations.get(HELM_HOOK, "")) if word in _HELM_PHASES]
    return list(dict.fromkeys(named))


def is_hook(tree: Tree) -> bool:
    """Whether the object is a hook: it is created by phases, not kept."""
    annotations = annotations_of(tree)
    return HOOK in annotations or (HELM_HOOK in annotations and words(annotations[HELM_HOOK]) != ["crd-install"])


def phases_of(tree: Tree) -> list[str]:
    """Return the phases of a sync an object takes part in: Sync for a plain object, none for a hook of no sync phase."""
    if not is_hook(tree):
        return ["Sync"]
    return [word for word in hook_types(tree) if word in PHASES]


def wave_of(tree: Tree) -> int:
    """Return the sync wave; a Helm hook's weight counts as its wave."""
    annotations = annotations_of(tree)
    for key in (WAVE, "helm.sh/hook-weight"):
        try:
            return int(annotations[key])
        except (KeyError, ValueError):
            continue
    return 0


def delete_policies_of(tree: Tree) -> list[str]:
    """Return when a hook is removed: BeforeHookCreation unless stated, nothing for an object that is no hook."""
    if not is_hook(tree):
        return []
    annotations = annotations_of(tree)
    named = [word for word in words(annotations.get(HOOK_DELETE, "")) if word in _POLICIES]
    helm = words(annotations.get("helm.sh/hook-delete-policy", ""))
    named += [_HELM_POLICIES[word] for word in helm if word in _HELM_POLICIES]
    return list(dict.fromkeys(named)) or ["BeforeHookCreation"]


def has_option(tree: Tree | None, option: str) -> bool:
    """Whether the object states a sync option such as `Prune=false`."""
    return tree is not None and option in words(annotations_of(tree).get(OPTIONS, ""))


def object_id(api_version: str, kind: str, namespace: str, name: str) -> str:
    """Return the identity of an object: group, kind, namespace and name."""
    return f"{group_of(api_version)}/{kind}/{namespace}/{name}"


def identity_of(tree: Tree) -> str:
    """Return the identity of an object."""
    return object_id(str(tree.get("apiVersion", "")), str(tree.get("kind", "")), namespace_of(tree), name_of(tree))


def is_definition_of(tree: Tree, group: str, kind: str) -> bool:
    """Whether the object is the CustomResourceDefinition of a group and kind."""
    spec = tree.get("spec") or {}
    names = spec.get("names") or {}
    return tree.get("kind") == "CustomResourceDefinition" and (spec.get("group"), names.get("kind")) == (group, kind)
