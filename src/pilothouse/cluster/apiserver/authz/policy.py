"""The policy every cluster starts with, read from its text form into RBAC objects."""

from __future__ import annotations

import pkgutil
from typing import Any

Obj = dict[str, Any]
GROUP = "rbac.authorization.k8s.io"
API_VERSION = f"{GROUP}/v1"
_LABEL = {"kubernetes.io/bootstrapping": "rbac-defaults"}
_NOTE = {"rbac.authorization.kubernetes.io/autoupdate": "true"}


def bootstrap_policy() -> list[Obj]:
    """Return the roles and bindings, roles first."""
    raw = pkgutil.get_data("pilothouse.cluster.apiserver.authz", "policy.txt")
    assert raw is not None
    out: list[Obj] = []
    for line in raw.decode().splitlines():
        if line.startswith("#") or not line.strip():
            continue
        if line.startswith("  "):
            out[-1].setdefault("rules", []).append(_rule(line.strip()))
        else:
            out.append(_object(line.split()))
    for obj in out:
        if obj["kind"] in ("ClusterRole", "Role"):
            obj.setdefault("rules", [])
    return out


def _words(text: str) -> list[str]:
    return ["" if word == '""' else word for word in text.split()]


def _rule(line: str) -> Obj:
    parts = [part.strip() for part in line.split("|")]
    if parts[1] == "url":
        return {"verbs": _words(parts[0]), "nonResourceURLs": _words(parts[2])}
    rule: Obj = {"verbs": _words(parts[0]), "apiGroups": _words(parts[1]), "resources": _words(parts[2])}
    if len(parts) > 3:
        rule["resourceNames"] = _words(parts[3])
    return rule


def _meta(name: str, namespace: str = "") -> Obj:
    meta: Obj = {"name": name, "labels": dict(_LABEL), "annotations": dict(_NOTE)}
    if namespace:
        meta["namespace"] = namespace
    return meta


def _object(words: list[str]) -> Obj:
    namespace, _, name = words[1].rpartition("/") if words[0].startswith("local-") else ("", "", words[1])
    meta = _meta(name, namespace)
    if words[0] == "role":
        return _cluster_role(words, meta)
    if words[0] == "local-role":
        return {"apiVersion": API_VERSION, "kind": "Role", "metadata": meta}
    kind, _, role = words[3].rpartition("/") if words[0] == "local-binding" else ("ClusterRole", "", words[3])
    return {
        "apiVersion": API_VERSION, "kind": "RoleBinding" if namespace else "ClusterRoleBinding", "metadata": meta,
        "roleRef": {"apiGroup": GROUP, "kind": kind, "name": role}, "subjects": [_subject(word) for word in words[5:]],
    }  # fmt: skip


def _cluster_role(words: list[str], meta: Obj) -> Obj:
    obj: Obj = {"apiVersion": API_VERSION, "kind": "ClusterRole", "metadata": meta}
    mode = ""
    for word in words[2:]:
        if word in ("label", "aggregate"):
            mode = word
        elif mode == "label":
            key, _, value = word.partition("=")
            meta["labels"][key] = value
        else:
            selectors = obj.setdefault("aggregationRule", {}).setdefault("clusterRoleSelectors", [])
            selectors.append({"matchLabels": {word: "true"}})
    return obj


def _subject(word: str) -> Obj:
    kind, _, name = word.partition(":")
    if kind == "account":
        namespace, _, name = name.partition("/")
        return {"kind": "ServiceAccount", "name": name, "namespace": namespace}
    return {"kind": "User" if kind == "user" else "Group", "apiGroup": GROUP, "name": name}
