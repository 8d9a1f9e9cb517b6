"""The signers every cluster has, and what each of them accepts: a table, after Kubernetes' "Certificates and CSRs" reference.

Pure. `certificates` asks `objection` before it signs and `is_kubelet_request` before it approves.
"""

from __future__ import annotations

from pilothouse.wire.signing import Wanted

CLIENT = "kubernetes.io/kube-apiserver-client"
KUBELET_CLIENT = "kubernetes.io/kube-apiserver-client-kubelet"
KUBELET_SERVING = "kubernetes.io/kubelet-serving"
LEGACY = "kubernetes.io/legacy-unknown"
NODES, NODE = "system:nodes", "system:node:"
_SIGNATURE, _ENCIPHERMENT = "digital signature", "key encipherment"


def objection(signer: str, wanted: Wanted, usages: tuple[str, ...]) -> str | None:
    """Return why a signer refuses a request, empty when it accepts it, None when it is none of this cluster's signers."""
    if signer == CLIENT:
        return _client_usages(usages)
    if signer == KUBELET_CLIENT:
        return _kubelet_client(wanted, usages)
    if signer == KUBELET_SERVING:
        return _kubelet_serving(wanted, usages)
    return "" if signer == LEGACY else None


def is_kubelet_request(signer: str, wanted: Wanted, usages: tuple[str, ...]) -> bool:
    """Tell whether a node asks for the certificate it logs in with: approved by itself when the asker may."""
    return signer == KUBELET_CLIENT and not _kubelet_client(wanted, usages)


def _client_usages(usages: tuple[str, ...]) -> str:
    for usage in usages:
        if usage not in (_SIGNATURE, _ENCIPHERMENT, "client auth"):
            return f"invalid usage for client certificate: {usage}"
    return "" if "client auth" in usages else "missing required usage for client certificate: client auth"


def _kubelet_client(wanted: Wanted, usages: tuple[str, ...]) -> str:
    return (
        _node_subject(wanted)
        or ("DNS subjectAltNames are not allowed" if wanted.dns_names else "")
        or ("Email subjectAltNames are not allowed" if wanted.emails else "")
        or ("IP subjectAltNames are not allowed" if wanted.addresses else "")
        or ("URI subjectAltNames are not allowed" if wanted.uris else "")
        or _exact_usages(usages, "client auth")
    )


def _kubelet_serving(wanted: Wanted, usages: tuple[str, ...]) -> str:
    return (
        _node_subject(wanted)
        or ("" if wanted.dns_names or wanted.addresses else "DNS or IP subjectAltName is required")
        or ("Email subjectAltNames are not allowed" if wanted.emails else "")
        or ("URI subjectAltNames are not allowed" if wanted.uris else "")
        or _exact_usages(usages, "server auth")
    )


def _node_subject(wanted: Wanted) -> str:
    if wanted.organizations != (NODES,):
        return "subject organization is not system:nodes"
    return "" if wanted.common_name.startswith(NODE) else "subject common name does not begin with system:node:"


def _exact_usages(usages: tuple[str, ...], purpose: str) -> str:
    """Keys other than RSA cannot encipher, so both sets are right."""
    given = set(usages)
    if given in ({_SIGNATURE, purpose}, {_SIGNATURE, _ENCIPHERMENT, purpose}):
        return ""
    return f"usages did not match [{_SIGNATURE} {_ENCIPHERMENT} {purpose}]"
