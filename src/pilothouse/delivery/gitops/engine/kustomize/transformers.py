"""Namespaces, names, replica counts and images of everything in a kustomization."""

from __future__ import annotations

from typing import Any

import msgspec

from pilothouse.delivery.gitops.engine.kustomize.errors import KustomizationInvalid, KustomizationNotSupported
from pilothouse.delivery.gitops.engine.kustomize.fieldspecs import REPLICAS, change
from pilothouse.delivery.gitops.engine.kustomize.resources import Res, Resources

_BINDINGS = ("RoleBinding", "ClusterRoleBinding")
_WEBHOOKS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")


def set_namespace(resources: Resources, namespace: str) -> None:
    """Put everything that can be into a namespace."""
    for res in resources:
        res.remember()
        if res.kind == "Namespace" and not res.group:
            res.meta["name"] = namespace
        elif not res.is_cluster_scoped:
            res.meta["namespace"] = namespace
        if res.kind in _BINDINGS:
            for subject in res.tree.get("subjects") or ():
                if isinstance(subject, dict) and subject.get("kind") == "ServiceAccount" and subject.get("name") == "default":
                    subject["namespace"] = namespace
        if res.kind == "APIService" and isinstance(res.tree.get("spec"), dict):
            service = res.tree["spec"].get("service")
            if isinstance(service, dict):
                service["namespace"] = namespace
    _check_unique(resources)


def _check_unique(resources: Resources) -> None:
    seen: set[tuple[str, ...]] = set()
    for res in resources:
        now = res.id
        key = (now.group, now.version, now.kind, now.name, now.namespace)
        if key in seen:
            raise KustomizationInvalid(f"namespace transformation produces ID conflict: {now}")
        seen.add(key)


def _is_renamed(res: Res) -> bool:
    if res.kind == "Namespace" and not res.group:
        return False
    return res.kind != "CustomResourceDefinition" and not (res.kind == "APIService" and res.group == "apiregistration.k8s.io")


def add_affixes(resources: Resources, prefix: str, suffix: str) -> None:
    """Put a prefix and a suffix on every name but those of Namespaces, definitions and API services."""
    for res in resources:
        if prefix or suffix:
            if _is_renamed(res):
                res.remember()
                res.meta["name"] = f"{prefix}{res.name}{suffix}"
            res.prefixes = (*res.prefixes, prefix) if prefix else res.prefixes
            res.suffixes = (*res.suffixes, suffix) if suffix else res.suffixes


def set_replicas(resources: Resources, name: str, count: int) -> None:
    """Set the replica count of the workloads of a name; raises `KustomizationInvalid` when there is none."""
    found = False
    for res in resources:
        if any(each.name == name for each in res.ids) and any(field.is_in(res) for field in REPLICAS):
            change(res, REPLICAS, lambda _old: count)
            found = True
    if not found:
        kinds = ", ".join(field.kind for field in REPLICAS)
        raise KustomizationInvalid(f"resource with name {name} does not match a config with the following kinds: {kinds}")


class Image(msgspec.Struct, frozen=True):
    """A rule that changes an image."""

    name: str
    new_name: str = ""
    new_tag: str = ""
    digest: str = ""


def read_image(raw: Any) -> Image:
    """Return a rule as kustomizations write it."""
    if not isinstance(raw, dict) or not raw.get("name"):
        raise KustomizationInvalid("images: every entry needs a name")

    def text(key: str) -> str:
        return str(raw.get(key) if raw.get(key) is not None else "")

    if raw.get("tagSuffix"):
        raise KustomizationNotSupported("images: tagSuffix is not supported", fix="install kubectl, which renders it")
    return Image(text("name"), text("newName"), text("newTag"), text("digest"))


def split_image(image: str) -> tuple[str, str, str]:
    """Return the name, tag and digest of an image."""
    name, _, digest = image.partition("@")
    slash = name.rfind("/")
    colon = name.find(":", slash + 1)
    if colon < 0:
        return name, "", digest
    return name[:colon], name[colon + 1 :], digest


def changed_image(image: str, rule: Image) -> str:
    """Return an image after a rule, the same when it is another one's."""
    name, tag, digest = split_image(image)
    if name != rule.name:
        return image
    name = rule.new_name or name
    if rule.new_tag and rule.digest:
        return f"{name}:{rule.new_tag}@{rule.digest}"
    if rule.new_tag:
        tag, digest = rule.new_tag, ""
    elif rule.digest:
        tag, digest = "", rule.digest
    return name + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")


def set_images(resources: Resources, rule: Image) -> None:
    """Change an image wherever containers are."""
    for res in resources:
        if res.kind != "CustomResourceDefinition":
            _walk(res.tree, rule)
            _volumes(res.tree.get("spec"), rule)


def _volumes(spec: Any, rule: Image) -> None:
    for pod in (spec, ((spec or {}).get("template") or {}).get("spec")) if isinstance(spec, dict) else ():
        for volume in (pod.get("volumes") or ()) if isinstance(pod, dict) else ():
            image = volume.get("image") if isinstance(volume, dict) else None
            if isinstance(image, dict) and isinstance(image.get("reference"), str):
                image["reference"] = changed_image(image["reference"], rule)


def _walk(node: Any, rule: Image) -> None:
    if isinstance(node, list):
        for item in node:
            _walk(item, rule)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in ("containers", "initContainers") and isinstance(value, list):
                for container in value:
                    if isinstance(container, dict) and isinstance(container.get("image"), str):
                        container["image"] = changed_image(container["image"], rule)
            _walk(value, rule)
