"""Customizations of argocd-cm: one key for all kinds, and a key for each."""

from pilothouse.delivery.gitops.adapters.lua.customizations import read_customizations

ONE_KEY = """
cert-manager.io/Certificate:
  health.lua: return {status = "Healthy"}
  ignoreDifferences: |
    jsonPointers: [/spec/duration]
  actions: |
    discovery.lua: return {}
    definitions:
    - name: renew
      action.lua: return obj
    mergeBuiltinActions: true
"*.crossplane.io/*":
  health.lua: return {status = "Degraded"}
  useOpenLibs: true
broken: [1]
"""


def test_argocd_cm() -> None:
    scripts = read_customizations(
        {
            "resource.customizations": ONE_KEY,
            "resource.customizations.health.cert-manager.io_Certificate": "return nil",
            "resource.customizations.health.Pod": "return {}",
            "resource.customizations.useOpenLibs.Pod": "true",
            "resource.customizations.actions.batch_Job": "discovery.lua: [",
            "resource.customizations.ignoreDifferences.all": "managedFieldsManagers: [kube-controller-manager]",
            "url": "https://argocd.example.com",
        }
    )
    certificate = scripts.of("cert-manager.io", "Certificate", "health")
    assert certificate is not None
    assert certificate.health == "return nil"
    assert certificate.action("renew") == "return obj"
    assert certificate.is_merged
    assert certificate.ignore_differences == {"jsonPointers": ["/spec/duration"]}
    wildcard = scripts.of("s3.aws.crossplane.io", "Bucket", "health")
    assert wildcard is not None
    assert wildcard.open_libs
    pod = scripts.of("", "Pod", "health")
    assert pod is not None
    assert pod.open_libs
    assert scripts.of("apps", "Deployment", "health") is None
    assert scripts.entries["all"].ignore_differences == {"managedFieldsManagers": ["kube-controller-manager"]}
    assert [problem.split(":")[0] for problem in scripts.problems] == [
        "resource.customizations",
        "resource.customizations.actions.batch_Job is not YAML",
    ]
