"""Carries out the plans for CronJobs."""

from __future__ import annotations

from pilothouse.api.meta import Tree, name_of, namespace_of, uid_of
from pilothouse.cluster.workloads import MANAGER
from pilothouse.cluster.workloads.cronjobs.engine import CronPlan, job_for, plan_cron, reference_to
from pilothouse.cluster.workloads.jobs.engine import finished_condition
from pilothouse.kit.errors import AlreadyExists, NotFound
from pilothouse.kit.schedules import InvalidSchedule
from pilothouse.sdk.cache import CONTROLLER, by_controller
from pilothouse.sdk.controller import to_controller
from pilothouse.sdk.errors import TerminalError
from pilothouse.sdk.kinds import CRON_JOB, JOB
from pilothouse.sdk.manager import Manager
from pilothouse.sdk.reconcile import Request, Result
from pilothouse.sdk.status import write_status

MISSED_MANY = "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew"


class CronJobController:
    """Reconciles CronJobs."""

    def __init__(self, manager: Manager) -> None:
        """Watch CronJobs and their Jobs."""
        self._client = manager.client.named(MANAGER)
        self._clock = manager.clock
        self._recorder = manager.recorder("cronjob-controller", field_manager=MANAGER)
        self._cron_jobs = manager.informer(CRON_JOB)
        self._jobs = manager.informer(JOB)
        self._jobs.cache.add_index(CONTROLLER, by_controller)
        controller = manager.controller("cronjob", self.reconcile)
        controller.watch(self._cron_jobs)
        controller.watch(self._jobs, to_controller(CRON_JOB))

    async def reconcile(self, request: Request) -> Result | None:
        """Start what is due and come back for the next moment."""
        cron_job = self._cron_jobs.cache.get(request.name, request.namespace)
        if cron_job is None:
            return None
        try:
            plan = plan_cron(cron_job, self._jobs.cache.family(cron_job), self._clock.now())
        except InvalidSchedule as error:
            self._recorder.warning(cron_job, "UnparseableSchedule", error.message)
            raise TerminalError(error.message) from error
        self._announce(cron_job, plan)
        for job in plan.delete:
            try:
                await self._client.delete(JOB, name_of(job), namespace_of(job), propagation="Background", uid=uid_of(job))
            except NotFound:
                continue
            self._recorder.normal(cron_job, "SuccessfulDelete", f"Deleted job {name_of(job)}")
        status = plan.status
        if plan.start_at is not None:
            try:
                created = await self._client.create(JOB, job_for(cron_job, plan.start_at))
                self._jobs.observe(created)
                status = {**status, "active": [*(status.get("active") or ()), reference_to(created)]}
                self._recorder.normal(cron_job, "SuccessfulCreate", f"Created job {name_of(created)}")
            except AlreadyExists:
                pass
        stored = await write_status(self._client, CRON_JOB, cron_job, lambda _: status)
        if stored is not None:
            self._cron_jobs.observe(stored)
        return Result(requeue_after_s=plan.requeue_after_s) if plan.requeue_after_s is not None else None

    def _announce(self, cron_job: Tree, plan: CronPlan) -> None:
        for job in plan.completed:
            condition = (finished_condition(job) or {}).get("type")
            self._recorder.normal(cron_job, "SawCompletedJob", f"Saw completed job: {name_of(job)}, condition: {condition}")
        if plan.has_missed_many:
            self._recorder.warning(cron_job, "TooManyMissedTimes", MISSED_MANY)
        if plan.skipped:
            self._recorder.normal(cron_job, "JobAlreadyActive", plan.skipped)
