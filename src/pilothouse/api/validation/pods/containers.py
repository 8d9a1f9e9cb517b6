"""Rules of the containers of a Pod: regular ones, init containers and sidecars, ephemeral ones."""

from __future__ import annotations

from pilothouse.api.findings import FieldError, duplicate, forbidden, invalid, not_found, required, too_many, unsupported
from pilothouse.api.findings.internalform import internal_form
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import PROTOCOLS, Findings, Obj, one_of, port_name, port_number, rule
from pilothouse.api.validation.pods.environment import environment
from pilothouse.api.validation.pods.mounts import mounts
from pilothouse.api.validation.pods.probes import PROBES, running_rules
from pilothouse.api.validation.pods.security import container_security
from pilothouse.api.validation.pods.surroundings import Surroundings
from pilothouse.api.validation.v1.resources import requirements
from pilothouse.api.validation.v1.sources import PULL_POLICIES

_MESSAGE_POLICIES = ("File", "FallbackToLogsOnError")
_RESTARTS = ("Always", "Never", "OnFailure")
_RULE_ACTIONS = ("Restart", "RestartAllContainers")
_MAX_RULES, _MAX_EXIT_CODES = 20, 255
_NOT_FOR_INIT = "may not be set for init containers without restartPolicy=Always"
_NOT_EPHEMERAL = (
    "ports", "resources", "resizePolicy", "restartPolicy", "restartPolicyRules", "livenessProbe", "readinessProbe",
    "startupProbe", "lifecycle",
)  # fmt: skip
_EPHEMERAL_TEXT = "cannot be set for an Ephemeral Container"


def all_containers(spec: Obj, path: str, pod: Surroundings) -> Findings:
    """Regular containers, then init containers, then ephemeral ones."""
    out = _regular(spec.get("containers") or [], f"{path}.containers", pod)
    return out + _init(spec, f"{path}.initContainers", pod) + _ephemeral(spec, f"{path}.ephemeralContainers", pod)


def _regular(found: list[Obj], path: str, pod: Surroundings) -> Findings:
    if not found:
        return [required(path)]
    out: Findings = []
    seen: set[str] = set()
    for index, container in enumerate(found):
        at, name = f"{path}[{index}]", container.get("name", "")
        out += _container(container, at, pod)
        if name in seen:
            out.append(duplicate(f"{at}.name", name))
        seen.add(name)
        out += running_rules(container, at, pod) + _restarts(container, at)
    return out + _host_ports(found, path)


def _init(spec: Obj, path: str, pod: Surroundings) -> Findings:
    out: Findings = []
    seen = {container.get("name", "") for container in spec.get("containers") or ()}
    for index, container in enumerate(spec.get("initContainers") or ()):
        at, name = f"{path}[{index}]", container.get("name", "")
        out += _container(container, at, pod) + _restarts(container, at)
        if name in seen:
            out.append(duplicate(f"{at}.name", name))
        if name:
            seen.add(name)
        out += _host_ports([container], path)
        if container.get("restartPolicy") == "Always":
            out += running_rules(container, at, pod)
            continue
        wanted = ("lifecycle", *PROBES)
        out += [forbidden(f"{at}.{field}", _NOT_FOR_INIT) for field in wanted if container.get(field) is not None]
        for number, policy in enumerate(container.get("resizePolicy") or ()):
            if policy.get("restartPolicy") == "RestartContainer":
                text = "must not be set to 'RestartContainer' for non-sidecar initContainers"
                out.append(invalid(f"{at}.resizePolicy[{number}].restartPolicy", "RestartContainer", text))
    return out


def _ephemeral(spec: Obj, path: str, pod: Surroundings) -> Findings:
    others = {item.get("name", "") for key in ("containers", "initContainers") for item in spec.get(key) or ()}
    seen = set(others)
    out: Findings = []
    for index, container in enumerate(spec.get("ephemeralContainers") or ()):
        at, name, target = f"{path}[{index}]", container.get("name", ""), container.get("targetContainerName", "")
        out += _container(container, at, pod) + image_spaces(container, at)
        if name in seen:
            out.append(duplicate(f"{at}.name", name))
        seen.add(name)
        if target and target not in others:
            out.append(not_found(f"{at}.targetContainerName", target))
        out += [forbidden(f"{at}.{field}", _EPHEMERAL_TEXT) for field in _NOT_EPHEMERAL if container.get(field)]
        for number, mount in enumerate(container.get("volumeMounts") or ()):
            for field in ("subPath", "subPathExpr"):
                if mount.get(field):
                    out.append(forbidden(f"{at}.volumeMounts[{number}].{field}", _EPHEMERAL_TEXT))
    return out


def image_spaces(container: Obj, path: str) -> Findings:
    """The image of a Pod, unlike that of a template, has no spaces around it."""
    image = container.get("image", "")
    return [] if image == image.strip() else [invalid(f"{path}.image", image, "must not have leading or trailing whitespace")]


def _container(container: Obj, path: str, pod: Surroundings) -> Findings:
    name = container.get("name", "")
    out = rule(f"{path}.name", name, names.label) if name else [required(f"{path}.name")]
    if not container.get("image"):
        out.append(required(f"{path}.image"))
    policy = container.get("terminationMessagePolicy")
    out += one_of(f"{path}.terminationMessagePolicy", policy, _MESSAGE_POLICIES)
    out += _ports(container.get("ports") or [], f"{path}.ports")
    out += environment(container, path) + mounts(container, path, pod.volumes)
    out += one_of(f"{path}.imagePullPolicy", container.get("imagePullPolicy"), PULL_POLICIES)
    out += requirements(container.get("resources") or {}, f"{path}.resources", pod.claims)
    out += _resize_policies(container.get("resizePolicy") or [], f"{path}.resizePolicy", pod.restart_policy)
    return out + container_security(container.get("securityContext"), f"{path}.securityContext", pod)


def _ports(ports: list[Obj], path: str) -> Findings:
    out: Findings = []
    seen: set[str] = set()
    for index, port in enumerate(ports):
        at, name = f"{path}[{index}]", port.get("name", "")
        found = port_name(f"{at}.name", name) if name else []
        if name and not found and name in seen:
            found.append(duplicate(f"{at}.name", name))
        seen.add(name)
        number = port.get("containerPort", 0)
        out += found + (port_number(f"{at}.containerPort", number) if number else [required(f"{at}.containerPort")])
        if port.get("hostPort"):
            out += port_number(f"{at}.hostPort", port["hostPort"])
        out += one_of(f"{at}.protocol", port.get("protocol"), PROTOCOLS, needed=True)
    return out


def _host_ports(found: list[Obj], path: str) -> Findings:
    out: Findings = []
    seen: set[str] = set()
    for index, container in enumerate(found):
        for number, port in enumerate(container.get("ports") or ()):
            key = f"{port.get('protocol', '')}/{port.get('hostIP', '')}/{port.get('hostPort', 0)}"
            if port.get("hostPort") and key in seen:
                out.append(duplicate(f"{path}[{index}].ports[{number}].hostPort", key))
            seen.add(key)
    return out


def _resize_policies(policies: list[Obj], path: str, restart_policy: str) -> Findings:
    out: Findings = []
    seen: set[str] = set()
    for index, policy in enumerate(policies):
        name, restart = policy.get("resourceName", ""), policy.get("restartPolicy", "")
        if name in seen:
            out.append(duplicate(f"{path}[{index}]", name))
        seen.add(name)
        out += one_of(path, name, ("cpu", "memory"), needed=True)
        out += one_of(path, restart, ("NotRequired", "RestartContainer"), needed=True)
        if restart_policy == "Never" and restart != "NotRequired":
            out.append(invalid(path, restart, "must be 'NotRequired' when pod `restartPolicy` is 'Never'"))
    return out


def _restarts(container: Obj, path: str) -> Findings:
    policy, rules = container.get("restartPolicy"), container.get("restartPolicyRules") or []
    out: Findings = []
    if policy is None and rules:
        out.append(required(f"{path}.restartPolicy", "must specify restartPolicy when restart rules are used"))
    elif policy is not None and policy not in _RESTARTS:
        out.append(unsupported(f"{path}.restartPolicy", policy, _RESTARTS))
    if len(rules) > _MAX_RULES:
        out.append(too_many(f"{path}.restartPolicyRules", len(rules), _MAX_RULES))
    for index, item in enumerate(rules):
        out += _restart_rule(item, f"{path}.restartPolicyRules[{index}]")
    return out


def _restart_rule(item: Obj, path: str) -> Findings:
    out: Findings = []
    action, codes = item.get("action", ""), item.get("exitCodes")
    if action not in _RULE_ACTIONS:
        out.append(unsupported(f"{path}.action", action, _RULE_ACTIONS))
    if codes is None:
        return [*out, required(f"{path}.exitCodes", "must be specified")]
    operator, values = codes.get("operator", ""), codes.get("values") or []
    if operator not in ("In", "NotIn"):
        out.append(unsupported(f"{path}.exitCodes.operator", operator, ("In", "NotIn")))
    if len(values) > _MAX_EXIT_CODES:
        out.append(too_many(f"{path}.exitCodes.values", len(values), _MAX_EXIT_CODES))
    return out


def resource_claims(claims: list[Obj], path: str) -> Findings:
    """The resource claims of a Pod."""
    out: Findings = []
    seen: set[str] = set()
    for index, claim in enumerate(claims):
        at, name = f"{path}[{index}]", claim.get("name", "")
        if not name or name in seen:
            out.append(duplicate(f"{at}.name", name) if name else required(f"{at}.name"))
        else:
            out += rule(f"{at}.name", name, names.label)
        seen.add(name)
        out += _claim_source(claim, at)
    return out


def _claim_source(claim: Obj, path: str) -> Findings:
    fields = [field for field in ("resourceClaimName", "resourceClaimTemplateName") if claim.get(field) is not None]
    out: list[FieldError] = []
    if len(fields) != 1:
        both = "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"
        text = both if fields else "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"
        out.append(invalid(path, internal_form("PodResourceClaim", claim), text))
    for field in fields:
        out += rule(f"{path}.{field}", claim[field], names.subdomain)
    return out
