"""Rules of the environment of a container."""

from __future__ import annotations

from pilothouse.api.findings import invalid, not_found, required
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import Findings, Obj
from pilothouse.api.validation.pods.surroundings import every_container
from pilothouse.api.validation.v1.references import (
    ENV_FIELDS,
    environment_name,
    field_reference,
    file_reference,
    key_reference,
    resource_reference,
)

_ONE_OF = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
_TOO_MANY = "may not have more than one field specified at a time"
_SOURCES = {
    "fieldRef": lambda source, path: field_reference(source, path, ENV_FIELDS),
    "resourceFieldRef": resource_reference,
    "configMapKeyRef": key_reference,
    "secretKeyRef": key_reference,
    "fileKeyRef": file_reference,
}


def environment(container: Obj, path: str) -> Findings:
    """Single variables, and all those of a ConfigMap or Secret."""
    out: Findings = []
    for index, variable in enumerate(container.get("env") or ()):
        at, name = f"{path}.env[{index}]", variable.get("name", "")
        out += environment_name(f"{at}.name", name) if name else [required(f"{at}.name")]
        if variable.get("valueFrom") is not None:
            out += _value_from(variable, f"{at}.valueFrom")
    for index, source in enumerate(container.get("envFrom") or ()):
        out += _all_from(source, f"{path}.envFrom", f"{path}.envFrom[{index}]")
    return out


def _value_from(variable: Obj, path: str) -> Findings:
    source = variable["valueFrom"]
    kinds = [kind for kind in _SOURCES if source.get(kind) is not None]
    out = [finding for kind in kinds for finding in _SOURCES[kind](source[kind], f"{path}.{kind}")]
    if not kinds:
        out.append(invalid(path, "", _ONE_OF))
    elif variable.get("value"):
        out.append(invalid(path, "", "may not be specified when `value` is not empty"))
    elif len(kinds) > 1:
        out.append(invalid(path, "", _TOO_MANY))
    return out


def _all_from(source: Obj, path: str, at: str) -> Findings:
    out = environment_name(f"{at}.prefix", source.get("prefix", ""))
    kinds = [kind for kind in ("configMapRef", "secretRef") if source.get(kind) is not None]
    for kind in kinds:
        name = source[kind].get("name", "")
        where = f"{at}.{kind}.name"
        problems = names.subdomain(names.masked(name))
        out += [invalid(where, name, problem) for problem in problems] if name else [required(where)]
    if not kinds:
        out.append(invalid(path, "", "must specify one of: `configMapRef` or `secretRef`"))
    elif len(kinds) > 1:
        out.append(invalid(path, "", _TOO_MANY))
    return out


def file_volumes(spec: Obj, path: str) -> Findings:
    """Files with variables lie in an emptyDir."""
    volumes = {volume.get("name"): volume for volume in spec.get("volumes") or ()}
    out: Findings = []
    for container, at in every_container(spec, path):
        for index, variable in enumerate(container.get("env") or ()):
            source = (variable.get("valueFrom") or {}).get("fileKeyRef")
            if source is None:
                continue
            name, where = source.get("volumeName", ""), f"{at}.env[{index}].valueFrom.fileKeyRef.volumeName"
            if name not in volumes:
                out.append(not_found(where, name))
            elif volumes[name].get("emptyDir") is None:
                out.append(invalid(where, name, "referenced volume must be of type emptyDir"))
    return out
