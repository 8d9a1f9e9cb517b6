"""Rules of API services, flow control and other kinds with few rules."""

from __future__ import annotations

import base64
import math

from pilothouse.api.findings import forbidden, invalid, required, unsupported
from pilothouse.api.findings.internalform import internal_form
from pilothouse.api.validation.checks import PORT_RANGE, Findings, Obj, immutable, one_of

MAX_QUEUES, MAX_ENTROPY = 10_000_000, 60


def api_service(obj: Obj) -> Findings:
    """A new APIService."""
    spec, name = obj["spec"], obj["metadata"].get("name", "")
    wanted = f"{spec.get('version', '')}.{spec.get('group', '')}"
    out: Findings = []
    if name != wanted:
        out.append(invalid("metadata.name", name, f'must be `spec.version+"."+spec.group`: "{wanted}"'))
    for field, limit in (("groupPriorityMinimum", 20000), ("versionPriority", 1000)):
        value = spec.get(field, 0)
        if not 0 < value <= limit:
            out.append(invalid(f"spec.{field}", value, f"must be positive and less than {limit}"))
    return out + _server_of(spec)


def api_service_update(new: Obj, old: Obj) -> Findings:
    """An APIService follows the same rules when it changes."""
    return api_service(new)


def _server_of(spec: Obj) -> Findings:
    """Whose server an APIService names, and how it is trusted."""
    out: Findings = []
    if not spec.get("group") and spec.get("version") != "v1":
        out.append(required("spec.group", "only v1 may have an empty group and it better be legacy kube"))
    service, bundle, is_unverified = spec.get("service"), spec.get("caBundle"), spec.get("insecureSkipTLSVerify")
    if service is None:
        if bundle:
            text = f"{len(base64.b64decode(bundle))} bytes"
            out.append(invalid("spec.caBundle", text, "local APIServices may not have a caBundle"))
        if is_unverified:
            out.append(invalid("spec.insecureSkipTLSVerify", True, "local APIServices may not have insecureSkipTLSVerify"))
        return out
    out += [required(f"spec.service.{field}") for field in ("namespace", "name") if not service.get(field)]
    port = service.get("port", 443)
    if not 1 <= port <= 65535:
        out.append(invalid("spec.service.port", port, f"port is not valid: {PORT_RANGE}"))
    if is_unverified and bundle:
        out.append(invalid("spec.insecureSkipTLSVerify", True, "may not be true if caBundle is present"))
    return out


def flow_schema(obj: Obj) -> Findings:
    """A new FlowSchema."""
    spec = obj["spec"]
    out: Findings = []
    precedence = spec.get("matchingPrecedence", 1000)
    if precedence > 10000:
        out.append(invalid("spec.matchingPrecedence", precedence, "must not be greater than 10000"))
    if not (spec.get("priorityLevelConfiguration") or {}).get("name"):
        out.append(required("spec.priorityLevelConfiguration.name", "must reference a priority level"))
    for index, item in enumerate(spec.get("rules") or ()):
        path = f"spec.rules[{index}]"
        for number, subject in enumerate(item.get("subjects") or ()):
            kinds = ("Group", "ServiceAccount", "User")
            out += one_of(f"{path}.subjects[{number}].kind", subject.get("kind"), kinds, needed=True)
        if not item.get("resourceRules") and not item.get("nonResourceRules"):
            text = "at least one of resourceRules and nonResourceRules has to be non-empty"
            out.append(required(path, text))
    return out


def flow_schema_update(new: Obj, old: Obj) -> Findings:
    """A FlowSchema follows the same rules when it changes."""
    return flow_schema(new)


def priority_level(obj: Obj) -> Findings:
    """A new PriorityLevelConfiguration."""
    spec = obj["spec"]
    kind, limited = spec.get("type", ""), spec.get("limited")
    if kind not in ("Exempt", "Limited"):
        return [unsupported("spec.type", kind, ("Exempt", "Limited"))]
    if kind == "Limited" and limited is None:
        return [required("spec.limited", "must not be empty when type is Limited")]
    if kind == "Exempt":
        out = [forbidden("spec.limited", "must be nil if the type is not Limited")] if limited is not None else []
        return out + _seats(spec.get("exempt") or {}, "spec.exempt")
    out = [forbidden("spec.exempt", "must be nil if the type is Limited")] if spec.get("exempt") is not None else []
    assert limited is not None
    return (
        out + _seats(limited, "spec.limited") + _limit_response(limited.get("limitResponse") or {}, "spec.limited.limitResponse")
    )


def _seats(part: Obj, path: str) -> Findings:
    out: Findings = []
    shares, lent, borrowed = (part.get(key) for key in ("nominalConcurrencyShares", "lendablePercent", "borrowingLimitPercent"))
    if shares is not None and shares < 0:
        out.append(invalid(f"{path}.nominalConcurrencyShares", shares, "must be a non-negative integer"))
    if lent is not None and not 0 <= lent <= 100:
        out.append(invalid(f"{path}.lendablePercent", lent, "must be between 0 and 100, inclusive"))
    if borrowed is not None and borrowed < 0:
        out.append(invalid(f"{path}.borrowingLimitPercent", borrowed, "if specified, must be non-negative"))
    return out


def _limit_response(response: Obj, path: str) -> Findings:
    kind, queuing = response.get("type", ""), response.get("queuing")
    if kind == "Reject":
        text = "must be nil if limited.limitResponse.type is not Limited"
        return [forbidden(f"{path}.queuing", text)] if queuing is not None else []
    if kind != "Queue":
        return [unsupported(f"{path}.type", kind, ("Queue", "Reject"))]
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


def device_update(new: Obj, old: Obj) -> Findings:
    """The driver of a ResourceSlice stays."""
    return immutable("spec.driver", (new.get("spec") or {}).get("driver"), (old.get("spec") or {}).get("driver"))


def resource_claim_update(new: Obj, old: Obj) -> Findings:
    """The spec of a ResourceClaim stays."""
    if new.get("spec") == old.get("spec"):
        return []
    return [invalid("spec", internal_form("ResourceClaimSpec", new.get("spec") or {}), "field is immutable")]


def csi_driver_update(new: Obj, old: Obj) -> Findings:
    """What of a CSIDriver may not change."""
    after, before = new.get("spec") or {}, old.get("spec") or {}
    return immutable("spec.attachedRequired", after.get("attachRequired"), before.get("attachRequired"))
