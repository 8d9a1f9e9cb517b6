"""kubeconfig files: ours and other people's."""

from pathlib import Path

import pytest

from pilothouse.wire import kubeconfig
from pilothouse.wire.kubeconfig import BadKubeconfig


def test_ours_there_and_back(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "config"
    kubeconfig.write(path, kubeconfig.build("me", "https://h:1", b"CA", b"CERT", b"KEY"))
    assert path.stat().st_mode & 0o777 == 0o600
    access = kubeconfig.read(path)
    assert (access.server, access.authority_pem, access.certificate_pem, access.key_pem) == (
        "https://h:1",
        b"CA",
        b"CERT",
        b"KEY",
    )
    assert (access.context, access.namespace) == ("me", "default")


def test_yaml_with_files_and_tokens(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text("CA")
    (tmp_path / "token").write_text("secret\n")
    (tmp_path / "config").write_text(
        "current-context: a\ncontexts: [{name: a, context: {cluster: c, user: u, namespace: ns}}]\n"
        "clusters: [{name: c, cluster: {server: 'https://h/', certificate-authority: ca.crt}}]\n"
        "users: [{name: u, user: {tokenFile: token}}]\n"
    )
    access = kubeconfig.read(tmp_path / "config")
    assert (access.server, access.authority_pem, access.token, access.namespace) == ("https://h", b"CA", "secret", "ns")


CONTEXT = "current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "is not YAML"),
        ("[]", "does not hold an object"),
        ("current-context: x\n", "has no context 'x'"),
        (CONTEXT, "has no cluster 'c'"),
        (CONTEXT + "clusters: [{name: c}]\nusers: [{name: u, user: {exec: {command: aws}}}]\n", "credential plugin"),
        (CONTEXT + "users: [{name: u}]\nclusters: [{name: c, cluster: {certificate-authority-data: '%%%'}}]\n", "is not base64"),
    ],
)
def test_bad_files_say_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "config").write_text(text)
    with pytest.raises(BadKubeconfig, match=message):
        kubeconfig.read(tmp_path / "config")
