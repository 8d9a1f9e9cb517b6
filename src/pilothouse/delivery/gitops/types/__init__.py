"""What GitOps reads and declares: Applications, their sources and projects, and the definitions of the kinds.

`application` and `source` turn what a user wrote into checked records; `project` holds the rules of an AppProject as a record;
`definitions` are the CustomResourceDefinitions. Pure: nothing here looks at a cluster or a repository.
"""

from pilothouse.delivery.gitops.types.application import (
    FINALIZER,
    GROUP,
    REFRESH,
    TRACKING,
    VERSION,
    App,
    Retry,
    SyncPolicy,
    app_of,
    read_app,
    tracking_id,
)
from pilothouse.delivery.gitops.types.definitions import definitions
from pilothouse.delivery.gitops.types.source import Source, is_local, read_source, read_sources

__all__ = [
    "FINALIZER", "GROUP", "REFRESH", "TRACKING", "VERSION", "App", "Retry", "Source", "SyncPolicy", "app_of", "definitions",
    "is_local", "read_app", "read_source", "read_sources", "tracking_id",
]  # fmt: skip
