import pytest

from pilothouse.delivery.gitops.engine.applicationsets.naming import branch_slug, sanitize_name, slugify


def test_names_fit_dns() -> None:
    assert sanitize_name("Production_01/West") == "production-01-west"
    assert sanitize_name("-a.b.") == "a.b"
    assert len(sanitize_name("a" * 300)) == 253


@pytest.mark.parametrize(
    ("text", "size", "smart", "slug"),
    [
        ("Feature/Über cool & new", 50, True, "feature-uber-cool-and-new"),
        ("one-two-three", 8, True, "one-two"),
        ("one-two-three", 7, True, "one-two"),
        ("onetwothree-four", 5, True, "onetw"),
        ("one-two-three", 8, False, "one-two"),
        ("it's", 0, True, "its"),
        ("", 5, True, ""),
    ],
)
def test_slugs(text: str, size: int, smart: bool, slug: str) -> None:
    assert slugify(text, size, smart) == slug


def test_branches_have_no_underscores() -> None:
    assert branch_slug("feat/a_b") == "feat-a-b"
