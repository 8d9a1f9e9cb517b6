"""Encryption of chosen resources at rest: a store around a store.

`engine` seals values on their way into the engine below and opens them on their way out, so that disks, backups and an etcd
never see them; `ciphers` holds the formats (those of Kubernetes: `k8s:enc:aesgcm:v1:<key>:...`); `config` reads an
`EncryptionConfiguration` (apiserver.config.k8s.io/v1). Everything above the store, the watch cache first, reads plain bytes.

Rotation: the first key of a rule writes, the others only read. At start, what the first key did not write is written again, and
history that holds older ciphertext is dropped; after that the old key opens nothing that is left.
"""
