"""Run the tests of a release: its hooks of the event `test`, with their logs."""

from __future__ import annotations

import msgspec

from pilothouse.delivery.charts.release.actions.bench import Bench, Options
from pilothouse.delivery.charts.release.actions.operation import Operation
from pilothouse.delivery.charts.release.adapters.logs import pod_logs
from pilothouse.delivery.charts.release.engine.history import last_of, name_problem
from pilothouse.delivery.charts.release.engine.hooks import hooks_for
from pilothouse.delivery.charts.release.errors import ReleaseRefused
from pilothouse.delivery.charts.release.types import Release
from pilothouse.kit.errors import NotFound, PilothouseError
from pilothouse.sdk.kinds import POD


class Outcome(msgspec.Struct, frozen=True):
    """The release after its tests, the logs when they were asked for, and what failed."""

    release: Release
    logs: str
    failure: PilothouseError | None


async def run_tests(
    bench: Bench, name: str, options: Options, *, only: frozenset[str], without: frozenset[str], logs: bool
) -> Outcome:
    """Run the tests of a release whose names are in `only` (empty: all) and not in `without`."""
    if name_problem(name):
        raise ReleaseRefused(f"releaseTest: Release name is invalid: {name}")
    release = last_of(await bench.store.history(name), name)

    def is_chosen(hook_name: str) -> bool:
        return hook_name not in without and (not only or hook_name in only)

    skipped = tuple(hook for hook in release.hooks or () if not is_chosen(hook.name))
    chosen = tuple(hook for hook in release.hooks or () if is_chosen(hook.name))
    operation = Operation(bench, msgspec.structs.replace(release, hooks=chosen), options)
    failure: PilothouseError | None = None
    try:
        await operation.run_hooks("test", keep_succeeded=True)
    except PilothouseError as error:
        failure = error
    text = await _logs(operation) if logs else ""
    done = hooks_for(operation.release, "test")
    if failure is None:
        await operation.after_hooks(done)
    operation.release = msgspec.structs.replace(operation.release, hooks=(*skipped, *(operation.release.hooks or ())))
    await operation.record()
    return Outcome(operation.release, text, failure)


async def _logs(operation: Operation) -> str:
    text = ""
    namespace = operation.release.namespace
    for hook in hooks_for(operation.release, "test"):
        if hook.kind != "Pod":
            continue
        try:
            pod = await operation.bench.client.get(POD, hook.name, namespace)
        except NotFound as error:
            text += f"unable to get pod {hook.name}: {error.message}\n"
            continue
        text += await pod_logs(operation.bench.client, namespace, pod, "POD LOGS: {pod}\n")
    return text
