"""What keeps Pods apart: the system calls, the node's private network, a container's view of the file system.

`detect` finds out what the machine allows; `network` makes one network per Pod with `netlink`; `mounts` builds a container's root
between fork and exec. Everything here runs in the supervisor or a child it has just forked, with the standard library only.
"""
