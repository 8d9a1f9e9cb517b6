"""The store: bytes in, bytes out, under one growing revision.

`revisions` holds the records, the failures and the `Store` protocol; `memory`, `log` and `etcd` are engines behind one
conformance suite; `watch` is the event history and fan-out the first two share; `encryption` seals values on their way.
Keys look like `/registry/<group>/<resource>/<namespace>/<name>`. The store never looks into a value. Readers and watchers see
durable revisions only.
"""
