"""Token requests of ServiceAccounts, and the typed bodies of subresources that are no views of their object."""

from __future__ import annotations

from pilothouse.api.findings import FieldError, invalid
from pilothouse.api.schema.decode import decode
from pilothouse.cluster.apiserver.admission.identity.nodes import restrict_token
from pilothouse.cluster.apiserver.authz.access import Access
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import StatusError, bad_request, names, not_found
from pilothouse.cluster.apiserver.errors import invalid as invalid_status
from pilothouse.cluster.apiserver.http.negotiate import negotiate
from pilothouse.cluster.apiserver.http.respond import answer_tree
from pilothouse.cluster.apiserver.registry.codec import cannot_handle, check_type, read_tree
from pilothouse.cluster.apiserver.registry.options import write_options
from pilothouse.kit.clock import rfc3339
from pilothouse.kit.errors import PilothouseError
from pilothouse.wire.http.messages import Response

MIN_TOKEN_S, MAX_TOKEN_S = 600, 1 << 32


def typed_body(call: Call) -> Obj:
    """Return the body of a subresource in its own type; raises 400."""
    sub = call.subresource
    assert sub is not None and sub.schema is not None
    tree = read_tree(call, sub.kind).value
    check_type(tree, sub.kind, f"{sub.group}/{sub.version}" if sub.group else sub.version)
    try:
        result: Obj = decode(sub.schema, tree)[0]
    except PilothouseError as error:
        raise cannot_handle(sub.kind, sub.version, error.message) from None
    return result


class TokenRequests:
    """Answers `serviceaccounts/token`."""

    def __init__(self, backend: Backend, access: Access) -> None:
        """Sign with the keys of `access`."""
        self.backend, self.accounts = backend, access.tokens.accounts

    async def token(self, call: Call) -> Response:
        """Make a token for a ServiceAccount."""
        write_options(call, "CreateOptions")
        body = typed_body(call)
        account = self.backend.look("", "serviceaccounts", call.namespace, call.name)
        if account is None:
            raise not_found(call.resource, call.name)
        spec = body["spec"]
        spec.setdefault("expirationSeconds", 3600)
        spec["audiences"] = spec.get("audiences") or [self.accounts.audience()]
        seconds = spec["expirationSeconds"]
        findings: list[FieldError] = []
        if seconds < MIN_TOKEN_S:
            findings.append(invalid("spec.expirationSeconds", seconds, "may not specify a duration less than 10 minutes"))
        elif seconds > MAX_TOKEN_S:
            findings.append(invalid("spec.expirationSeconds", seconds, "may not specify a duration larger than 2^32 seconds"))
        if findings:
            raise invalid_status("TokenRequest", "authentication.k8s.io", "", findings)
        restrict_token(self.backend, call, spec.get("boundObjectRef"))
        bound = self._bound(call, spec.get("boundObjectRef"))
        now = int(self.backend.clock.now())
        private: Obj = {
            "namespace": call.namespace,
            "serviceaccount": {"name": call.name, "uid": account["metadata"]["uid"]},
            **bound,
        }
        claims = {
            "aud": spec["audiences"], "exp": now + seconds, "iat": now, "iss": self.backend.config.issuer,
            "jti": self.backend.entropy.uuid(), "kubernetes.io": private, "nbf": now,
            "sub": f"system:serviceaccount:{call.namespace}:{call.name}",
        }  # fmt: skip
        meta = account["metadata"]
        shown = {
            "kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1",
            "metadata": {"name": call.name, "namespace": call.namespace, "uid": meta["uid"],
            "creationTimestamp": self.backend.now()},
            "spec": {**spec, "boundObjectRef": spec.get("boundObjectRef")},
            "status": {"token": self.accounts.sign(claims), "expirationTimestamp": rfc3339(now + seconds)},
        }  # fmt: skip
        encoding = negotiate(call.request.header("accept"), is_list=False, is_whole=True)
        return answer_tree(shown, 201, encoding, call.warnings)

    def _bound(self, call: Call, reference: Obj | None) -> Obj:
        if reference is None:
            return {}
        kind = reference.get("kind", "")
        plural = {"Pod": "pods", "Secret": "secrets", "Node": "nodes"}.get(kind)
        if plural is None or reference.get("apiVersion", "v1") != "v1":
            group, _, version = reference.get("apiVersion", "v1").rpartition("/")
            raise bad_request(f"cannot bind token to object of type {group}/{version}, Kind={kind}")
        name = reference.get("name", "")
        found = self.backend.look("", plural, "" if kind == "Node" else call.namespace, name)
        if found is None:
            raise StatusError(404, "NotFound", f'{plural} "{name}" not found', names(name, "", plural))
        uid = found["metadata"]["uid"]
        if reference.get("uid") and reference["uid"] != uid:
            text = f'Operation cannot be fulfilled on {kind} "{name}": the UID in the bound object reference '
            text += (
                f"({reference['uid']}) does not match the UID in record. The object might have been deleted and then recreated"
            )
            raise StatusError(409, "Conflict", text, names(name, "", kind))
        if kind == "Pod" and (found.get("spec") or {}).get("serviceAccountName") != call.name:
            text = f'cannot bind token for serviceaccount "{call.name}" to pod running with different serviceaccount name.'
            raise bad_request(text)
        out: Obj = {kind.lower(): {"name": name, "uid": uid}}
        node = self.backend.look("", "nodes", "", (found.get("spec") or {}).get("nodeName") or "") if kind == "Pod" else None
        if node is not None:
            out["node"] = {"name": node["metadata"]["name"], "uid": node["metadata"]["uid"]}
        return out
