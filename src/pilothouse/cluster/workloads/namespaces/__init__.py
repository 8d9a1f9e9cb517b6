"""Namespaces: empty a namespace that is being deleted, then let it go.

Pods go first, then everything else of every served kind; the finalizer `kubernetes` is removed through the finalize subresource
once nothing is left. What is still there is told in the conditions. `quotas` counts what the objects of a namespace use.
"""
