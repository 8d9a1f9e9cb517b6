"""The I/O of GitOps: Git mirrors, rendering, and objects in the cluster."""
