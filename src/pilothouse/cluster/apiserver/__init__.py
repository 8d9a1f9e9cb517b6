"""The Kubernetes API server: from a request to a stored object and back, and out to every watcher.

Stages, in the order a request meets them: `http` (paths, negotiation, bodies), `authn`, `authz`, then `discovery`, `openapi`
or the
`registry` (with `admission` before each write). `watchcache` answers all reads; `crds` adds custom resources to the scheme at run
time; `bootstrap` writes what every cluster has. The whole server is one handler: `ApiServer.handle(Request) -> Response`.
Limits: bodies of 3 MiB, queries of 64 KiB, depth 500; JSON and YAML bodies.
"""

from pilothouse.cluster.apiserver.backend import Config, NodeProxy
from pilothouse.cluster.apiserver.server import ApiServer

__all__ = ["ApiServer", "Config", "NodeProxy"]
