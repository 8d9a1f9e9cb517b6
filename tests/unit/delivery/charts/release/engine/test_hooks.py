"""Hooks: which, in which order, and what becomes of them."""

from pilothouse.delivery.charts.release.engine.hooks import has_logs, hook_records, hooks_for, is_deleted, with_hook
from pilothouse.delivery.charts.release.types import HookRun, Release, ReleaseHook
from pilothouse.delivery.charts.types import Hook


def test_order_and_policies() -> None:
    rendered = (
        Hook("c/t.yaml", "m", "Job", "b", ("pre-install",), 1),
        Hook("c/t.yaml", "m", "Job", "a", ("pre-install", "test"), 1),
        Hook("c/t.yaml", "m", "Job", "z", ("pre-install",), -5, ("hook-failed",), ("hook-failed",)),
    )
    release = Release("w", hooks=hook_records(rendered))
    assert [hook.name for hook in hooks_for(release, "pre-install")] == ["z", "a", "b"]
    assert [hook.name for hook in hooks_for(release, "test")] == ["a"]
    last, first, *_ = hooks_for(release, "pre-install")
    assert is_deleted(first, "before-hook-creation")
    assert not is_deleted(last, "before-hook-creation")
    assert is_deleted(last, "hook-failed")
    assert has_logs(last, False)
    assert not has_logs(last, True)


def test_definitions_stay_and_hooks_are_replaced() -> None:
    crd = ReleaseHook("x", "CustomResourceDefinition", delete_policies=("hook-succeeded",))
    assert not is_deleted(crd, "hook-succeeded")
    run = ReleaseHook("x", last_run=HookRun(phase="Running"))
    assert with_hook(Release("w", hooks=(crd,)), crd, run).hooks == (run,)
    assert ReleaseHook(events=("test-success",)).runs_on("test")
