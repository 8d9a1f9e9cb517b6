"""Which Secret serves which repository."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.engine.sources.access import Access, choose_access, read_access, with_certificates
from pilothouse.delivery.gitops.errors import CredentialsInvalid


def secret(name: str, kind: str = "repository", **data: str) -> Tree:
    labels = {"argocd.argoproj.io/secret-type": kind}
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    return {"kind": "Secret", "metadata": {"name": name, "labels": labels}, "data": encoded}


def known(*secrets: Tree) -> list[Access]:
    return [found for each in secrets if (found := read_access(each)) is not None]


def test_the_longest_prefix_fills_up_what_an_address_lacks() -> None:
    accesses = known(
        secret("own", url="https://github.com/org/repo", insecure="true"),
        secret("short", "repo-creds", url="https://github.com", username="a"),
        secret("long", "repo-creds", url="https://github.com/org", username="b", password="p"),
        secret("other", url="https://github.com/org/other", username="c"),
    )
    found = choose_access(accesses, "https://github.com/org/repo.git")
    assert (found.username, found.password, found.is_insecure, found.secret) == ("b", "p", True, "long")
    assert choose_access(accesses, "https://github.com/org/other").username == "c"
    assert choose_access(accesses, "https://github.com/else/x").username == "a"
    assert choose_access(accesses, "https://gitlab.com/x").is_anonymous
    assert choose_access(accesses, "https://github.com.evil.example/org/repo").is_anonymous


def test_secrets_of_a_project_serve_only_it() -> None:
    accesses = known(secret("p", url="https://h/r", username="in", project="red"), secret("a", url="https://h/r", username="all"))
    assert choose_access(accesses, "https://h/r", "red").username == "in"
    assert choose_access(accesses, "https://h/r", "blue").username == "all"


def test_all_fields_and_what_is_refused() -> None:
    found = read_access(
        secret("s", url=" git@h:o/r ", sshPrivateKey="k", insecureIgnoreHostKey="true", type="git", bearerToken="t")
    )
    assert found == Access("git@h:o/r", "git", ssh_private_key="k", is_insecure=True, bearer_token="t", secret="s")
    assert read_access(secret("s", "cluster", url="x")) is None
    refused = read_access(secret("s", url="https://h", githubAppPrivateKey="x"))
    assert refused is not None and "GitHub App" in refused.refused
    with pytest.raises(CredentialsInvalid, match="`url` is not set"):
        read_access(secret("s"))


def test_certificates_of_a_host() -> None:
    certificates: dict[str, Any] = {"data": {"h": "PEM", "g:8443": "OTHER"}}
    assert with_certificates(Access(), "https://h:443/x", certificates).ca == "PEM"
    assert with_certificates(Access(), "https://g:8443/x", certificates).ca == "OTHER"
    assert with_certificates(Access(), "https://x/x", {}).ca == ""


@given(st.dictionaries(st.sampled_from(["url", "username", "insecure", "x"]), st.text(max_size=20)))
def test_bad_data_is_a_clear_error(data: dict[str, str]) -> None:
    tree = {"metadata": {"name": "s", "labels": {"argocd.argoproj.io/secret-type": "repository"}}, "data": data}
    try:
        read_access(tree)
    except CredentialsInvalid as error:
        assert "Secret s" in error.message
