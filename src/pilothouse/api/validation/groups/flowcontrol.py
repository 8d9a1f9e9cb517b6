"""Rules of FlowSchemas and PriorityLevelConfigurations, of the group flowcontrol.apiserver.k8s.io."""

from __future__ import annotations

import math

from pilothouse.api.findings import duplicate, forbidden, internal_form, invalid, required, unsupported
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import Findings, Obj, rule

MAX_QUEUES, MAX_ENTROPY, MAX_PRECEDENCE = 10_000_000, 60, 10_000
_METHODS = ("ByNamespace", "ByUser")
_KINDS = ("Group", "ServiceAccount", "User")
_SUBJECTS = {"ServiceAccount": "serviceAccount", "User": "user", "Group": "group"}
_FORBIDDEN = {
    "serviceAccount": ("user", "group"), "user": ("serviceAccount", "group"), "group": ("serviceAccount", "user"),
}  # fmt: skip
_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch")
_NAMESPACE_TEXT = "each member of this list must be '*' or a DNS-1123 label; "


def flow_schema(obj: Obj) -> Findings:
    """A new or changed FlowSchema."""
    spec = obj["spec"]
    out: Findings = []
    precedence, path = spec.get("matchingPrecedence", 0), "spec.matchingPrecedence"
    if precedence <= 0:
        out.append(invalid(path, precedence, "must be a positive value"))
    if precedence > MAX_PRECEDENCE:
        out.append(invalid(path, precedence, f"must not be greater than {MAX_PRECEDENCE}"))
    if precedence == 1 and obj["metadata"].get("name") != "exempt":
        out.append(invalid(path, precedence, "only the schema named 'exempt' may have matchingPrecedence 1"))
    method = spec.get("distinguisherMethod")
    if method is not None and method.get("type") not in _METHODS:
        out.append(unsupported("spec.distinguisherMethod.type", internal_form("DistinguisherMethod", method), _METHODS))
    name, path = (spec.get("priorityLevelConfiguration") or {}).get("name"), "spec.priorityLevelConfiguration.name"
    out += rule(path, name, names.subdomain) if name else [required(path, "must reference a priority level")]
    for index, item in enumerate(spec.get("rules") or ()):
        out += _rule(item, f"spec.rules[{index}]")
    return out


def _rule(item: Obj, path: str) -> Findings:
    out: Findings = []
    if not item.get("subjects"):
        out.append(required(f"{path}.subjects", "subjects must contain at least one value"))
    for number, subject in enumerate(item.get("subjects") or ()):
        out += _subject(subject, f"{path}.subjects[{number}]")
    if not item.get("resourceRules") and not item.get("nonResourceRules"):
        out.append(required(path, "at least one of resourceRules and nonResourceRules has to be non-empty"))
    for number, found in enumerate(item.get("resourceRules") or ()):
        out += _resources(found, f"{path}.resourceRules[{number}]")
    for number, found in enumerate(item.get("nonResourceRules") or ()):
        out += _urls(found, f"{path}.nonResourceRules[{number}]")
    return out


def _subject(subject: Obj, path: str) -> Findings:
    kind = subject.get("kind", "")
    if kind not in _SUBJECTS:
        return [unsupported(f"{path}.kind", kind, _KINDS)]
    field = _SUBJECTS[kind]
    found, at = subject.get(field), f"{path}.{field}"
    out = _named(found, at, field) if found is not None else [required(at, f"{field} is required when subject kind is '{kind}'")]
    kinds = {name: kind for kind, name in _SUBJECTS.items()}
    return out + [
        forbidden(f"{path}.{other}", f"{other} is forbidden when subject kind is not '{kinds[other]}'")
        for other in _FORBIDDEN[field]
        if subject.get(other) is not None
    ]


def _named(found: Obj, path: str, field: str) -> Findings:
    name, namespace = found.get("name"), found.get("namespace")
    if not name:
        out: Findings = [required(f"{path}.name")]
    else:
        out = rule(f"{path}.name", name, names.subdomain) if field == "serviceAccount" and name != "*" else []
    if field != "serviceAccount":
        return out
    at = f"{path}.namespace"
    return out + (rule(at, namespace, names.label) if namespace else [required(at, "must specify namespace for service account")])


def _verbs(verbs: list[str], path: str) -> Findings:
    if not verbs:
        return [required(path, "verbs must contain at least one value")]
    if "*" in verbs:
        return [invalid(path, verbs, "if '*' is present, must not specify other verbs")] if len(verbs) > 1 else []
    return [] if set(verbs) <= set(_VERBS) else [unsupported(path, verbs, _VERBS)]


def _resources(found: Obj, path: str) -> Findings:
    out = _verbs(found.get("verbs") or [], f"{path}.verbs")
    for field, one, many in (("apiGroups", "api group", "api groups"), ("resources", "resource", "resources")):
        values, at = found.get(field) or [], f"{path}.{field}"
        if not values:
            out.append(required(at, f"resource rules must supply at least one {one}"))
        elif len(values) > 1 and "*" in values:
            out.append(invalid(at, values, f"if '*' is present, must not specify other {many}"))
    values, at = found.get("namespaces") or [], f"{path}.namespaces"
    if not values and not found.get("clusterScope"):
        text = "resource rules that are not cluster scoped must supply at least one namespace"
        out.append(required(at, text))
    elif "*" in values:
        out += [invalid(at, values, "if '*' is present, must not specify other namespaces")] if len(values) > 1 else []
    else:
        for index, value in enumerate(values):
            out += [invalid(f"{at}[{index}]", value, _NAMESPACE_TEXT + problem) for problem in names.label(value)]
    return out


def _urls(found: Obj, path: str) -> Findings:
    out = _verbs(found.get("verbs") or [], f"{path}.verbs")
    urls, at = found.get("nonResourceURLs") or [], f"{path}.nonResourceURLs"
    if not urls:
        return [*out, required(at, "nonResourceURLs must contain at least one value")]
    if "*" in urls:
        text = "if '*' is present, must not specify other non-resource URLs"
        return out + ([invalid(at, urls, text)] if len(urls) > 1 else [])
    problems = ((f"{at}[{index}]", url, _url_problem(url)) for index, url in enumerate(urls))
    return out + [invalid(where, url, problem) for where, url, problem in problems if problem]


def _url_problem(url: str) -> str:
    if not url:
        return "must not be empty"
    if not url.startswith("/"):
        return "must start with slash"
    if " " in url:
        return "must not contain white-space"
    if "//" in url:
        return "must not contain double slash"
    stars = url.count("*")
    return "wildcard can only do suffix matching" if stars > 1 or (stars == 1 and not url.endswith("/*")) else ""


def conditions(new: Obj, old: Obj) -> Findings:
    """The conditions in the status of both kinds: each type once."""
    out: Findings = []
    found = [item.get("type", "") for item in (new.get("status") or {}).get("conditions") or ()]
    for index, kind in enumerate(found):
        path = f"status.conditions[{index}].type"
        out += [duplicate(path, kind)] if kind in found[:index] else []
        out += [] if kind else [required(path, "must not be empty")]
    return out


def priority_level(obj: Obj) -> Findings:
    """A new or changed PriorityLevelConfiguration."""
    spec = obj["spec"]
    kind, limited, exempt = spec.get("type", ""), spec.get("limited"), spec.get("exempt")
    out: Findings = []
    if (obj["metadata"].get("name") == "exempt") != (kind == "Exempt"):
        text = "type must be 'Exempt' if and only if name is 'exempt'"
        out.append(invalid("spec.type", kind, text))
    if kind == "Exempt":
        out += [forbidden("spec.limited", "must be nil if the type is not Limited")] if limited is not None else []
        return out + (_seats(exempt, "spec.exempt") if exempt is not None else [])
    if kind != "Limited":
        return [*out, unsupported("spec.type", kind, ("Exempt", "Limited")) if kind else required("spec.type")]
    out += [forbidden("spec.exempt", "must be nil if the type is Limited")] if exempt is not None else []
    if limited is None:
        return [*out, required("spec.limited", "must not be empty when type is Limited")]
    return out + _seats(limited, "spec.limited") + _response(limited.get("limitResponse") or {}, "spec.limited.limitResponse")


def _seats(part: Obj, path: str) -> Findings:
    out: Findings = []
    shares, lent, borrowed = (part.get(key) for key in ("nominalConcurrencyShares", "lendablePercent", "borrowingLimitPercent"))
    if shares is not None and shares < 0:
        out.append(invalid(f"{path}.nominalConcurrencyShares", shares, "must be a non-negative integer"))
    if lent is not None and not 0 <= lent <= 100:
        out.append(invalid(f"{path}.lendablePercent", lent, "must be between 0 and 100, inclusive"))
    if borrowed is not None and borrowed < 0:
        out.append(invalid(f"{path}.borrowingLimitPercent", borrowed, "if specified, must be a non-negative integer"))
    return out


def _response(response: Obj, path: str) -> Findings:
    kind, queuing = response.get("type", ""), response.get("queuing")
    if kind == "Reject":
        text = "must be nil if limited.limitResponse.type is not Limited"
        return [forbidden(f"{path}.queuing", text)] if queuing is not None else []
    if kind != "Queue":
        return [unsupported(f"{path}.type", kind, ("Queue", "Reject")) if kind else required(f"{path}.type")]
    if queuing is None:
        return [required(f"{path}.queuing", "must not be empty if limited.limitResponse.type is Limited")]
    return _queuing(queuing, f"{path}.queuing")


def _queuing(queuing: Obj, path: str) -> Findings:
    length, queues, hand = (queuing.get(key, 0) for key in ("queueLengthLimit", "queues", "handSize"))
    out: Findings = [invalid(f"{path}.queueLengthLimit", length, "must be positive")] if length <= 0 else []
    if queues <= 0:
        out.append(invalid(f"{path}.queues", queues, "must be positive"))
    elif queues > MAX_QUEUES:
        out.append(invalid(f"{path}.queues", queues, f"must not be greater than {MAX_QUEUES}"))
    if hand <= 0:
        out.append(invalid(f"{path}.handSize", hand, "must be positive"))
    elif hand > queues:
        out.append(invalid(f"{path}.handSize", hand, f"should not be greater than queues ({queues})"))
    elif _entropy_bits(queues, hand) > MAX_ENTROPY:
        text = f"required entropy bits of deckSize {queues} and handSize {hand} should not be greater than {MAX_ENTROPY}"
        out.append(invalid(f"{path}.handSize", hand, text))
    return out


def _entropy_bits(queues: int, hand: int) -> int:
    """Return how many bits of a hash it takes to deal a hand; stops counting when they are too many."""
    bits = 0.0
    for dealt in range(hand):
        bits += math.log2(queues - dealt)
        if bits > MAX_ENTROPY:
            break
    return math.ceil(bits)
