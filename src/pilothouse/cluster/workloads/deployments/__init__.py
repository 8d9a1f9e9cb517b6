"""Deployments: one ReplicaSet per Pod template, replaced step by step.

A rolling update never has more than replicas + maxSurge Pods and never fewer than replicas - maxUnavailable available ones. Old
ReplicaSets are kept for rollbacks (`kubectl rollout undo`) up to revisionHistoryLimit.
"""
