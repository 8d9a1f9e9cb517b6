"""Puts the parts of the ApplicationSet controller together."""

from __future__ import annotations

from pilothouse.delivery.gitops.adapters.clusters import Clusters
from pilothouse.delivery.gitops.adapters.git import GitMirrors
from pilothouse.delivery.gitops.adapters.gotemplates import go_renderer
from pilothouse.delivery.gitops.adapters.projects import Projects
from pilothouse.delivery.gitops.adapters.scm import Forges
from pilothouse.delivery.gitops.adapters.sources.credentials import RepositorySecrets
from pilothouse.delivery.gitops.applicationsets.checking import Checks
from pilothouse.delivery.gitops.applicationsets.controller import ApplicationSetController
from pilothouse.delivery.gitops.applicationsets.driving import Driver
from pilothouse.delivery.gitops.applicationsets.members import ClusterMembers
from pilothouse.delivery.gitops.applicationsets.repositories import GitAnswers
from pilothouse.delivery.gitops.config import GitOpsConfig
from pilothouse.sdk.manager import Manager


def application_sets(manager: Manager, mirrors: GitMirrors, config: GitOpsConfig) -> ApplicationSetController:
    """Return the controller, added to `manager`; it reads Git through `mirrors`, which Applications use too."""
    members = ClusterMembers(manager, config.namespace)
    clusters = Clusters(manager, config.namespace)
    checks = Checks(Projects(manager, config.namespace, clusters.place_of), clusters)
    repositories = GitAnswers(mirrors, RepositorySecrets(manager, config.namespace), has_globs=config.new_git_file_globbing)
    forges = Forges(members, manager.clock)
    render_go = go_renderer(manager.clock, manager.entropy)
    driver = Driver(members, repositories, forges, render_go, config.namespace, manager.clock)
    return ApplicationSetController(manager, driver, members, checks)
