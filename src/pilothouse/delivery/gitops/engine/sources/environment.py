"""The variables Argo CD replaces in the parameters of a source: `$ARGOCD_APP_NAME`, `${ARGOCD_APP_REVISION}` and their kin."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pilothouse.delivery.gitops.types.source import Source

_VARIABLE = re.compile(r"\$(?:\$|\{([^{}]*)\}|([A-Za-z_][A-Za-z0-9_]*))")


class Environment(dict[str, str]):
    """Variables that know whether the revision was asked for: what depends on it is another thing with every commit."""

    is_revision_used = False

    def expand(self, text: str) -> str:
        """Return a text with its variables replaced, unknown ones by nothing; `$$` is a dollar sign."""

        def value(match: re.Match[str]) -> str:
            if match[0] == "$$":
                return "$"
            name = match[1] if match[1] is not None else match[2]
            if name.startswith("ARGOCD_APP_REVISION"):
                self.is_revision_used = True
            return self.get(name, "")

        return _VARIABLE.sub(value, text)


def environment_of(app: Mapping[str, str], source: Source, revision: str, kube_version: str) -> Environment:
    """Return the variables of one source; `app` has name, namespace and project."""
    return Environment(
        ARGOCD_APP_NAME=app["name"], ARGOCD_APP_NAMESPACE=app["namespace"], ARGOCD_APP_PROJECT_NAME=app["project"],
        ARGOCD_APP_REVISION=revision, ARGOCD_APP_REVISION_SHORT=revision[:7], ARGOCD_APP_REVISION_SHORT_8=revision[:8],
        ARGOCD_APP_SOURCE_REPO_URL=source.repo_url, ARGOCD_APP_SOURCE_PATH="" if source.chart else source.path,
        ARGOCD_APP_SOURCE_TARGET_REVISION=source.target_revision, KUBE_VERSION=kube_version.removeprefix("v"),
        KUBE_API_VERSIONS="",
    )  # fmt: skip
