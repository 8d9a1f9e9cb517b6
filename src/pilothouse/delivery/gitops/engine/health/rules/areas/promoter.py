"""GitOps Promoter: commits on their way through environments."""

from __future__ import annotations

from collections.abc import Callable

from pilothouse.api.meta import Tree, metadata
from pilothouse.delivery.gitops.engine.health.rules.judges import promotions
from pilothouse.delivery.gitops.engine.health.rules.language import Rule, conditions, items, otherwise, rules, shown, when
from pilothouse.delivery.gitops.engine.health.verdict import DEGRADED, HEALTHY, PROGRESSING, Health
from pilothouse.delivery.gitops.engine.health.verdict import RULES as SOURCE

_PR = {
    "pullrequest.promoter.argoproj.io/finalizer": (
        "Waiting for SCM closure or reconciliation of the pull request.",
        "the real PR can stay open after the CR is gone.",
    ),
    "changetransferpolicy.promoter.argoproj.io/pullrequest-finalizer": (
        "Waiting for the ChangeTransferPolicy to observe PR identity and state.",
        "promotion status or history can be wrong or racy.",
    ),
}
_NO_PROVIDER = "GitRepository objects can reference a provider that no longer exists."
_SCM = {
    "scmprovider.promoter.argoproj.io/finalizer": (
        "Waiting until no GitRepository in this namespace still references this provider.",
        _NO_PROVIDER,
    )
}
_CLUSTER_SCM = {
    "clusterscmprovider.promoter.argoproj.io/finalizer": (
        "Waiting until no GitRepository still references this cluster-wide SCM provider.",
        _NO_PROVIDER,
    )
}
_REPOSITORY = {
    "gitrepository.promoter.argoproj.io/finalizer": (
        "Waiting until no non-deleting PullRequests still reference this repository.",
        "repository metadata may be removed while promotions still depend on it.",
    )
}


def _deleting(name: str, known: dict[str, tuple[str, str]]) -> Rule:
    """Say what holds an object that is going, and what breaks when a finalizer is taken away by hand."""

    def judge(tree: Tree) -> Health | None:
        meta = metadata(tree)
        if not meta.get("deletionTimestamp"):
            return None
        finalizers = meta.get("finalizers") if known else None
        if not isinstance(finalizers, list):
            return Health(PROGRESSING, f"{name} is being deleted{'.' if known else ''}", SOURCE)
        said = [
            f"{each}: {known[each][0]} Risk if removed manually: {known[each][1]}" if each in known else f"{each}: still present."
            for each in map(shown, finalizers)
        ]
        return Health(PROGRESSING, " ".join([f"{name} is being deleted.", *said]), SOURCE)

    return judge


def _first(letter_case: Callable[[str], str], name: str) -> str:
    return letter_case(name[0]) + name[1:]


def _reconciled(name: str, *rest: Rule, finalizers: dict[str, tuple[str, str]] | None = None) -> Rule:
    """Return the rule of a kind whose Ready condition tells whether it was reconciled; `rest` judges what was."""
    lower = name if name.startswith("Argo") else _first(str.lower, name)
    kinds = ("Ready", "Reconciled") if finalizers else ("Ready",)
    types = "|".join(kinds)
    judge_ready = conditions(
        (f"{types}=False reason=ReconciliationError", DEGRADED, f"{name} reconciliation failed: {{message:Unknown error}}"),
        (f"{types}=False", DEGRADED, f"{name} reconciliation failed ({{reason:Unknown}}): {{message:Unknown error}}"),
    )
    return rules(
        _deleting(name, finalizers or {}),
        when("!status", PROGRESSING, f"Initializing {lower}"),
        _each_ready(kinds, f"Waiting for {lower} spec update to be observed", judge_ready),
        promotions.without_condition(kinds, f"{name} is not ready yet"),
        *rest,
    )


def _each_ready(kinds: tuple[str, ...], waiting: str, judge_ready: Rule) -> Rule:
    """Wait until the conditions are those of the newest generation, then judge them."""

    def judge(tree: Tree) -> Health | None:
        wanted = metadata(tree).get("generation")
        for item in items(tree["status"].get("conditions")):
            if item.get("type") not in kinds:
                continue
            seen = item.get("observedGeneration")
            if seen is not None and wanted is not None and seen != wanted:
                return Health(PROGRESSING, waiting, SOURCE)
        return judge_ready(tree)

    return judge


def _validated(
    kind: str, name: str, *rest: Rule, failed: str, lagging: str, finalizers: dict[str, tuple[str, str]] | None = None
) -> Rule:  # fmt: skip
    """Return the rule of a kind whose Ready condition also tells why it is not ready yet."""
    lower = name if name.startswith("SCM") else _first(str.lower, name)
    lower = "Git repository" if name == "Git repository" else lower
    ready = conditions(
        ("Ready=False reason=ReconciliationError", DEGRADED, f"{failed}: {{message:Unknown error}}"),
        ("Ready=False", DEGRADED, f"{name} not ready ({{reason:Unknown}}): {{message:Unknown error}}"),
        ("Ready=Unknown", PROGRESSING, f"{name} {lagging} ({{reason:Unknown}}): {{message:Unknown}}"),
    )
    return rules(
        _deleting(kind, finalizers or {}),
        when("!status", PROGRESSING, f"Initializing {lower}"),
        _each_ready(("Ready",), f"Waiting for {kind} spec update to be observed", ready),
        promotions.without_condition(("Ready",), f"{kind} Ready condition is missing"),
        *rest,
    )


RULES: dict[str, Rule] = {
    "promoter.argoproj.io/ArgoCDCommitStatus": _reconciled("Argo CD commit status", promotions.tracked_applications),
    "promoter.argoproj.io/ChangeTransferPolicy": _reconciled("Change transfer policy", promotions.change_transfer),
    "promoter.argoproj.io/ClusterScmProvider": _validated(
        "ClusterScmProvider",
        "Cluster SCM provider",
        otherwise(HEALTHY, "Cluster SCM provider is ready"),
        failed="Cluster SCM provider validation failed",
        lagging="readiness unknown",
        finalizers=_CLUSTER_SCM,
    ),
    "promoter.argoproj.io/CommitStatus": _reconciled(
        "Commit status",
        when("status.sha & status.phase", HEALTHY, "Commit status for commit {status.sha} reports {status.phase}"),
        otherwise(HEALTHY, "Commit status is healthy"),
    ),
    "promoter.argoproj.io/GitCommitStatus": _validated(
        "GitCommitStatus",
        "Git commit validation",
        promotions.gate("Git commit validation", "Git commit validation", "passed"),
        failed="Git commit validation failed",
        lagging="status unknown",
    ),
    "promoter.argoproj.io/GitRepository": _validated(
        "GitRepository",
        "Git repository",
        otherwise(HEALTHY, "Git repository is ready"),
        failed="Git repository validation failed",
        lagging="readiness unknown",
        finalizers=_REPOSITORY,
    ),
    "promoter.argoproj.io/PromotionStrategy": _reconciled("Promotion strategy", promotions.promotion_strategy),
    "promoter.argoproj.io/PullRequest": _reconciled(
        "Pull request",
        when("status.id & status.state", HEALTHY, "Pull request is {status.state} as PR {status.id}"),
        otherwise(HEALTHY, "Pull request is healthy"),
        finalizers=_PR,
    ),
    "promoter.argoproj.io/ScmProvider": _validated(
        "ScmProvider",
        "SCM provider",
        otherwise(HEALTHY, "SCM provider is ready"),
        failed="SCM provider validation failed",
        lagging="readiness unknown",
        finalizers=_SCM,
    ),
    "promoter.argoproj.io/TimedCommitStatus": _validated(
        "TimedCommitStatus",
        "Timed commit gate",
        promotions.gate("Timed commit gate", "Timed commit gate", "satisfied"),
        failed="Timed commit gate failed",
        lagging="status unknown",
    ),
    "promoter.argoproj.io/WebRequestCommitStatus": _validated(
        "WebRequestCommitStatus",
        "Web request commit validation",
        promotions.gate("Web request commit validation", "Web request validation", "passed"),
        failed="Web request commit validation failed",
        lagging="unknown",
    ),
}
