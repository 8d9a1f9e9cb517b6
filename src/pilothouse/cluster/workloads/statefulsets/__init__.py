"""StatefulSets: Pods with a stable name, ordinal and volume each.

OrderedReady sets create Pods one after another and remove them in reverse; Parallel ones do not wait. A rolling update goes from
the highest ordinal down to the partition, one not-ready Pod at a time. Claims made from volumeClaimTemplates are kept.
"""
