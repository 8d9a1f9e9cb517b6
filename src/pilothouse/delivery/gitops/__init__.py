"""GitOps: keep a cluster like a Git repository says, and say honestly whether it is.

Kinds: argoproj.io/v1alpha1 Application, ApplicationSet and AppProject, accepted as Argo CD writes them. Flow: sources (Git
mirrors, charts, kustomizations) are rendered -> compared by server-side dry-run apply -> `engine.sync` carries a sync on in
phases and waves -> health of every resource -> status. Waves advance on health, never on a timer; a sync survives a restart.
An AppProject limits what Applications may use and when they may be synced; `spec.dependsOn` lets them wait for each other.
Destinations are this cluster and those of Argo CD's cluster Secrets. An ApplicationSet generates Applications from lists,
clusters, directories and files of Git, pull requests, repositories of forges and plugins, and syncs them step by step if asked.
Health is judged by probes of the business, then Lua, then the own rules; `notifications` tells people what happens.

Limits: signed commits cannot be checked, so a project that asks for them is refused.
"""

__all__: list[str] = []
