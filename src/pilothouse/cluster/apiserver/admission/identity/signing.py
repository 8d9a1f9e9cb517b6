"""Who asked for a certificate: recorded in the request by the server, whatever the client wrote."""

from __future__ import annotations

from pilothouse.cluster.apiserver.admission.chain import Stage
from pilothouse.cluster.apiserver.context import Call, Obj

_FIELDS = ("username", "uid", "groups", "extra")


class SigningRequests(Stage):
    """The stage for CertificateSigningRequests."""

    kinds = frozenset(("CertificateSigningRequest",))

    async def mutate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Set the requester of a new request; nothing of the spec changes later."""
        if call.resource.kind != "CertificateSigningRequest" or call.verb == "delete":
            return
        if old is not None:
            obj["spec"] = old["spec"]
            return
        info = call.user.info()
        for field in _FIELDS:
            obj["spec"].pop(field, None)
            if field in info:
                obj["spec"][field] = info[field]
