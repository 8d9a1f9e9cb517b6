"""What a ResourceQuota says to an object: whether it is about it, whether it has room, and what is used then.

Admission calls `review` before each write and stores the used amounts it returns; the quota controller calls `total`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from pilothouse.api.quantity.amounts import add, canonical, compare, parse_quantity, subtract
from pilothouse.api.quantity.pods import Amounts, qos_class
from pilothouse.api.quantity.usage import Named, Tree, is_counted, unspecified, usage_of

_AFFINITIES = (("podAffinity", "requiredDuringSchedulingIgnoredDuringExecution", False),
               ("podAffinity", "preferredDuringSchedulingIgnoredDuringExecution", True),
               ("podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution", False),
               ("podAntiAffinity", "preferredDuringSchedulingIgnoredDuringExecution", True))  # fmt: skip


class Subject(msgspec.Struct, frozen=True):
    """An object on its way into the store; `old` is what it replaces."""

    group: str
    plural: str
    obj: Tree
    old: Tree | None = None


def review(quota: Tree, subject: Subject, now: float) -> tuple[str, Amounts | None]:
    """Return (why the quota refuses the object, the used amounts with it); the latter None when nothing changes."""
    status = quota.get("status") or {}
    hard, used = status.get("hard") or {}, status.get("used") or {}
    names = [name for name in hard if is_counted(name, subject.group, subject.plural)]
    if not names or not in_scope(quota, subject.group, subject.plural, subject.obj):
        return "", None
    label = quota["metadata"]["name"]
    if (subject.group, subject.plural) == ("", "pods"):
        missing = unspecified(subject.obj, names)
        if missing:
            return f"failed quota: {label}: must specify {missing}", None
    if any(name not in used for name in names):
        return f"status unknown for quota: {label}, resources: {','.join(sorted(names))}", None
    wanted = {name: amount for name, amount in _change(quota, subject, now).items() if name in hard and parse_quantity(amount)}
    after = {name: add(used[name], amount) for name, amount in wanted.items()}
    exceeded = sorted(name for name, amount in after.items() if compare(amount, hard[name]) > 0)
    if exceeded:
        lists = (_listed(exceeded, amounts) for amounts in (wanted, used, hard))
        return "exceeded quota: {}, requested: {}, used: {}, limited: {}".format(label, *lists), None
    return "", {**used, **after} if after else None


def _change(quota: Tree, subject: Subject, now: float) -> Amounts:
    usage = usage_of(subject.group, subject.plural, subject.obj, now)
    if subject.old is None or not in_scope(quota, subject.group, subject.plural, subject.old):
        return usage
    before = usage_of(subject.group, subject.plural, subject.old, now)
    grown = {name: subtract(amount, before.get(name, "0")) for name, amount in usage.items()}
    return {name: amount for name, amount in grown.items() if parse_quantity(amount) > 0}


def _listed(names: list[str], amounts: Named) -> str:
    return ",".join(f"{name}={canonical(amounts[name])}" for name in names)


def released(used: Named, before: Named, after: Named) -> Amounts:
    """Return `used` without what a write that failed had added to it; never less than nothing."""
    out = dict(used)
    for name in after.keys() & used.keys():
        rest = subtract(used[name], subtract(after[name], before.get(name, "0")))
        out[name] = rest if parse_quantity(rest) > 0 else "0"
    return out


def total(quota: Tree, objects: Mapping[tuple[str, str], Iterable[Tree]], now: float) -> Amounts:
    """Return what objects use of the hard amounts of a quota; `objects` by (group, plural)."""
    hard = quota["spec"].get("hard") or {}
    used: Amounts = {}
    for (group, plural), found in objects.items():
        names = [name for name in hard if is_counted(name, group, plural)]
        used.update(dict.fromkeys(names, "0"))
        for obj in found if names else ():
            if in_scope(quota, group, plural, obj):
                usage = usage_of(group, plural, obj, now)
                used.update({name: add(used[name], usage[name]) for name in names if name in usage})
    return used


def in_scope(quota: Tree, group: str, plural: str, obj: Tree) -> bool:
    """Whether the scopes of a quota hold for an object; one without scopes holds for all."""
    spec = quota["spec"]
    for scope in spec.get("scopes") or ():
        if not _holds({"scopeName": scope, "operator": "Exists"}, group, plural, obj):
            return False
    expressions = (spec.get("scopeSelector") or {}).get("matchExpressions") or ()
    return all(_holds(expression, group, plural, obj) for expression in expressions)


def _holds(expression: Tree, group: str, plural: str, obj: Tree) -> bool:
    scope, spec = expression["scopeName"], obj.get("spec") or {}
    if not group and plural == "persistentvolumeclaims":
        return scope == "VolumeAttributesClass" and _selects(expression, set(_attribute_classes(obj)))
    if group or plural != "pods":
        return False
    if scope == "PriorityClass":
        name = spec.get("priorityClassName")
        return _selects(expression, {name} if name else set())
    if scope == "CrossNamespacePodAffinity":
        return any(term.get("namespaces") or term.get("namespaceSelector") is not None for term in _affinity_terms(spec))
    is_best_effort = ((obj.get("status") or {}).get("qosClass") or qos_class(dict(spec))) == "BestEffort"
    is_terminating = (spec.get("activeDeadlineSeconds") or 0) >= 0 and spec.get("activeDeadlineSeconds") is not None
    answers = {
        "BestEffort": is_best_effort, "NotBestEffort": not is_best_effort,
        "Terminating": is_terminating, "NotTerminating": not is_terminating,
    }  # fmt: skip
    return answers.get(scope, False)


def _selects(expression: Tree, names: set[str]) -> bool:
    values, operator = set(expression.get("values") or ()), expression.get("operator")
    if operator == "In":
        return bool(names & values)
    if operator == "NotIn":
        return not names or bool(names - values)
    return bool(names) is (operator == "Exists")


def _attribute_classes(claim: Tree) -> Iterator[str]:
    spec, status = claim.get("spec") or {}, claim.get("status") or {}
    target = (status.get("modifyVolumeStatus") or {}).get("targetVolumeAttributesClassName")
    for name in (spec.get("volumeAttributesClassName"), status.get("currentVolumeAttributesClassName"), target):
        if name:
            yield name


def _affinity_terms(spec: Tree) -> Iterator[Tree]:
    affinity = spec.get("affinity") or {}
    for owner, field, is_weighted in _AFFINITIES:
        for term in (affinity.get(owner) or {}).get(field) or ():
            yield (term.get("podAffinityTerm") or {}) if is_weighted else term
