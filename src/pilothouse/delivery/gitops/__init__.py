"""GitOps: keep a cluster like a Git repository says, and say honestly whether it is.

Kinds: argoproj.io/v1alpha1 Application and AppProject, accepted as Argo CD writes them. Flow: a Git mirror -> render (directory
of manifests or Helm chart) -> compare by server-side dry-run apply -> `engine.sync` plans the next step in phases and waves ->
apply, prune, hooks -> health of every resource -> status. Waves advance on health, never on a timer.

Limits of this version: one source per Application; Git sources only; kustomize, ApplicationSets, sync windows, Lua health checks
and project restrictions are not acted on.
"""

__all__: list[str] = []
