"""How an object says which Application owns it: by annotation, by label, or by both, as Argo CD writes them."""

from __future__ import annotations

import msgspec

from pilothouse.api.meta import Tree, annotations_of, group_of, metadata, name_of, namespace_of
from pilothouse.delivery.gitops.types.application import TRACKING, App, tracking_id

LABEL = "app.kubernetes.io/instance"
ANNOTATION, BY_LABEL, BOTH = "annotation", "label", "annotation+label"
METHODS = (ANNOTATION, BY_LABEL, BOTH)
MAX_LABEL = 63


class Tracking(msgspec.Struct, frozen=True):
    """One way of tracking."""

    method: str = ANNOTATION
    """annotation, label, or annotation+label (which is read by the annotation)."""
    label: str = LABEL
    home: str = ""
    """Namespace of the controller: Applications elsewhere are told apart by theirs. Empty where all are alike."""

    def instance(self, namespace: str, name: str) -> str:
        """Return the name an Application is known by."""
        return name if self.home in {"", namespace} else f"{namespace}_{name}"

    def mark(self, app: App, target: Tree, meta: Tree) -> Tree:
        """Return the metadata of a wanted object with what tracks it."""
        marked = dict(meta)
        owner = self.instance(app.namespace, app.name)
        if self.method != BY_LABEL:
            marked["annotations"] = {**(meta.get("annotations") or {}), TRACKING: self._identity(app, target, meta)}
        if self.method != ANNOTATION:
            marked["labels"] = {**(meta.get("labels") or {}), self.label: owner[:MAX_LABEL]}
        return marked

    def owner(self, tree: Tree) -> str:
        """Return the Application an object is tracked by, empty for none."""
        if self.method == BY_LABEL:
            return str((metadata(tree).get("labels") or {}).get(self.label, ""))
        return str(annotations_of(tree).get(TRACKING, "")).partition(":")[0]

    def owns(self, app: App, tree: Tree) -> bool:
        """Whether an object is the Application's own: a copy of one, annotation included, is not."""
        owner = self.instance(app.namespace, app.name)
        if self.method == BY_LABEL:
            return self.owner(tree) == owner[:MAX_LABEL]
        return annotations_of(tree).get(TRACKING) == self._identity(app, tree, metadata(tree))

    def _identity(self, app: App, tree: Tree, meta: Tree) -> str:
        place = {"metadata": meta}
        owner = self.instance(app.namespace, app.name)
        identity = tracking_id(app, group_of(str(tree["apiVersion"])), str(tree["kind"]), namespace_of(place), name_of(place))
        return f"{owner}:{identity.partition(':')[2]}"
