"""The scheduler: which node each Pod runs on.

It follows nodes and Pods, keeps them as columns (`engine.table`), and takes Pods one by one from a queue: filters leave the nodes
that can run the Pod, scores rank them, the best one is bound. A Pod that fits nowhere waits with a condition and an event that
count the reasons, and is tried again when something changed that could help, or after a while.

Kinds: Pod (schedulerName `default-scheduler`), Node. Flow: informer -> `engine.queue` -> `engine.framework.place` -> bind.
Limits of the first depth: no preemption, no volume topology, no gangs, no dynamic resources.
"""

__all__: list[str] = []
