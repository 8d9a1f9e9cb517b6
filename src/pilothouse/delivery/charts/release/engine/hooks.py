"""Hooks of a release: which run on an event, in which order, and what becomes of them."""

from __future__ import annotations

import msgspec

from pilothouse.delivery.charts.release.engine.plainvalues import clean_text
from pilothouse.delivery.charts.release.types import Release, ReleaseHook
from pilothouse.delivery.charts.types import Hook

BEFORE_CREATION, ON_SUCCESS, ON_FAILURE = "before-hook-creation", "hook-succeeded", "hook-failed"


def hook_records(hooks: tuple[Hook, ...]) -> tuple[ReleaseHook, ...]:
    """Return rendered hooks as they are stored."""
    return tuple(
        ReleaseHook(
            name=clean_text(hook.name),
            kind=hook.kind,
            path=hook.source,
            manifest=clean_text(hook.text),
            events=hook.events,
            weight=hook.weight,
            delete_policies=hook.delete_policies or None,
            output_log_policies=hook.output_log_policies or None,
        )
        for hook in hooks
    )


def hooks_for(release: Release, event: str) -> list[ReleaseHook]:
    """Return the hooks of an event by weight, then by name; those of one weight and name stay in install order."""
    return sorted((hook for hook in release.hooks or () if hook.runs_on(event)), key=lambda hook: (hook.weight, hook.name))


def is_deleted(hook: ReleaseHook, policy: str) -> bool:
    """Whether the object of a hook is deleted at this point; definitions never are."""
    return hook.kind != "CustomResourceDefinition" and policy in (hook.delete_policies or (BEFORE_CREATION,))


def has_logs(hook: ReleaseHook, is_success: bool) -> bool:
    """Whether the logs of a hook are shown after it ended."""
    wanted = ON_SUCCESS if is_success else ON_FAILURE
    return wanted in (hook.output_log_policies or ())


def with_hook(release: Release, old: ReleaseHook, new: ReleaseHook) -> Release:
    """Return the release with one hook replaced."""
    hooks = tuple(new if hook is old else hook for hook in release.hooks or ())
    return msgspec.structs.replace(release, hooks=hooks)
