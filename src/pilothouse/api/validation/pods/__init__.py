"""Rules of Pods and Pod templates.

`spec` says in which order the parts of a spec are looked at, the other modules hold the rules of one part each; `updates` and
`subresources` say what may change, `status` what a node may report. Facts are those of Kubernetes 1.36.
"""

from pilothouse.api.validation.pods.spec import pod, pod_template, template
from pilothouse.api.validation.pods.status import pod_status
from pilothouse.api.validation.pods.subresources import validate_pod_subresource
from pilothouse.api.validation.pods.updates import pod_update

__all__ = ["pod", "pod_status", "pod_template", "pod_update", "template", "validate_pod_subresource"]
