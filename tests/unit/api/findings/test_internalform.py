"""Objects as messages show them."""

from __future__ import annotations

import pytest

from pilothouse.api.findings.internalform import internal_diff, internal_form, public_name


@pytest.mark.parametrize(
    ("name", "public"),
    [
        ("DNSPolicy", "dnsPolicy"), ("APIGroup", "apiGroup"), ("SELinuxOptions", "seLinuxOptions"), ("TTY", "tty"),
        ("HostIP", "hostIP"), ("SetHostnameAsFQDN", "setHostnameAsFQDN"), ("GCEPersistentDisk", "gcePersistentDisk"),
    ],
)  # fmt: skip
def test_names_follow_from_go_names(name: str, public: str) -> None:
    assert public_name(name) == public


def test_absent_fields_have_the_zero_value_of_their_type() -> None:
    assert internal_form("ServicePort", {"port": 80}) == {
        "Name": "", "Protocol": "", "AppProtocol": None, "Port": 80, "TargetPort": 0, "NodePort": 0,
    }  # fmt: skip


def test_host_namespaces_lie_in_the_security_context() -> None:
    form = internal_form("PodSpec", {"hostNetwork": True, "securityContext": {"runAsUser": 1}})
    assert form["SecurityContext"]["HostNetwork"] is True
    assert form["SecurityContext"]["RunAsUser"] == 1
    assert "HostNetwork" not in form


def test_an_embedded_type_stands_among_the_fields_around_it() -> None:
    form = internal_form("Volume", {"name": "v", "hostPath": {"path": "/x"}})
    assert list(form)[:2] == ["Name", "HostPath"]
    assert form["HostPath"] == {"Path": "/x", "Type": ""}
    assert form["EmptyDir"] is None


def test_a_change_is_shown_with_the_lines_around_it() -> None:
    shown = internal_diff("PersistentVolumeClaimSpec", {"volumeName": "a"}, {"volumeName": "b"})
    assert shown == (
        "@@ -5,7 +5,7 @@\n"
        '   "Limits": null,\n   "Requests": null\n  },\n- "VolumeName": "a",\n+ "VolumeName": "b",\n'
        '  "StorageClassName": null,\n  "VolumeMode": null,\n  "DataSource": null,\n'
    )
