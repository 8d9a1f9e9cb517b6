"""Where scripts come from, and which of them a kind gets."""

from pathlib import Path

import pytest

from pilothouse.delivery.gitops.adapters.lua.customizations import read_customizations
from pilothouse.delivery.gitops.adapters.lua.folders import read_folder
from pilothouse.kit.errors import Invalid

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


def test_a_folder(tmp_path: Path) -> None:
    for name in ("_.example.com/_/health.lua", "a.example.com/Widget/health.lua", "Pod/health.lua",
                 "a.example.com/Widget/actions/discovery.lua", "a.example.com/Widget/actions/go/action.lua"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"return '{name}'")
    scripts = read_folder(tmp_path)
    exact, wild = scripts.of("a.example.com", "Widget", "health"), scripts.of("b.example.com", "Any", "health")
    assert exact is not None
    assert exact.health == "return 'a.example.com/Widget/health.lua'"
    assert exact.action("go") == "return 'a.example.com/Widget/actions/go/action.lua'"
    assert wild is not None
    assert wild.health == "return '_.example.com/_/health.lua'"
    assert scripts.of("", "Pod", "health") is not None
    with pytest.raises(Invalid):
        read_folder(tmp_path / "nothing")
