"""DaemonSets: one Pod on every node that its selectors and tolerations allow.

Pods are pinned to their node by affinity and bound by the scheduler. A rolling update replaces at most
maxUnavailable Pods at once.
"""
