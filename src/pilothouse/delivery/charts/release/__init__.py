"""Releases: charts in a cluster, kept in the Secrets helm keeps them in, so that both tools work on the same releases.

Flow: `actions` (install, upgrade, roll back, uninstall, test) render through the chart engine, decide through `engine` (pure:
records, history, ownership, readiness, hooks, differences) and act through `adapters` (Secrets, objects, waiting, lease, logs).

Kinds: Secret `helm.sh/release.v1`, Lease `sh.helm.release.v1.NAME`, whatever the charts hold. Limits: 256 MB for a decompressed
record; a record over the size of a Secret goes on in further Secrets, which only Pilothouse reads.
"""
