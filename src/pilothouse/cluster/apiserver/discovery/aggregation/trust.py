"""What servers behind this one need to trust it: the authorities of clients and of the certificate this server shows them.

Published as the ConfigMap `extension-apiserver-authentication` in kube-system, where libraries of aggregated servers look for it.
"""

from __future__ import annotations

import orjson

from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.store.revisions import Mismatch

NAME = "extension-apiserver-authentication"
CLIENT = "front-proxy-client"
_KEY = f"/registry/core/configmaps/kube-system/{NAME}"
_HEADERS = {
    "requestheader-username-headers": ["X-Remote-User"], "requestheader-uid-headers": ["X-Remote-Uid"],
    "requestheader-group-headers": ["X-Remote-Group"], "requestheader-extra-headers-prefix": ["X-Remote-Extra-"],
    "requestheader-allowed-names": [CLIENT],
}  # fmt: skip


async def publish(backend: Backend) -> None:
    """Write the ConfigMap when it is missing or says something else; a server without such certificates publishes nothing."""
    config = backend.config
    if not config.proxy_authority_pem:
        return
    data = {name: orjson.dumps(values).decode() for name, values in _HEADERS.items()}
    data["requestheader-client-ca-file"] = config.proxy_authority_pem
    if config.client_authority_pem:
        data["client-ca-file"] = config.client_authority_pem
    for _ in range(5):
        item = backend.find("", "configmaps", "kube-system", NAME)
        if item is None:
            meta = {"name": NAME, "namespace": "kube-system", "uid": backend.entropy.uuid(), "creationTimestamp": backend.now()}
            tree = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": meta}
        else:
            tree = orjson.loads(item.raw)
            if tree.get("data") == data:
                return
        try:
            await backend.write(_KEY, 0 if item is None else item.revision, orjson.dumps({**tree, "data": data}))
            return
        except Mismatch:
            await backend.cache.current()
