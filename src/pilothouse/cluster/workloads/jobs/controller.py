"""Carries out the plans for Jobs."""

from __future__ import annotations

from pilothouse.api.meta import Tree, controller_of, metadata, name_of, namespace_of, uid_of
from pilothouse.cluster.workloads import MANAGER
from pilothouse.cluster.workloads.jobs.engine import finished_condition, plan_job, pod_for
from pilothouse.cluster.workloads.jobs.tracking import FINALIZER, owned_by, to_release
from pilothouse.kit.errors import Conflict, NotFound
from pilothouse.sdk.cache import CONTROLLER, by_controller
from pilothouse.sdk.controller import to_controller
from pilothouse.sdk.kinds import JOB, POD
from pilothouse.sdk.manager import Manager
from pilothouse.sdk.reconcile import Request, Result
from pilothouse.sdk.status import write_status

_BY_JOB = "job"


def _by_job(pod: Tree) -> list[str]:
    """Index function: the Job that controls a Pod, by name: when it is gone nobody knows its uid."""
    reference = controller_of(pod) or {}
    return [str(Request(namespace_of(pod), str(reference["name"])))] if reference.get("kind") == JOB.kind else []


class JobController:
    """Reconciles Jobs."""

    def __init__(self, manager: Manager) -> None:
        """Watch Jobs and their Pods."""
        self._client = manager.client.named(MANAGER)
        self._clock = manager.clock
        self._recorder = manager.recorder("job-controller", field_manager=MANAGER)
        self._jobs = manager.informer(JOB)
        self._pods = manager.informer(POD)
        self._pods.cache.add_index(CONTROLLER, by_controller)
        self._pods.cache.add_index(_BY_JOB, _by_job)
        controller = manager.controller("job", self.reconcile)
        controller.watch(self._jobs)
        controller.watch(self._pods, to_controller(JOB))

    async def reconcile(self, request: Request) -> Result | None:
        """Move one Job a step."""
        job = self._jobs.cache.get(request.name, request.namespace)
        if job is None:
            pods = self._pods.cache.by_index(_BY_JOB, str(request))
            await self._release(to_release(None, owned_by(request.name, None, pods)))
            return None
        pods = self._pods.cache.family(job)
        plan = plan_job(job, pods, self._clock.now())
        if plan.should_delete_job:
            await self._client.delete(JOB, request.name, request.namespace, propagation="Background", uid=uid_of(job))
            return None
        for index in plan.create:
            created = await self._client.create(POD, pod_for(job, index))
            self._pods.observe(created)
            self._recorder.normal(job, "SuccessfulCreate", f"Created pod: {name_of(created)}")
        for pod in plan.delete:
            await self._delete(job, pod)
        was_finished = finished_condition(job) is not None
        stored = await write_status(self._client, JOB, job, lambda fresh: plan_job(fresh, pods, self._clock.now()).status)
        if stored is not None:
            self._jobs.observe(stored)
            self._announce(stored, was_finished)
            await self._release(to_release(stored, owned_by("", uid_of(job), pods)))
        return Result(requeue_after_s=plan.requeue_after_s) if plan.requeue_after_s is not None else None

    async def _release(self, pods: list[Tree]) -> None:
        """Take the finalizer from Pods that are noted in a status, or whose Job needs no count any more."""
        for pod in pods:
            meta = metadata(pod)
            kept = [name for name in meta.get("finalizers") or () if name != FINALIZER]
            change = {"metadata": {"finalizers": kept or None, "resourceVersion": meta["resourceVersion"]}}
            try:
                self._pods.observe(await self._client.patch(POD, name_of(pod), namespace_of(pod), change))
            except (Conflict, NotFound):  # its newer form comes here by itself
                continue

    def _announce(self, job: Tree, was_finished: bool) -> None:
        done = finished_condition(job)
        if done is None or was_finished:
            return
        if done["type"] == "Complete":
            self._recorder.normal(job, "Completed", "Job completed")
        else:
            self._recorder.warning(job, done["reason"], done["message"])

    async def _delete(self, job: Tree, pod: Tree) -> None:
        try:
            answer = await self._client.delete(POD, name_of(pod), namespace_of(pod), uid=uid_of(pod))
        except NotFound:
            return
        self._pods.observe(answer)
        self._recorder.normal(job, "SuccessfulDelete", f"Deleted pod: {name_of(pod)}")
