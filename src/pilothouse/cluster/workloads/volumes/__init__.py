"""PersistentVolumes: bind claims to volumes, and provision local directories.

A claim is bound to the smallest volume that fits, or a directory below the data directory is provisioned for
StorageClasses of the provisioner `pilothouse.dev/local-directory` (the default class). Directories of released volumes
with policy Delete are removed.
Limit: capacity is not enforced by the file system.
"""
