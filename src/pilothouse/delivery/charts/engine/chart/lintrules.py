"""The checks of `helm lint` on Chart.yaml and on rendered objects: pure functions that return findings.

Called by `cli.lint`, which knows the folder. A finding is (severity, place, message).
"""

from __future__ import annotations

import re
from typing import Any

from pilothouse.delivery.charts.engine.chart.loading import plain_text
from pilothouse.delivery.charts.engine.execution.faults import FunctionError
from pilothouse.delivery.charts.engine.functions.semver import parse_version, strict_version
from pilothouse.delivery.charts.engine.values.quote import go_quote

Finding = tuple[str, str, str]
INFO, WARNING, ERROR = "INFO", "WARNING", "ERROR"
_FIELDS = frozenset(
    ("name", "home", "sources", "version", "description", "keywords", "maintainers", "icon", "apiVersion", "condition",
     "tags", "appVersion", "deprecated", "annotations", "kubeVersion", "dependencies", "type")
)  # fmt: skip
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LABEL_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_URL = re.compile(r"(?:[a-z][a-z0-9+.-]*://)?(?:[^\s/@:]+@)?[\w.-]+\.?[\w-]+(?::\d+)?(?:[/?#]\S*)?", re.IGNORECASE)
_REQUEST_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:\S+")
_DEPRECATED = {
    ("extensions/v1beta1", "Ingress"): ("1.14", "1.22", "networking.k8s.io/v1 Ingress"),
    ("networking.k8s.io/v1beta1", "Ingress"): ("1.19", "1.22", "networking.k8s.io/v1 Ingress"),
    ("extensions/v1beta1", "Deployment"): ("1.8", "1.16", "apps/v1 Deployment"),
    ("extensions/v1beta1", "DaemonSet"): ("1.8", "1.16", "apps/v1 DaemonSet"),
    ("apps/v1beta1", "Deployment"): ("1.8", "1.16", "apps/v1 Deployment"),
    ("apps/v1beta2", "Deployment"): ("1.9", "1.16", "apps/v1 Deployment"),
    ("policy/v1beta1", "PodDisruptionBudget"): ("1.21", "1.25", "policy/v1 PodDisruptionBudget"),
    ("policy/v1beta1", "PodSecurityPolicy"): ("1.21", "1.25", ""),
    ("batch/v1beta1", "CronJob"): ("1.21", "1.25", "batch/v1 CronJob"),
    ("autoscaling/v2beta1", "HorizontalPodAutoscaler"): ("1.22", "1.25", "autoscaling/v2 HorizontalPodAutoscaler"),
    ("autoscaling/v2beta2", "HorizontalPodAutoscaler"): ("1.23", "1.26", "autoscaling/v2 HorizontalPodAutoscaler"),
}
_SELECTOR_KINDS = ("Deployment", "ReplicaSet", "DaemonSet", "StatefulSet")
_EXTENSIONS = (".yaml", ".yml", ".tpl", ".txt")
_RFC1123 = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_RFC1123_LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an "
    "alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
_RFC1035 = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and "
    "end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
    "'[a-z]([-a-z0-9]*[a-z0-9])?')"
)


def _text(metadata: dict[str, Any], key: str) -> str:
    value = metadata.get(key)
    return "" if value is None else plain_text(value)


def _not_text(metadata: dict[str, Any], key: str) -> str | None:
    value = metadata.get(key)
    if value is None or isinstance(value, str):
        return None
    kind = "bool" if isinstance(value, bool) else "float64"
    return f"{key} should be of type string but it's of type {kind}"


def _is_version(text: str) -> bool:
    try:
        parse_version(text)
    except FunctionError:
        return False
    return True


def _version_problem(metadata: dict[str, Any]) -> str | None:
    version = _text(metadata, "version")
    if not version:
        return "version is required"
    wrong = _not_text(metadata, "version")
    if wrong is not None:
        return wrong
    return None if _is_version(version) else f"version '{version}' is not a valid SemVer"


def _api_problem(metadata: dict[str, Any]) -> str | None:
    version = _text(metadata, "apiVersion")
    if not version:
        return 'apiVersion is required. The value must be either "v1" or "v2"'
    if version not in ("v1", "v2"):
        return f'apiVersion \'{version}\' is not valid. The value must be either "v1" or "v2"'
    return None


def _maintainer_problem(metadata: dict[str, Any]) -> str | None:
    for person in metadata.get("maintainers") or []:
        if not isinstance(person, dict):
            return "a maintainer entry is empty"
        name, email, url = (_text(person, k) for k in ("name", "email", "url"))
        if not name:
            return "each maintainer requires a name"
        if email and not _EMAIL.fullmatch(email):
            return f"invalid email '{email}' for maintainer '{name}'"
        if url and not _URL.fullmatch(url):
            return f"invalid url '{url}' for maintainer '{name}'"
    return None


def _source_problem(metadata: dict[str, Any]) -> str | None:
    bad = next((s for s in metadata.get("sources") or [] if not _REQUEST_URL.fullmatch(plain_text(s or ""))), None)
    return None if bad is None else f"invalid source URL '{bad}'"


def chart_findings(metadata: dict[str, Any]) -> list[Finding]:
    """Check Chart.yaml as read (before its numbers become text)."""
    place = "Chart.yaml"
    out: list[Finding] = []
    unknown = sorted(set(metadata) - _FIELDS)
    if unknown:
        what = f'error unmarshaling JSON: while decoding JSON: json: unknown field "{unknown[0]}"'
        out.append((WARNING, place, f"failed to strictly parse chart metadata file\n\t{what}"))
    icon = _text(metadata, "icon")
    v1 = metadata.get("apiVersion") == "v1"
    version = _text(metadata, "version")
    checks: list[tuple[str, str | None]] = [
        (ERROR, None if _text(metadata, "name") else "name is required"),
        (ERROR, _api_problem(metadata)),
        (ERROR, _version_problem(metadata)),
        (ERROR, _not_text(metadata, "appVersion")),
        (ERROR, _maintainer_problem(metadata)),
        (ERROR, _source_problem(metadata)),
        (INFO, None if icon else "icon is recommended"),
        (ERROR, f"invalid icon URL '{icon}'" if icon and not _REQUEST_URL.fullmatch(icon) else None),
        (WARNING, None if strict_version(version) else f"version '{version}' is not a valid SemVerV2"),
        (
            ERROR,
            "chart type is not valid in apiVersion 'v1'. It is valid in apiVersion 'v2'" if v1 and metadata.get("type") else None,
        ),
        (
            ERROR,
            "dependencies are not valid in the Chart file with apiVersion 'v1'. They are valid in apiVersion 'v2'"
            if v1 and metadata.get("dependencies")
            else None,
        ),
    ]
    return out + [(severity, place, message) for severity, message in checks if message is not None]


def _name_problem(kind: str, name: str) -> str | None:
    if kind in ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"):
        return None if name and "/" not in name and "%" not in name and name not in (".", "..") else _RFC1123
    if kind == "Namespace":
        return None if _LABEL.fullmatch(name) and len(name) <= 63 else _RFC1123_LABEL
    if kind == "Service":
        return None if _LABEL_1035.fullmatch(name) and len(name) <= 63 else _RFC1035
    if kind == "CustomResourceDefinition":
        return None
    if len(name) > 253:
        return "must be no more than 253 characters" if _SUBDOMAIN.fullmatch(name) else _RFC1123
    return None if _SUBDOMAIN.fullmatch(name) else _RFC1123


def _older(version: str, than: str) -> bool:
    return parse_version(version) < parse_version(than)


def object_findings(place: str, head: dict[str, Any], text: str, kube_version: str) -> list[Finding]:
    """Check one rendered object."""
    out: list[Finding] = []
    kind, api = plain_text(head.get("kind") or ""), plain_text(head.get("apiVersion") or "")
    meta = head.get("metadata")
    name = plain_text((meta or {}).get("name") or "") if isinstance(meta, dict) else ""
    problem = _name_problem(kind, name)
    if problem is not None:
        quoted = go_quote(name)
        out.append(
            (
                WARNING,
                place,
                (
                    f"object name does not conform to Kubernetes naming requirements: {quoted}: metadata.name: "
                    f"Invalid value: {quoted}: {problem}"
                ),
            )
        )
    old = _DEPRECATED.get((api, kind))
    if old is not None and not _older(kube_version, old[0]):
        instead = f"; use {old[2]}" if old[2] else ""
        out.append((WARNING, place, f"{api} {kind} is deprecated in v{old[0]}+, unavailable in v{old[1]}+{instead}"))
    if kind in _SELECTOR_KINDS and "matchLabels" not in text and "matchExpressions" not in text:
        out.append((ERROR, place, f"a {kind} must contain matchLabels or matchExpressions, and {go_quote(name)} does not"))
    if kind == "List" and "helm.sh/resource-policy" in text:
        out.append((ERROR, place, "annotation 'helm.sh/resource-policy' within List objects are ignored"))
    return out


def extension_finding(name: str) -> Finding | None:
    """Check the extension of a template file."""
    last = name.rsplit("/", 1)[-1]
    extension = last[last.rfind(".") :] if "." in last else ""
    if extension in _EXTENSIONS:
        return None
    message = f"file extension '{extension}' not valid. Valid extensions are .yaml, .yml, .tpl, or .txt"
    return ERROR, name, message


def crd_findings(place: str, head: dict[str, Any]) -> list[Finding]:
    """Check one document of a CRD file."""
    out: list[Finding] = []
    if not plain_text(head.get("apiVersion") or "").startswith("apiextensions.k8s.io"):
        out.append((ERROR, place, "apiVersion is not in 'apiextensions.k8s.io'"))
    if head.get("kind") != "CustomResourceDefinition":
        out.append((ERROR, place, "object kind is not 'CustomResourceDefinition'"))
    return out
