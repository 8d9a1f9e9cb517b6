"""Rules of resource names and amounts: those of containers and Pods, limits and quotas."""

from __future__ import annotations

from collections.abc import Callable

from pilothouse.api.findings import FieldError, duplicate, forbidden, invalid, not_found, required, unsupported
from pilothouse.api.meta import names
from pilothouse.api.quantity import compare, parse_quantity, to_milli, to_whole
from pilothouse.api.validation.checks import AT_LEAST_ZERO, Findings, Obj, rule

_CONTAINER = frozenset(("cpu", "memory", "ephemeral-storage"))
_COUNTED = frozenset(
    (
        "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps", "persistentvolumeclaims",
        "services.nodeports", "services.loadbalancers",
    )
)  # fmt: skip
_SIDES = frozenset(f"{side}.{name}" for side in ("requests", "limits") for name in _CONTAINER)
QUOTA_NAMES = _CONTAINER | _SIDES | _COUNTED | {"requests.storage"}
"""Names without a prefix that a quota may limit."""
_STANDARD = QUOTA_NAMES | {"storage"}
_HUGE = "hugepages-"
_PODS = ("cpu", "hugepages-", "memory")
NameRule = Callable[[str, str], Findings]


def is_native(name: str) -> bool:
    """Whether a resource belongs to Kubernetes itself."""
    return "/" not in name or "kubernetes.io/" in name


def is_shared(name: str) -> bool:
    """Whether more of a resource may be promised than there is."""
    return is_native(name) and not name.startswith(_HUGE)


def _is_extended(name: str) -> bool:
    return not is_native(name) and not name.startswith("requests.") and not names.qualified(f"requests.{name}")


def resource_name(path: str, name: str) -> Findings:
    """A name with a prefix, or one of Kubernetes."""
    out = rule(path, name, names.qualified)
    if out or "/" in name or name in _STANDARD or name.startswith((_HUGE, f"requests.{_HUGE}")):
        return out
    return [invalid(path, name, "must be a standard resource type or fully qualified")]


def container_resource(path: str, name: str) -> Findings:
    """A resource a container can ask for."""
    out = resource_name(path, name)
    if "/" not in name:
        if name not in _CONTAINER and not name.startswith(_HUGE):
            out.append(invalid(path, name, "must be a standard resource for containers"))
    elif not is_native(name) and not _is_extended(name):
        out.append(invalid(path, name, "doesn't follow extended resource name standard"))
    return out


def _pod_resource(path: str, name: str) -> Findings:
    out = resource_name(path, name)
    if out or name in ("cpu", "memory") or name.startswith(_HUGE):
        return out
    return [unsupported(path, name, _PODS)]


def quota_resource(path: str, name: str) -> Findings:
    """A resource a quota can limit."""
    out = resource_name(path, name)
    if "/" not in name and name not in QUOTA_NAMES and not name.startswith((_HUGE, f"requests.{_HUGE}")):
        out.append(invalid(path, name, "must be a standard resource for quota"))
    return out


def quantity_of(name: str, path: str, value: str) -> Findings:
    """An amount that is not negative, and whole where the resource is counted."""
    out: Findings = [invalid(path, value, AT_LEAST_ZERO)] if parse_quantity(value) < 0 else []
    if (name in _COUNTED or _is_extended(name)) and to_milli(value) % 1000:
        out.append(invalid(path, value, "must be an integer"))
    return out


def basic_quantity(path: str, value: str) -> Findings:
    """An amount whose whole part is not negative."""
    whole = to_whole(value)
    return [invalid(path, whole, "must be a valid resource quantity")] if whole < 0 else []


def requirements(resources: Obj, path: str, claims: list[str], check: NameRule = container_resource) -> Findings:
    """Requests, limits and claims of a container or Pod; `claims` are those the Pod has."""
    limits, requests = (dict(sorted((resources.get(side) or {}).items())) for side in ("limits", "requests"))
    out: Findings = []
    for name, value in limits.items():
        out += _amount(name, f"{path}.limits[{name}]", value, check)
    for name, value in requests.items():
        out += _amount(name, f"{path}.requests[{name}]", value, check, _bounded(name, value, limits, path))
    asked = {*limits, *requests}
    if any(name.startswith(_HUGE) for name in asked) and not asked & {"cpu", "memory"}:
        out.append(forbidden(path, "HugePages require cpu or memory"))
    return out + _claims(resources.get("claims") or [], f"{path}.claims", claims)


def pod_requirements(resources: Obj, path: str) -> Findings:
    """Requests and limits of a Pod as a whole."""
    return requirements({**resources, "claims": None}, path, [], _pod_resource)


def _amount(name: str, path: str, value: str, check: NameRule, more: Findings | None = None) -> Findings:
    out = check(path, name) + quantity_of(name, path, value) + (more or [])
    if name.startswith(_HUGE) and not _is_divisible(name, value):
        out.append(invalid(path, value, f"{value} is not positive integer multiple of {name}"))
    return out


def _is_divisible(name: str, value: str) -> bool:
    size, page = parse_quantity(value), parse_quantity(name.removeprefix(_HUGE))
    return page > 0 and size >= 0 and size % page == 0


def _bounded(name: str, value: str, limits: Obj, path: str) -> Findings:
    limit = limits.get(name)
    if limit is None:
        return [] if is_shared(name) else [required(f"{path}.limits", "Limit must be set for non overcommitable resources")]
    order = compare(value, limit)
    if order and not is_shared(name):
        return [invalid(f"{path}.requests", value, f"must be equal to {name} limit of {limit}")]
    return [invalid(f"{path}.requests", value, f"must be less than or equal to {name} limit of {limit}")] if order > 0 else []


def _claims(found: list[Obj], path: str, known: list[str]) -> Findings:
    out: Findings = []
    seen: list[str] = []
    for index, item in enumerate(found):
        at, name, request = f"{path}[{index}]", item.get("name", ""), item.get("request", "")
        if not name:
            out.append(required(at))
            continue
        key = f"{name}/{request}" if request else name
        if name in seen:
            out.append(duplicate(at, name))
        else:
            out += rule(f"{at}.request", request, names.label) if request else []
            overlaps = key in seen if request else any(other.startswith(f"{name}/") for other in seen)
            out += [duplicate(at, key)] if overlaps else []
            seen.append(key)
        if name not in known:
            out.append(_unknown(at, name, known))
    return out


def _unknown(path: str, name: str, known: list[str]) -> FieldError:
    detail = f": {', '.join(sorted(known))}" if known else " which is empty"
    found = not_found(path, name)
    return FieldError(found.path, found.reason, name, f"must be one of the names in pod.spec.resourceClaims{detail}")
