"""Rules of the status of a Pod."""

from __future__ import annotations

from typing import Any

from pilothouse.api.findings import duplicate, forbidden, invalid
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import Findings, Obj, immutable, ip_address, parse_ip, rule
from pilothouse.api.validation.pods.annotations import annotation_changes, pod_annotations

_SYSTEM = frozenset(("PodScheduled", "Ready", "Initialized"))
_MAX_ID = 2**31 - 1
_BACK = "may not be transitioned to non-terminated state"


def pod_status(new: Obj, old: Obj) -> Findings:
    """What a node may report: addresses are valid, the class of service stays, finished containers stay finished."""
    status, before = new.get("status") or {}, old.get("status") or {}
    notes = new["metadata"].get("annotations")
    out = annotation_changes(notes, old["metadata"].get("annotations"), "metadata.annotations")
    out += pod_annotations(notes, new.get("spec") or {}, "metadata.annotations")
    for index, condition in enumerate(status.get("conditions") or ()):
        if condition.get("type") not in _SYSTEM:
            out += rule(f"status.conditions[{index}].Type", condition.get("type", ""), names.qualified)
    out += _nominated(status.get("nominatedNodeName") or "", before.get("nominatedNodeName") or "", old.get("spec") or {})
    if status.get("observedGeneration", 0) < 0:
        out.append(invalid("status.observedGeneration", status["observedGeneration"], "must be a non-negative integer"))
    if status.get("qosClass") != before.get("qosClass"):
        out += immutable("status.qosClass", status.get("qosClass", ""), before.get("qosClass", ""))
    out += _transitions(status, before, old.get("spec") or {}) + _claims(status, new.get("spec") or {})
    addresses = [item.get("ip", "") for item in status.get("podIPs") or ()]
    if not addresses and status.get("podIP"):
        addresses = [status["podIP"]]
    out += _addresses("status.podIPs", addresses, status.get("podIPs") or [{"ip": address} for address in addresses])
    return out + _host_addresses(status) + _users(status)


def _nominated(after: str, before: str, spec: Obj) -> Findings:
    if not after or after == before:
        return []
    path = "status.nominatedNodeName"
    out = rule(path, after, names.subdomain)
    if spec.get("nodeName"):
        out.append(forbidden(path, "may not be set on pods that are already bound to a node"))
    return out


def _transitions(status: Obj, before: Obj, spec: Obj) -> Findings:
    out: Findings = []
    for field, containers in (("containerStatuses", "containers"), ("initContainerStatuses", "initContainers")):
        own = {item.get("name"): item for item in spec.get(containers) or ()}
        now = {item.get("name"): item for item in status.get(field) or ()}
        for index, was in enumerate(before.get(field) or ()):
            ended = (was.get("state") or {}).get("terminated")
            found = now.get(was.get("name"))
            if ended is None or found is None or (found.get("state") or {}).get("terminated") is not None:
                continue
            if not _restarts(own.get(was.get("name")), spec, ended.get("exitCode", 0)):
                out.append(forbidden(f"status.{field}[{index}].state", _BACK))
    now = {item.get("name"): item for item in status.get("ephemeralContainerStatuses") or ()}
    for index, was in enumerate(before.get("ephemeralContainerStatuses") or ()):
        found = now.get(was.get("name"))
        if (was.get("state") or {}).get("terminated") is None or found is None:
            continue
        if (found.get("state") or {}).get("terminated") is None:
            out.append(forbidden(f"status.ephemeralContainerStatuses[{index}].state", _BACK))
    return out


def _restarts(container: Obj | None, spec: Obj, exit_code: int) -> bool:
    """Whether a container that ended like this runs again."""
    if container is None:
        return False
    for item in container.get("restartPolicyRules") or ():
        codes = item.get("exitCodes") or {}
        if (exit_code in (codes.get("values") or ())) == (codes.get("operator") == "In"):
            return True
    policy = container.get("restartPolicy") or spec.get("restartPolicy")
    return policy == "Always" or (policy == "OnFailure" and exit_code != 0)


def _claims(status: Obj, spec: Obj) -> Findings:
    out: Findings = []
    known = {claim.get("name") for claim in spec.get("resourceClaims") or ()}
    seen: set[str] = set()
    for index, item in enumerate(status.get("resourceClaimStatuses") or ()):
        path, name = f"status.resourceClaimStatuses[{index}].name", item.get("name", "")
        if name not in known:
            out.append(invalid(path, name, "must match the name of an entry in `spec.resourceClaims`"))
        if name in seen:
            out.append(duplicate(path, name))
        seen.add(name)
        if item.get("resourceClaimName") is not None:
            out += rule(path, item["resourceClaimName"], names.subdomain)
    return out


def _addresses(path: str, addresses: list[str], shown: list[Obj]) -> Findings:
    out = [finding for index, address in enumerate(addresses) for finding in ip_address(f"{path}[{index}]", address)]
    if len(addresses) > 1:
        versions = [parsed.version for parsed in map(parse_ip, addresses) if parsed is not None]
        if sorted(versions) != [4, 6]:
            values: list[Any] = [{"IP": item.get("ip", "")} for item in shown]
            out.append(invalid(path, values, "may specify no more than one IP for each IP family"))
    return out


def _host_addresses(status: Obj) -> Findings:
    found = status.get("hostIPs") or []
    addresses = [item.get("ip", "") for item in found]
    out: Findings = []
    if addresses and status.get("hostIP", "") != addresses[0]:
        out.append(invalid("status.hostIPs[0].ip", addresses[0], "must be equal to `hostIP`"))
    return out + _addresses("status.hostIPs", addresses, found)


def _users(status: Obj) -> Findings:
    out: Findings = []
    text = f"must be between 0 and {_MAX_ID}, inclusive"
    for field in ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"):
        for index, item in enumerate(status.get(field) or ()):
            user, path = (item.get("user") or {}).get("linux") or {}, f"status.{field}[{index}].linux"
            numbers = [(key, user[key]) for key in ("uid", "gid") if key in user]
            numbers += [(f"supplementalGroups[{n}]", group) for n, group in enumerate(user.get("supplementalGroups") or ())]
            out += [invalid(f"{path}.{key}", value, text) for key, value in numbers if not 0 <= value <= _MAX_ID]
    return out
