"""The scale subresource: replicas of workloads and custom resources through one small object."""

from __future__ import annotations

from typing import Any

import orjson

from pilothouse.api.patch.json import apply_json_patch
from pilothouse.api.patch.merge import apply_merge_patch
from pilothouse.api.selectors import label_selector_from_object
from pilothouse.api.validation.fields import invalid
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import StatusError, bad_request, conflict, not_found
from pilothouse.cluster.apiserver.errors import invalid as invalid_status
from pilothouse.cluster.apiserver.http.negotiate import negotiate
from pilothouse.cluster.apiserver.http.respond import answer_tree
from pilothouse.cluster.apiserver.registry.codec import read_tree, served_tree
from pilothouse.cluster.apiserver.registry.options import write_options
from pilothouse.cluster.apiserver.registry.writes import CHANGED, Writer
from pilothouse.wire.http.messages import Response

_PATCHES = ("application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json")
_BUILT_IN = ("spec.replicas", "status.replicas", "")


def _at(tree: Obj, path: str) -> Any:
    found: Any = tree
    for part in path.strip(".").split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _paths(call: Call) -> tuple[str, str, str]:
    return call.resource.scale_paths if call.resource.is_custom else _BUILT_IN


def scale_of(call: Call, tree: Obj) -> Obj:
    """Return the Scale of an object."""
    spec_path, status_path, selector_path = _paths(call)
    meta = {key: value for key, value in tree["metadata"].items() if key in _META}
    status: Obj = {"replicas": int(_at(tree, status_path) or 0)}
    selector = _at(tree, selector_path) if selector_path else _selector(tree)
    if selector:
        status["selector"] = selector
    replicas = _at(tree, spec_path)
    spec = {"replicas": replicas} if replicas else {}
    return {"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": meta, "spec": spec, "status": status}


_META = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")


def _selector(tree: Obj) -> str:
    selector = tree["spec"].get("selector")
    if not isinstance(selector, dict):
        return ""
    if "matchLabels" in selector or "matchExpressions" in selector:
        return str(label_selector_from_object(selector))
    return ",".join(f"{key}={value}" for key, value in sorted(selector.items()))


async def serve(writer: Writer, call: Call) -> Response:
    """Answer GET, PUT and PATCH of a scale."""
    encoding = negotiate(call.request.header("accept"), is_list=False)
    backend = writer.backend
    item = backend.cached(call.resource).items.get(call.resource.key(call.namespace, call.name))
    if item is None:
        raise not_found(call.resource, call.name)
    if call.verb == "get":
        return answer_tree(scale_of(call, served_tree(call.resource, item)), 200, encoding)
    write_options(call, "UpdateOptions" if call.verb == "update" else "PatchOptions")
    change = _put(call) if call.verb == "update" else _patch(call)

    def make(old: Obj) -> Obj:
        scale = change(scale_of(call, old))
        replicas = (scale.get("spec") or {}).get("replicas") or 0
        _check(call, scale, old, replicas)
        return _with_replicas(old, _paths(call)[0], replicas)

    stored = await writer.replace(call, make)
    return answer_tree(scale_of(call, served_tree(call.resource, stored)), 200, encoding, call.warnings)


def _check(call: Call, scale: Obj, old: Obj, replicas: Any) -> None:
    meta = scale.get("metadata") or {}
    if meta.get("name") and meta["name"] != call.name:
        raise bad_request(f"the name of the object ({meta['name']}) does not match the name on the URL ({call.name})")
    if meta.get("resourceVersion") not in {None, "", old["metadata"]["resourceVersion"]}:
        raise conflict(call.resource, call.name, CHANGED)
    if not isinstance(replicas, int) or isinstance(replicas, bool):
        raise bad_request("spec.replicas of a Scale must be a whole number")
    if replicas < 0:
        finding = invalid("spec.replicas", replicas, "must be greater than or equal to 0")
        raise invalid_status("Scale", "autoscaling", call.name, [finding])


def _with_replicas(tree: Obj, path: str, replicas: int) -> Obj:
    head, _, rest = path.strip(".").partition(".")
    if not rest:
        return {**tree, head: replicas}
    return {**tree, head: _with_replicas(tree.get(head) or {}, rest, replicas)}


def _put(call: Call) -> Any:
    body = read_tree(call, "Scale").value
    return lambda _: body


def _patch(call: Call) -> Any:
    kind = call.request.header("content-type").partition(";")[0].strip().lower()
    if kind not in _PATCHES:
        text = f"the body of the request was in an unknown format - accepted media types include: {', '.join(_PATCHES)}"
        raise StatusError(415, "UnsupportedMediaType", text)
    try:
        patch = orjson.loads(call.request.body)
    except orjson.JSONDecodeError as error:
        raise bad_request(f"error decoding patch: {error}") from None
    apply = apply_json_patch if kind == _PATCHES[0] else apply_merge_patch
    return lambda scale: apply(scale, patch)
