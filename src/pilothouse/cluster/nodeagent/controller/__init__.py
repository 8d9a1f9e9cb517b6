"""The agent on the API: Pods of this node in, programs and statuses out.

`agent` watches the node's Pods and gives each a `worker`; the worker asks the engine for a plan after every event and carries it
out through `actions`; `probing` runs probes; `publish` writes statuses; `node` keeps the Node object and its Lease;
`services` feeds the service proxy; `sources` looks up what Pods refer to.
"""
