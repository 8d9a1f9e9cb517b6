"""The built-in controllers: what kube-controller-manager does, one small package per family.

Each package has an `engine` (pure functions: what should be there, what is there, what to do) and a `controller` that reads
informers, asks the engine and carries its plan out through the client. `pods` holds what they all need to know about Pods.

Kinds: Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, EndpointSlice (and Endpoints), Namespace, ServiceAccount,
PersistentVolumeClaim, PodDisruptionBudget, and the garbage collector over all kinds.

Flow: informer -> queue -> `controller.reconcile` -> `engine.plan_*` -> client writes -> `sdk.status.write_status`.
Limits: HorizontalPodAutoscaler is stored but not acted on.
"""

MANAGER = "kube-controller-manager"
"""Under this name the controllers write, as in every cluster: tools that ignore fields by their manager know it."""

__all__ = ["MANAGER"]
