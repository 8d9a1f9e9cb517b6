"""An operator written with kopf: a Website becomes a Deployment. Run: kopf run --all-namespaces --standalone websites.py"""

import kopf
import kubernetes


@kopf.on.startup()
def connect(**_):
    kubernetes.config.load_config()


@kopf.on.create("example.com", "v1", "websites", backoff=1)
@kopf.on.update("example.com", "v1", "websites", backoff=1)
def deploy(spec, name, namespace, patch, **_):
    labels = {"website": name}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": spec["replicas"],
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "web", "image": spec["image"]}]},
            },
        },
    }
    kopf.adopt(deployment)
    kubernetes.client.AppsV1Api().patch_namespaced_deployment(
        name, namespace, deployment, field_manager="websites", force=True, _content_type="application/apply-patch+yaml"
    )
    patch.status["image"] = spec["image"]
