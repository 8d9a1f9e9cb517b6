"""The garbage collector: deletes objects whose owners are gone.

It follows every served kind. Background deletion removes dependents after the owner, foreground deletion before it (finalizer
`foregroundDeletion`), orphaning (finalizer `orphan`) cuts the references. An owner counts as gone only after a direct read
confirmed it, by uid; owners in other namespaces count as absent.
"""
