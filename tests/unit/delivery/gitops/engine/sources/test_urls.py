"""Addresses: the same repository however it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.delivery.gitops.engine.sources.urls import host_of, is_ssh, joined_url, normal_url, same_repository


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://GitHub.com/Org/Repo.git", "https://github.com/org/repo"),
        ("https://user:pw@github.com/org/repo/", "https://github.com/org/repo"),
        ("git@github.com:org/repo.git", "ssh://github.com/org/repo"),
        ("ssh://git@github.com:22/org/repo", "ssh://github.com:22/org/repo"),
        ("file:///srv/repo", "/srv/repo"),
        ("oci://ghcr.io/org/charts", "oci://ghcr.io/org/charts"),
        ("", ""),
    ],
)
def test_normal_form(url: str, expected: str) -> None:
    assert normal_url(url) == expected


def test_the_same_over_two_protocols() -> None:
    assert same_repository("git@github.com:org/repo.git", "https://github.com/org/repo")
    assert not same_repository("https://github.com/org/repo2", "https://github.com/org/repo")
    assert not same_repository("", "")


def test_hosts_and_ssh() -> None:
    assert host_of("git@h:o/r") == "h" and host_of("/srv/x") == "" and host_of("https://h:8443/x") == "h:8443"
    assert is_ssh("git@h:o/r") and is_ssh("ssh://h/r") and not is_ssh("https://h/r") and not is_ssh("/srv/a:b")


@pytest.mark.parametrize(
    ("base", "relative", "expected"),
    [
        ("https://h/o/r.git", "../other.git", "https://h/o/other.git"),
        ("git@h:o/r.git", "../x", "git@h:o/x"),
        ("https://h/o/r", "https://e/x", "https://e/x"),
        ("file:///srv/r", "../x", "file:///srv/x"),
        ("https://h/o/r", "../../../../x", "https://h/x"),
    ],
)
def test_relative_addresses(base: str, relative: str, expected: str) -> None:
    assert joined_url(base, relative) == expected


@given(st.text(max_size=60), st.text(max_size=60))
def test_nothing_breaks_it(one: str, other: str) -> None:
    normal_url(one)
    host_of(one)
    is_ssh(one)
    joined_url(one, other)
    assert same_repository(one, one) == bool(normal_url(one))
