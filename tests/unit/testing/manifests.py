"""Objects the tests of the test kit use."""

from typing import Any

WIDGETS = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget, shortNames: [wi]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
"""
WIDGET: dict[str, Any] = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "one"}, "spec": {"size": 1}}


def pods(restart: str = "Always") -> dict[str, Any]:
    container = {"name": "c", "image": "x", "resources": {"requests": {"cpu": "1"}}}
    spec = {"restartPolicy": restart, "containers": [container]}
    return {"metadata": {"labels": {"app": "web"}}, "spec": spec}


def deployment(name: str = "web", replicas: int = 2, **spec: Any) -> dict[str, Any]:
    body = {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": pods(), **spec}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": body}


def job(name: str = "once", **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": {"template": pods("Never"), **spec}}


def cron_job(name: str, schedule: str) -> dict[str, Any]:
    spec = {"schedule": schedule, "successfulJobsHistoryLimit": 100, "jobTemplate": {"spec": {"template": pods("Never")}}}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name}, "spec": spec}


def config_map(name: str, **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **metadata}, "data": {"a": "b"}}
