"""What forges announce: a payload becomes a `Push`, its signature is checked, and the Applications it is about are found.

GitHub, GitLab, Gitea and Gogs, Bitbucket (cloud and server) and Azure DevOps. Pure; `adapters.sources.webhook` listens.
"""

from __future__ import annotations

from pilothouse.delivery.gitops.engine.webhooks.matching import is_affected
from pilothouse.delivery.gitops.engine.webhooks.payloads import Push, provider_of, read_push
from pilothouse.delivery.gitops.engine.webhooks.pulls import PullChange, read_pull
from pilothouse.delivery.gitops.engine.webhooks.signatures import is_genuine

__all__ = ["PullChange", "Push", "is_affected", "is_genuine", "provider_of", "read_pull", "read_push"]
