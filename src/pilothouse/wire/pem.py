"""Client TLS contexts from PEM bytes, with nothing but the standard library.

Both HTTP clients use it; the certificate machinery stands in `tls`, which is too heavy to import for one request.
"""

from __future__ import annotations

import os
import ssl

from pilothouse.wire.kubeconfig import ClusterAccess


def client_context(access: ClusterAccess) -> ssl.SSLContext:
    """Return the client TLS context of an access."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if access.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif access.authority_pem:
        context.load_verify_locations(cadata=access.authority_pem.decode())
    else:
        context.load_default_certs()
    if access.certificate_pem:
        _load_pair(context, access)
    return context


def _load_pair(context: ssl.SSLContext, access: ClusterAccess) -> None:
    """Load PEM bytes through an anonymous file: the ssl module reads certificates from paths only."""
    descriptor = os.memfd_create("client-certificate")
    try:
        os.write(descriptor, access.certificate_pem + b"\n" + access.key_pem)
        context.load_cert_chain(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)
