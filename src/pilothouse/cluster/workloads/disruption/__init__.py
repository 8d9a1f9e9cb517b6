"""PodDisruptionBudgets: how many Pods may be evicted now.

The eviction subresource of the API server reads `status.disruptionsAllowed`; this controller keeps it true.
"""
