"""The scale subresource: a Scale object as a view of a workload or a custom resource."""

from __future__ import annotations

from typing import Any

from pilothouse.api.findings import invalid
from pilothouse.api.schema.decode import decode
from pilothouse.api.scheme import Resource
from pilothouse.api.tables.text import selector_text
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import StatusError, bad_request
from pilothouse.cluster.apiserver.errors import invalid as invalid_status
from pilothouse.cluster.apiserver.registry.codec import cannot_handle, read_tree, report_findings
from pilothouse.kit.errors import PilothouseError


def scale_of(resource: Resource, tree: Obj, *, may_be_unset: bool = False) -> Obj:
    """Return the Scale of an object; raises 500 when its replicas are not set, unless that is what a write is for."""
    meta = tree["metadata"]
    shown = {key: meta[key] for key in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp") if key in meta}
    replicas, current, selector = _custom(resource, tree, may_be_unset) if resource.is_custom else _built_in(resource, tree)
    spec: Obj = {"replicas": replicas} if replicas else {}
    status: Obj = {"replicas": current}
    if selector:
        status["selector"] = selector
    return {"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": shown, "spec": spec, "status": status}


def _built_in(resource: Resource, tree: Obj) -> tuple[int, int, str]:
    spec, status = tree.get("spec") or {}, tree.get("status") or {}
    selector = spec.get("selector")
    if resource.kind == "ReplicationController":
        text = ",".join(f"{key}={value}" for key, value in sorted((selector or {}).items()))
    else:
        text = selector_text(selector)
    return spec.get("replicas", 0), status.get("replicas", 0), "" if text == "<none>" else text


def _custom(resource: Resource, tree: Obj, may_be_unset: bool) -> tuple[int, int, str]:
    wanted, current, selector = resource.scale_paths
    replicas = get_path(tree, wanted)
    if replicas is None and not may_be_unset:
        text = f'the spec replicas field "{wanted}" does not exist'
        raise StatusError(500, "InternalError", f"Internal error occurred: {text}", {"causes": [{"message": text}]})
    found = get_path(tree, current)
    text = get_path(tree, selector) if selector else ""
    return int(replicas or 0), int(found or 0), text if isinstance(text, str) else ""


def get_path(tree: Any, path: str) -> Any:
    """Return the value at a dotted path, or None."""
    for part in path.lstrip(".").split("."):
        if not isinstance(tree, dict):
            return None
        tree = tree.get(part)
    return tree


def owns_replicas(resource: Resource, tree: Obj) -> bool:
    """Whether some manager owns the replicas of a custom resource."""
    path = "." + ".".join(f"f:{part}" for part in resource.scale_paths[0].lstrip(".").split("."))
    return any(get_path(entry.get("fieldsV1"), path) is not None for entry in tree["metadata"].get("managedFields") or ())


def replicas_path(resource: Resource) -> list[str]:
    """Return the path of the field a scale sets."""
    return resource.scale_paths[0].lstrip(".").split(".") if resource.is_custom else ["spec", "replicas"]


def with_replicas(resource: Resource, tree: Obj, scale: Obj) -> Obj:
    """Return the object with the replicas of a Scale, which must name the version it was made from."""
    replicas = (scale.get("spec") or {}).get("replicas", 0)
    if replicas < 0:
        name = tree["metadata"]["name"]
        if resource.is_custom:
            problem = invalid(resource.scale_paths[0], replicas, "should be a non-negative integer")
            raise invalid_status(resource.kind, resource.group, name, [problem])
        problem = invalid("spec.replicas", replicas, "must be greater than or equal to 0")
        raise invalid_status("Scale", "autoscaling", name, [problem])
    path = replicas_path(resource)
    node = tree
    for part in path[:-1]:
        node = node.setdefault(part, {})
    node[path[-1]] = replicas
    stated = scale["metadata"].get("resourceVersion", "")
    if stated:
        tree["metadata"]["resourceVersion"] = stated
    else:
        tree["metadata"].pop("resourceVersion", None)
    return tree


def read_scale(call: Call) -> Obj:
    """Return the Scale of a request body; raises 400, and reports unknown fields."""
    sub = call.subresource
    assert sub is not None and sub.schema is not None
    body = read_tree(call, "Scale")
    scale = decode_scale(call, body.value)
    report_findings(call, body, sub.schema, sub, has_unknown=True)
    return scale


def decode_scale(call: Call, tree: Obj) -> Obj:
    """Return a Scale, typed; raises 400."""
    assert call.subresource is not None and call.subresource.schema is not None
    try:
        scale: Obj = decode(call.subresource.schema, tree)[0]
    except PilothouseError as error:
        raise cannot_handle("Scale", "v1", error.message) from None
    name = scale["metadata"].get("name", "")
    if name != call.name:
        raise bad_request(f"the name of the object ({name}) does not match the name on the URL ({call.name})")
    uid = scale["metadata"].get("uid")
    if uid is not None and not isinstance(uid, str):
        raise bad_request("metadata.uid must be text")
    return scale
