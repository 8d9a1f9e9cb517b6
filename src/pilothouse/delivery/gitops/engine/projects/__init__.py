"""AppProjects: what Applications of a project may do, and when.

`permissions` says which sources, destinations, kinds and namespaces are allowed; `windows` says when a sync may run; `validation`
says what is wrong with a project, its roles and policies. All of it are pure functions on the spec of an AppProject and a moment.
"""

from pilothouse.delivery.gitops.engine.projects.permissions import (
    is_destination_permitted,
    is_resource_permitted,
    is_source_namespace_permitted,
    is_source_permitted,
)
from pilothouse.delivery.gitops.engine.projects.validation import project_problems
from pilothouse.delivery.gitops.engine.projects.windows import Target, can_sync, matching_windows

__all__ = [
    "Target", "can_sync", "is_destination_permitted", "is_resource_permitted", "is_source_namespace_permitted",
    "is_source_permitted", "matching_windows", "project_problems",
]  # fmt: skip
