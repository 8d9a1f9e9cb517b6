"""The edits an Application's `spec.source.kustomize` makes to a kustomization before it is built, as Argo CD does them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pilothouse.delivery.gitops.engine.kustomize.errors import KustomizationInvalid
from pilothouse.delivery.gitops.engine.kustomize.transformers import split_image

Expand = Callable[[str], str]
_KNOWN = frozenset((
    "namePrefix", "nameSuffix", "images", "replicas", "commonLabels", "commonAnnotations", "commonAnnotationsEnvsubst", "patches",
    "components", "ignoreMissingComponents", "namespace", "labelWithoutSelector", "labelIncludeTemplates", "forceCommonLabels",
    "forceCommonAnnotations", "version", "kubeVersion", "apiVersions",
))  # fmt: skip


def edited(tree: dict[str, Any], options: dict[str, Any], expand: Expand, has_folder: Callable[[str], bool]) -> dict[str, Any]:
    """Return a kustomization with the edits of a source; raises `KustomizationInvalid`.

    `expand` replaces build variables, `has_folder` says whether a component is there.
    """
    unknown = set(options) - _KNOWN
    if unknown:
        raise KustomizationInvalid(f"spec.source.kustomize: unknown fields {', '.join(sorted(map(str, unknown)))}")
    out = dict(tree)
    for key in ("namePrefix", "nameSuffix", "namespace"):
        if options.get(key):
            out[key] = str(options[key])
    for text in _listed(options, "images"):
        out["images"] = _with_image(out.get("images") or [], expand(str(text)))
    for each in _listed(options, "replicas"):
        out["replicas"] = _with_replicas(out.get("replicas") or [], each)
    _label(out, options, expand)
    _annotate(out, options, expand)
    if options.get("patches"):
        out["patches"] = [*out.get("patches", []), *(_without_empty(each) for each in _listed(options, "patches"))]
    wanted = [str(each) for each in _listed(options, "components")]
    if options.get("ignoreMissingComponents"):
        wanted = [each for each in wanted if has_folder(each)]
    if wanted:
        out["components"] = [*out.get("components", []), *wanted]
    return out


def _listed(options: dict[str, Any], key: str) -> list[Any]:
    found = options.get(key) or []
    if not isinstance(found, list):
        raise KustomizationInvalid(f"spec.source.kustomize.{key} is no list")
    return found


def _pairs(options: dict[str, Any], key: str) -> dict[str, Any]:
    found = options.get(key) or {}
    if not isinstance(found, dict):
        raise KustomizationInvalid(f"spec.source.kustomize.{key} is no map")
    return found


def _without_empty(patch: Any) -> Any:
    return {key: value for key, value in patch.items() if value not in (None, "", {}, [])} if isinstance(patch, dict) else patch


def read_image_edit(text: str) -> dict[str, str]:
    """Return the entry of `images` that `name=new:tag`, `name:tag` or `name@digest` stands for."""
    name, equals, rest = text.partition("=")
    if not equals:
        name, rest = split_image(text)[0], text
    new, tag, digest = split_image(rest)
    found = {"name": name, "newName": new if new != name else "", "newTag": tag, "digest": digest}
    if not name or not new or (equals and not rest):
        raise KustomizationInvalid(f"image {text!r} is not name=newName:tag, name:tag or name@digest")
    return {key: value for key, value in found.items() if value}


def _with_image(images: list[Any], text: str) -> list[Any]:
    made = read_image_edit(text)
    out = [dict(each) for each in images if isinstance(each, dict)]
    for each in out:
        if each.get("name") == made["name"]:
            if "newTag" in made or "digest" in made:
                each.pop("newTag", None)
                each.pop("digest", None)
            each.update(made)
            return out
    return [*out, made]


def _with_replicas(replicas: list[Any], made: Any) -> list[Any]:
    if not isinstance(made, dict) or not made.get("name"):
        raise KustomizationInvalid("spec.source.kustomize.replicas: every entry needs name and count")
    try:
        count = int(made.get("count") or 0)
    except (TypeError, ValueError):
        raise KustomizationInvalid(f"spec.source.kustomize.replicas: {made.get('count')!r} is no number") from None
    kept = [each for each in replicas if not (isinstance(each, dict) and each.get("name") == made["name"])]
    return [*kept, {"name": made["name"], "count": count}]


def _label(out: dict[str, Any], options: dict[str, Any], expand: Expand) -> None:
    labels = {str(key): expand(str(value)) for key, value in _pairs(options, "commonLabels").items()}
    if not labels:
        return
    before = out.get("commonLabels") or {}
    clash = sorted(set(before) & set(labels))
    if clash and not options.get("forceCommonLabels"):
        raise KustomizationInvalid(f"label {clash[0]} already in kustomization file", fix="set forceCommonLabels")
    if options.get("labelWithoutSelector"):
        entry = {"pairs": labels, "includeTemplates": bool(options.get("labelIncludeTemplates"))}
        out["labels"] = [*out.get("labels", []), entry]
    else:
        out["commonLabels"] = {**before, **labels}


def _annotate(out: dict[str, Any], options: dict[str, Any], expand: Expand) -> None:
    found = _pairs(options, "commonAnnotations")
    if not found:
        return
    change = expand if options.get("commonAnnotationsEnvsubst") else str
    before = out.get("commonAnnotations") or {}
    clash = sorted(set(before) & set(found))
    if clash and not options.get("forceCommonAnnotations"):
        raise KustomizationInvalid(f"annotation {clash[0]} already in kustomization file", fix="set forceCommonAnnotations")
    out["commonAnnotations"] = {**before, **{str(key): change(str(value)) for key, value in found.items()}}
