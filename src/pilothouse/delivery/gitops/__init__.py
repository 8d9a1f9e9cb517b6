"""GitOps: keep a cluster like a Git repository says, and say honestly whether it is.

Kinds: argoproj.io/v1alpha1 Application and AppProject, accepted as Argo CD writes them. Flow: sources (Git, Helm repositories,
registries) -> render (directory, chart or kustomization), kept by the ids of all that was read -> compare by server-side dry-run
apply -> `engine.sync` plans the next step in phases and waves -> apply, prune, hooks -> health of every resource -> status. Waves
advance on health, never on a timer.

Limits of this version: Jsonnet and config management plugins are refused; ApplicationSets are served but not acted on.
"""

__all__: list[str] = []
