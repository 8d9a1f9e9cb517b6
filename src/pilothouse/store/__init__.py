"""The store: bytes in, bytes out, under one growing revision.

`revisions` holds the records, the failures and the `Store` protocol; `memory` and `log` are engines behind one conformance
suite; `watch` is the event history and fan-out they share. Keys look like `/registry/<group>/<resource>/<namespace>/<name>`.
The store never looks into a value. Readers and watchers see durable revisions only.
"""
