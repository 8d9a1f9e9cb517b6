"""Jobs: run Pods until enough of them succeeded.

Parallelism, completions (also indexed), backoffLimit, activeDeadlineSeconds, suspend and ttlSecondsAfterFinished are honoured.
Limit: Pods that are deleted by others are not counted, because Pod tracking finalizers are not used yet.
"""
