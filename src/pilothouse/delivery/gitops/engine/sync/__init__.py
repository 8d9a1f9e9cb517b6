"""A sync, step by step: what is applied, removed and waited for, in which order.

`step` is the whole engine: a generator that yields commands (look up a kind, dry-run, apply, delete, judge) and is sent the
answers, so the same code runs against a cluster, against a recorded case and in a simulation. `Sync` holds what a step needs and
what it remembers; `terminate` ends one early. Phases are PreSync, Sync, PostSync and SyncFail, each in waves; a wave starts when
the one before is healthy. The rules are those of Argo CD's sync.
"""

from pilothouse.delivery.gitops.engine.sync.commands import Answer, Command
from pilothouse.delivery.gitops.engine.sync.objects import HOOK_FINALIZER, has_option, identity_of, is_hook, object_id, wave_of
from pilothouse.delivery.gitops.engine.sync.run import step
from pilothouse.delivery.gitops.engine.sync.state import Options, Resource, Sync, TaskResult
from pilothouse.delivery.gitops.engine.sync.terminate import terminate

__all__ = [
    "HOOK_FINALIZER", "Answer", "Command", "Options", "Resource", "Sync", "TaskResult", "has_option", "identity_of", "is_hook",
    "object_id", "step", "terminate", "wave_of",
]  # fmt: skip
