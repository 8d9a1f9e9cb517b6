"""Rules for names."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.meta import names


@pytest.mark.parametrize("text", ["a", "a-b", "a.b-c.d", "0", "a" * 63, ".".join(["a" * 63] * 3)])
def test_subdomains(text: str) -> None:
    assert names.subdomain(text) == []


@pytest.mark.parametrize("text", ["", "-a", "a-", "A", "a..b", "a_b", "a b", "ä", "a" * 254, "a\n", "../a", "a/b", "\x00"])
def test_what_is_no_subdomain(text: str) -> None:
    assert names.subdomain(text)


@pytest.mark.parametrize("text", ["a.b", "A", "", "a" * 64, "-a", "a\n"])
def test_what_is_no_label(text: str) -> None:
    assert names.label(text)


@pytest.mark.parametrize(("text", "good"), [("a1", True), ("1a", False), ("", False)])
def test_labels_of_rfc_1035_start_with_a_letter(text: str, good: bool) -> None:
    assert (not names.label_1035(text)) is good


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("a", True),
        ("a.b/C_d.e", True),
        ("/a", False),
        ("a/", False),
        ("a/b/c", False),
        ("", False),
        ("a" * 64, False),
        ("a b", False),
    ],
)
def test_label_keys(text: str, good: bool) -> None:
    assert (not names.qualified(text)) is good


@pytest.mark.parametrize(
    ("text", "good"), [("", True), ("a_B.c-1", True), ("-a", False), ("a b", False), ("a" * 64, False), ("a\n", False)]
)
def test_label_values(text: str, good: bool) -> None:
    assert (not names.label_value(text)) is good


@pytest.mark.parametrize(
    ("text", "good"), [("a.b_C", True), (".", False), ("..", False), ("..a", False), ("a/b", False), ("", False)]
)
def test_keys_of_config_maps(text: str, good: bool) -> None:
    assert (not names.config_key(text)) is good


@pytest.mark.parametrize(("text", "good"), [("system:a", True), (".", False), ("..", False), ("a/b", False), ("a%b", False)])
def test_path_segments(text: str, good: bool) -> None:
    assert (not names.path_segment(text)) is good


@pytest.mark.parametrize(
    ("check", "limit", "unit"),
    [
        (names.subdomain, 253, "characters"),
        (names.label, 63, "characters"),
        (names.label_1035, 63, "characters"),
        (names.config_key, 253, "characters"),
        (names.label_value, 63, "bytes"),
    ],
)
def test_names_are_counted_in_characters_and_labels_in_bytes(check: Any, limit: int, unit: str) -> None:
    assert check("a" * (limit + 1)) == [f"must be no more than {limit} {unit}"]


@pytest.mark.parametrize(("text", "good"), [("web-", True), ("a_-", True), ("Ab-", False), ("web--", True)])
def test_what_comes_before_the_last_dash_of_a_generated_name_does_not_count(text: str, good: bool) -> None:
    assert (not names.subdomain(names.masked(text))) is good
