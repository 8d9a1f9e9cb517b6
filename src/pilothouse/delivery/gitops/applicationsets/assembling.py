"""Puts the parts of the ApplicationSet controller together, and those that a preview needs."""

from __future__ import annotations

import msgspec

from pilothouse.api.meta import Tree, name_of
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
from pilothouse.delivery.gitops.engine.applicationsets.generating import unknown_generators
from pilothouse.sdk.manager import Manager


class Parts(msgspec.Struct, frozen=True):
    """What turns an ApplicationSet into Applications, for the controller and for previews."""

    driver: Driver
    members: ClusterMembers
    checks: Checks


def parts(manager: Manager, mirrors: GitMirrors, config: GitOpsConfig) -> Parts:
    """Return the parts; Git is read through `mirrors`."""
    members = ClusterMembers(manager, config.namespace)
    clusters = Clusters(manager, config.namespace)
    checks = Checks(Projects(manager, config.namespace, clusters.place_of, clusters.project_of), clusters)
    repositories = GitAnswers(mirrors, RepositorySecrets(manager, config.namespace), has_globs=config.new_git_file_globbing)
    forges = Forges(members, manager.clock)
    render_go = go_renderer(manager.clock, manager.entropy)
    return Parts(Driver(members, repositories, forges, render_go, config.namespace, manager.clock), members, checks)


def application_sets(manager: Manager, mirrors: GitMirrors, config: GitOpsConfig) -> ApplicationSetController:
    """Return the controller, added to `manager`; it reads Git through `mirrors`, which Applications use too."""
    found = parts(manager, mirrors, config)
    return ApplicationSetController(manager, found.driver, found.members, found.checks)


async def preview(tree: Tree, at: Parts) -> tuple[list[Tree], list[str]]:
    """Return the Applications that an ApplicationSet wants now, and what is wrong; nothing is written."""
    await at.checks.start()
    generated = await at.driver.generate(tree, lambda _ask: 0.0)
    has_unknown, names = unknown_generators(tree)
    problems = [f"found unrecognized generators {', '.join(names)}".rstrip()] if has_unknown else []
    if generated.error is not None and not has_unknown:
        problems.append(generated.error.message)
    seen: set[str] = set()
    for app in generated.applications:
        if name_of(app) in seen:
            problems.append(f"duplicate name: {name_of(app)}")
        seen.add(name_of(app))
    wrong = at.checks.problems(generated.applications)
    return generated.applications, problems + [f"{name}: {wrong[name]}" for name in sorted(wrong)]
