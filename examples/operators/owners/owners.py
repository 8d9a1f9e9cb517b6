"""An operator written with kopf alone: every Namespace gets the label `owner`. Run: kopf run --all-namespaces --standalone owners.py"""

import kopf


@kopf.on.login()
def login(**kwargs):
    return kopf.login_with_kubeconfig(**kwargs)  # reads $KUBECONFIG now, not when a client was imported


@kopf.on.create("namespaces")
@kopf.on.update("namespaces")
def own(annotations, patch, **_):
    patch.metadata.labels["owner"] = annotations.get("example.com/team", "nobody")
