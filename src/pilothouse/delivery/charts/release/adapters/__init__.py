"""The I/O of releases: Secrets, objects of any kind, waiting, the lease, logs of Pods."""
