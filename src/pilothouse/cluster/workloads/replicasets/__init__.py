"""ReplicaSets and ReplicationControllers: keep a number of Pods that match a selector.

Pods without a controller that match are adopted, owned ones that no longer match are released. Failed and deleted Pods are
replaced; surplus ones are deleted, the least ready first.
"""
