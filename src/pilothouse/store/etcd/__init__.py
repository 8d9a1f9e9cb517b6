"""The `etcd` engine: the store of one or many API servers in an etcd of version 3.4 or newer.

`engine` does reads and writes, `watches` follows changes, `messages` holds the wire form of the few calls that are used. The
channel comes from whoever starts the engine (`app`, tests): it moves bytes of gRPC and knows nothing of etcd.

Revisions are etcd's own. Keys are `/registry/...` like those of kube-apiserver, values are what the other engines hold. A time to
live is a lease of its own, so that no two keys ever change in one revision.
"""
