"""API servers of others behind this one: APIServices that name a Service.

`remotes` knows which group versions are served elsewhere, `proxy` passes requests on with the user in headers, `status` keeps the
Available condition of every APIService and registers the groups of custom resources, `merged` adds what others serve to
discovery and OpenAPI. While nobody registered a server, a request costs one attribute test.
"""

from pilothouse.cluster.apiserver.discovery.aggregation.proxy import Aggregator

__all__ = ["Aggregator"]
