"""The token subresource of ServiceAccounts: TokenRequest."""

from __future__ import annotations

from pilothouse.api.findings import invalid
from pilothouse.cluster.apiserver.authz.access import Access
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import StatusError, bad_request, names, not_found
from pilothouse.cluster.apiserver.errors import invalid as invalid_status
from pilothouse.cluster.apiserver.http.respond import answer_tree
from pilothouse.cluster.apiserver.registry.codec import read_tree
from pilothouse.cluster.apiserver.registry.writes import Writer
from pilothouse.kit.clock import rfc3339
from pilothouse.wire.http.messages import Response

DEFAULT_S, LEAST_S, MOST_S = 3600, 600, 1 << 32
_BINDABLE = {"Pod": "pods", "Secret": "secrets", "Node": "nodes"}


async def request_token(writer: Writer, access: Access, call: Call) -> Response:
    """Answer a TokenRequest with a signed token."""
    body = read_tree(call, "TokenRequest").value
    backend = writer.backend
    account = backend.look("", "serviceaccounts", call.namespace, call.name)
    if account is None:
        raise not_found(call.resource, call.name)
    spec = body.get("spec") or {}
    lifetime_s = spec.get("expirationSeconds") or DEFAULT_S
    _check_lifetime(lifetime_s)
    tokens = access.tokens
    audiences = spec.get("audiences") or [tokens.audience()]
    reference = spec.get("boundObjectRef")
    now = int(backend.clock.now())
    bound: Obj = {
        "namespace": call.namespace, "serviceaccount": {"name": call.name, "uid": account["metadata"]["uid"]},
    }  # fmt: skip
    if reference:
        bound |= _bound(writer, call, reference)
    claims = {
        "aud": audiences, "exp": now + lifetime_s, "iat": now, "nbf": now, "iss": backend.config.issuer,
        "jti": backend.entropy.uuid(), "kubernetes.io": bound, "sub": f"system:serviceaccount:{call.namespace}:{call.name}",
    }  # fmt: skip
    status = {"token": tokens.sign(claims), "expirationTimestamp": rfc3339(now + lifetime_s)}
    meta = {
        "name": call.name, "namespace": call.namespace, "uid": account["metadata"]["uid"],
        "creationTimestamp": rfc3339(now),
    }  # fmt: skip
    spec = {"audiences": audiences, "expirationSeconds": lifetime_s, "boundObjectRef": reference}
    tree = {
        "kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", "metadata": meta, "spec": spec, "status": status,
    }  # fmt: skip
    return answer_tree(tree, 201)


def _check_lifetime(lifetime_s: object) -> None:
    if not isinstance(lifetime_s, int):
        raise bad_request("spec.expirationSeconds must be a whole number")
    problem = ""
    if lifetime_s < LEAST_S:
        problem = "may not specify a duration less than 10 minutes"
    elif lifetime_s > MOST_S:
        problem = "may not specify a duration larger than 2^32 seconds"
    if problem:
        finding = invalid("spec.expirationSeconds", lifetime_s, problem)
        raise invalid_status("TokenRequest", "authentication.k8s.io", "", [finding])


def _bound(writer: Writer, call: Call, reference: Obj) -> Obj:
    """Return the claims of the object a token lives as long as."""
    kind, name = str(reference.get("kind", "")), str(reference.get("name", ""))
    plural = _BINDABLE.get(kind)
    if plural is None:
        version = reference.get("apiVersion", "v1")
        raise bad_request(f"cannot bind token to object of type /{version}, Kind={kind}")
    found = writer.backend.look("", plural, "" if kind == "Node" else call.namespace, name)
    if found is None:
        resource = writer.backend.scheme.resource("", "v1", plural)
        assert resource is not None
        raise not_found(resource, name)
    uid = found["metadata"]["uid"]
    if reference.get("uid") not in {None, "", uid}:
        text = f'Operation cannot be fulfilled on {kind} "{name}": the UID in the bound object reference ({reference["uid"]}) '
        text += "does not match the UID in record. The object might have been deleted and then recreated"
        raise StatusError(409, "Conflict", text, names(name, "", kind))
    claims: Obj = {kind.lower(): {"name": name, "uid": uid}}
    node = (found.get("spec") or {}).get("nodeName") if kind == "Pod" else ""
    if node:
        host = writer.backend.look("", "nodes", "", node)
        claims["node"] = {"name": node, **({"uid": host["metadata"]["uid"]} if host else {})}
    return claims
