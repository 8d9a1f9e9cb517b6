"""The supervisor: a small separate process that owns every Pod's programs.

It lives outside the API process so that restarting or crashing the platform neither stops nor flips a running Pod. It
imports the standard library only, stays single-threaded (user namespaces demand it) and is controlled over one Unix socket.
`client` (in `adapters`) starts it and talks to it; nothing else imports this package.

Flow: `__main__` daemonises and locks the directory -> `namespaces` + `netlink` make the node's private network -> `loop`
answers requests -> `children` forks programs, `mounts` builds their root, `logs` copies their output in CRI format and
`records` leaves an exit record on disk.

Limits: no PID namespace (a container sees the machine's processes, but may signal only its own user's), no egress from a
Pod to the outside world, host networking only where the supervisor itself kept the machine's network.
"""
