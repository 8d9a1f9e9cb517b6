"""Rules of Pods and Pod templates."""

from __future__ import annotations

from pilothouse.api.findings import duplicate, forbidden, invalid, required, unsupported
from pilothouse.api.findings.internalform import internal_diff
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import (
    Findings,
    Obj,
    all_non_negative,
    ip_address,
    label_selector,
    one_of,
    rule,
)
from pilothouse.api.validation.containers import containers
from pilothouse.api.validation.volumes import volumes

_UPDATES = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing "
    "tolerations),`spec.terminationGracePeriodSeconds` "
    "(allow it to be set to 1 if it was previously negative)"
)


def pod(obj: Obj) -> Findings:
    """A new Pod."""
    spec = obj["spec"]
    out = pod_spec(spec, "spec")
    if spec.get("ephemeralContainers"):
        out.append(forbidden("spec.ephemeralContainers", "cannot be set on create"))
    return out


def template(obj: Obj | None, path: str) -> Findings:
    """A Pod template."""
    obj = obj or {}
    from pilothouse.api.validation.meta import validate_annotations, validate_labels

    meta = obj.get("metadata") or {}
    out = validate_labels(meta.get("labels"), f"{path}.metadata.labels")
    out += validate_annotations(meta.get("annotations"), f"{path}.metadata.annotations")
    return out + pod_spec(obj.get("spec") or {}, f"{path}.spec")


def pod_spec(spec: Obj, path: str) -> Findings:
    """The spec of a Pod or template."""
    out, known = volumes(spec.get("volumes") or [], f"{path}.volumes")
    out += containers(spec, path, known)
    out += _policies(spec, path)
    out += _placement(spec, path)
    out += _network(spec, path)
    for index, gate in enumerate(spec.get("readinessGates") or ()):
        at = f"{path}.readinessGates[{index}].conditionType"
        out += rule(at, gate.get("conditionType", ""), names.qualified)
    out += _scheduling_gates(spec.get("schedulingGates") or [], f"{path}.schedulingGates")
    os = spec.get("os")
    if os is not None and os.get("name") not in ("linux", "windows"):
        out.append(unsupported(f"{path}.os", os.get("name", ""), ("linux", "windows")))
    return out


def _scheduling_gates(gates: list[Obj], path: str) -> Findings:
    out: Findings = []
    seen: set[str] = set()
    for index, gate in enumerate(gates):
        name = gate.get("name", "")
        out += rule(f"{path}[{index}]", name, names.qualified)
        if name in seen:
            out.append(duplicate(f"{path}[{index}]", name))
        seen.add(name)
    return out


def _policies(spec: Obj, path: str) -> Findings:
    out = one_of(f"{path}.restartPolicy", spec.get("restartPolicy"), ("Always", "OnFailure", "Never"), needed=True)
    policy = spec.get("dnsPolicy")
    out += one_of(f"{path}.dnsPolicy", policy, ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"), needed=True)
    config = spec.get("dnsConfig")
    if policy == "None" and config is None:
        out.append(required(f"{path}.dnsConfig", "must provide `dnsConfig` when `dnsPolicy` is None"))
    elif policy == "None" and not (config or {}).get("nameservers"):
        out.append(required(f"{path}.dnsConfig.nameservers", "must provide at least one DNS nameserver when `dnsPolicy` is None"))
    if spec.get("serviceAccountName"):
        out += rule(f"{path}.serviceAccountName", spec["serviceAccountName"], names.subdomain)
    if spec.get("nodeName"):
        out += rule(f"{path}.nodeName", spec["nodeName"], names.subdomain)
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None and not 1 <= deadline <= 2147483647:
        out.append(invalid(f"{path}.activeDeadlineSeconds", deadline, "must be between 1 and 2147483647, inclusive"))
    if spec.get("hostname"):
        out += rule(f"{path}.hostname", spec["hostname"], names.label)
    if spec.get("subdomain"):
        out += rule(f"{path}.subdomain", spec["subdomain"], names.label)
    if spec.get("priorityClassName"):
        out += rule(f"{path}.priorityClassName", spec["priorityClassName"], names.subdomain)
    if spec.get("runtimeClassName"):
        out += rule(f"{path}.runtimeClassName", spec["runtimeClassName"], names.subdomain)
    return out


def _placement(spec: Obj, path: str) -> Findings:
    out: Findings = []
    for key, value in sorted((spec.get("nodeSelector") or {}).items()):
        out += rule(f"{path}.nodeSelector", key, names.qualified)
        out += [invalid(f"{path}.nodeSelector", value, problem) for problem in names.label_value(value)]
    for index, toleration in enumerate(spec.get("tolerations") or ()):
        out += _toleration(toleration, f"{path}.tolerations[{index}]")
    out += _affinity(spec.get("affinity") or {}, f"{path}.affinity")
    for index, constraint in enumerate(spec.get("topologySpreadConstraints") or ()):
        out += _spread(constraint, f"{path}.topologySpreadConstraints[{index}]")
    return out


def _toleration(toleration: Obj, path: str) -> Findings:
    out: Findings = []
    key, operator, value = toleration.get("key", ""), toleration.get("operator", ""), toleration.get("value", "")
    effect = toleration.get("effect", "")
    if key:
        out += rule(f"{path}.key", key, names.qualified)
    elif operator != "Exists":
        out.append(
            invalid(
                f"{path}.operator",
                operator,
                'operator must be Exists when `key` is empty, which means "match all values and all keys"',
            )
        )
    if toleration.get("tolerationSeconds") is not None and effect != "NoExecute":
        out.append(invalid(f"{path}.effect", effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"))
    if operator in ("", "Equal"):
        out += [invalid(f"{path}.operator", value, problem) for problem in names.label_value(value)]
    elif operator == "Exists":
        if value:
            out.append(invalid(f"{path}.operator", value, "value must be empty when `operator` is 'Exists'"))
    else:
        out.append(unsupported(f"{path}.operator", operator, ("Equal", "Exists")))
    return out + one_of(f"{path}.effect", effect, ("NoSchedule", "PreferNoSchedule", "NoExecute"))


def _spread(constraint: Obj, path: str) -> Findings:
    out: Findings = []
    if constraint.get("maxSkew", 0) <= 0:
        out.append(invalid(f"{path}.maxSkew", constraint.get("maxSkew", 0), "must be greater than zero"))
    if not constraint.get("topologyKey"):
        out.append(required(f"{path}.topologyKey", "can not be empty"))
    out += one_of(
        f"{path}.whenUnsatisfiable", constraint.get("whenUnsatisfiable"), ("DoNotSchedule", "ScheduleAnyway"), needed=True
    )
    return out + label_selector(f"{path}.labelSelector", constraint.get("labelSelector"))


def _affinity(affinity: Obj, path: str) -> Findings:
    out: Findings = []
    node = affinity.get("nodeAffinity") or {}
    wanted = node.get("requiredDuringSchedulingIgnoredDuringExecution")
    at = f"{path}.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"
    if wanted is not None:
        if not wanted.get("nodeSelectorTerms"):
            out.append(required(f"{at}.nodeSelectorTerms", "must have at least one node selector term"))
        for index, term in enumerate(wanted.get("nodeSelectorTerms") or ()):
            out += _node_term(term, f"{at}.nodeSelectorTerms[{index}]")
    for index, preferred in enumerate(node.get("preferredDuringSchedulingIgnoredDuringExecution") or ()):
        base = f"{path}.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[{index}]"
        out += _weight(preferred, base)
        out += _node_term(preferred.get("preference") or {}, f"{base}.preference")
    for kind in ("podAffinity", "podAntiAffinity"):
        out += _pod_affinity(affinity.get(kind) or {}, f"{path}.{kind}")
    return out


def _weight(preferred: Obj, path: str) -> Findings:
    weight = preferred.get("weight", 0)
    return [] if 1 <= weight <= 100 else [invalid(f"{path}.weight", weight, "must be in the range 1-100")]


def _node_term(term: Obj, path: str) -> Findings:
    out: Findings = []
    for index, expression in enumerate(term.get("matchExpressions") or ()):
        out += _node_expression(expression, f"{path}.matchExpressions[{index}]")
    return out


def _node_expression(expression: Obj, path: str) -> Findings:
    out: Findings = []
    operator, values = expression.get("operator", ""), expression.get("values") or []
    if operator in ("In", "NotIn") and not values:
        out.append(required(f"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'"))
    elif operator in ("Exists", "DoesNotExist") and values:
        out.append(forbidden(f"{path}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
    elif operator in ("Gt", "Lt") and len(values) != 1:
        out.append(required(f"{path}.values", "must be specified single value when `operator` is 'Lt' or 'Gt'"))
    elif operator not in ("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"):
        out.append(invalid(f"{path}.operator", operator, "not a valid selector operator"))
    return out + rule(f"{path}.key", expression.get("key", ""), names.qualified)


def _pod_affinity(affinity: Obj, path: str) -> Findings:
    out: Findings = []
    for index, term in enumerate(affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or ()):
        out += _pod_term(term, f"{path}.requiredDuringSchedulingIgnoredDuringExecution[{index}]")
    for index, preferred in enumerate(affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or ()):
        base = f"{path}.preferredDuringSchedulingIgnoredDuringExecution[{index}]"
        out += _weight(preferred, base) + _pod_term(preferred.get("podAffinityTerm") or {}, f"{base}.podAffinityTerm")
    return out


def _pod_term(term: Obj, path: str) -> Findings:
    out = label_selector(f"{path}.labelSelector", term.get("labelSelector"))
    if not term.get("topologyKey"):
        out.append(required(f"{path}.topologyKey", "can not be empty"))
    else:
        out += rule(f"{path}.topologyKey", term["topologyKey"], names.qualified)
    return out


def _network(spec: Obj, path: str) -> Findings:
    out: Findings = []
    for index, alias in enumerate(spec.get("hostAliases") or ()):
        out += ip_address(f"{path}.hostAliases[{index}].ip", alias.get("ip", ""))
        for host, hostname in enumerate(alias.get("hostnames") or ()):
            out += rule(f"{path}.hostAliases[{index}].hostnames[{host}]", hostname, names.subdomain)
    context = spec.get("securityContext") or {}
    out += all_non_negative(f"{path}.securityContext", context, "runAsUser", "runAsGroup", "fsGroup")
    return out


def pod_update(new: Obj, old: Obj) -> Findings:
    """The change of a Pod: images, deadline, more tolerations, gates taken away."""
    after, before = new["spec"], old["spec"]
    out: Findings = []
    for key in ("containers", "initContainers"):
        if len(after.get(key) or ()) != len(before.get(key) or ()):
            return [forbidden(f"spec.{key}", "pod updates may not add or remove containers")]
        for index, container in enumerate(after.get(key) or ()):
            if not container.get("image"):
                out.append(required(f"spec.{key}[{index}].image"))
    out += _deadline_update(after.get("activeDeadlineSeconds"), before.get("activeDeadlineSeconds"))
    out += _tolerations_update(after.get("tolerations") or [], before.get("tolerations") or [])
    out += _gates_update(after, before)
    frozen = _without_allowed_changes(after, before)
    if frozen != before:
        out.append(forbidden("spec", f"{_UPDATES}\n{internal_diff('PodSpec', before, frozen)}"))
    return out


def _deadline_update(after: int | None, before: int | None) -> Findings:
    path = "spec.activeDeadlineSeconds"
    if after is None:
        return [] if before is None else [invalid(path, None, "must not update from a positive integer to nil value")]
    if not 0 <= after <= 2**31 - 1:
        return [invalid(path, after, "must be between 0 and 2147483647, inclusive")]
    if before is not None and after > before:
        return [invalid(path, after, "must be less than or equal to previous value")]
    return []


def _tolerations_update(after: list[Obj], before: list[Obj]) -> Findings:
    def kept(toleration: Obj) -> Obj:
        return {key: value for key, value in toleration.items() if key != "tolerationSeconds"}

    remaining = [kept(toleration) for toleration in after]
    if all(kept(toleration) in remaining for toleration in before):
        return []
    return [forbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds")]


def _gates_update(new: Obj, old: Obj) -> Findings:
    before = {gate.get("name") for gate in old.get("schedulingGates") or ()}
    out: Findings = []
    for index, gate in enumerate(new.get("schedulingGates") or ()):
        if gate.get("name") not in before:
            text = f"only deletion is allowed, but found new scheduling gate '{gate.get('name')}'"
            out.append(forbidden(f"spec.schedulingGates[{index}].name", text))
    return out


def _without_allowed_changes(new: Obj, old: Obj) -> Obj:
    """Return the new spec with everything that may change as it was."""
    out = dict(new)
    for key in ("containers", "initContainers"):
        if new.get(key):
            out[key] = [{**item, "image": was.get("image", "")} for item, was in zip(new[key], old[key], strict=True)]
    allowed = ["activeDeadlineSeconds", "tolerations", "schedulingGates"]
    if old.get("terminationGracePeriodSeconds", 0) < 0 and new.get("terminationGracePeriodSeconds") == 1:
        allowed.append("terminationGracePeriodSeconds")
    if old.get("schedulingGates"):
        allowed += ["nodeSelector", "affinity"]
    for key in allowed:
        out.pop(key, None)
        if key in old:
            out[key] = old[key]
    return out
