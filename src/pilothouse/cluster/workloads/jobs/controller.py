"""Carries out the plans for Jobs."""

from __future__ import annotations

from pilothouse.api.meta import Tree, name_of, namespace_of, uid_of
from pilothouse.cluster.workloads import MANAGER
from pilothouse.cluster.workloads.jobs.engine import finished_condition, plan_job, pod_for
from pilothouse.kit.errors import NotFound
from pilothouse.sdk.cache import by_namespace
from pilothouse.sdk.controller import to_controller
from pilothouse.sdk.kinds import JOB, POD
from pilothouse.sdk.manager import Manager
from pilothouse.sdk.reconcile import Request, Result
from pilothouse.sdk.status import write_status


class JobController:
    """Reconciles Jobs."""

    def __init__(self, manager: Manager) -> None:
        """Watch Jobs and their Pods."""
        self._client = manager.client.named(MANAGER)
        self._clock = manager.clock
        self._recorder = manager.recorder("job-controller")
        self._jobs = manager.informer(JOB)
        self._pods = manager.informer(POD)
        self._pods.cache.add_index("namespace", by_namespace)
        controller = manager.controller("job", self.reconcile)
        controller.watch(self._jobs)
        controller.watch(self._pods, to_controller(JOB))

    async def reconcile(self, request: Request) -> Result | None:
        """Move one Job a step."""
        job = self._jobs.cache.get(request.name, request.namespace)
        if job is None:
            return None
        plan = plan_job(job, self._pods.cache.by_index("namespace", request.namespace), self._clock.now())
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
        stored = await write_status(self._client, JOB, job, lambda _: plan.status)
        if stored is not None:
            self._jobs.observe(stored)
            self._announce(stored, was_finished)
        return Result(requeue_after_s=plan.requeue_after_s) if plan.requeue_after_s is not None else None

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
