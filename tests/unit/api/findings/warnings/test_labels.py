"""Renamed node labels."""

from __future__ import annotations

from pilothouse.api.findings.warnings.labels import term_warnings


def test_renamed_labels_and_values_nobody_validates() -> None:
    term = {"matchExpressions": [{"key": "beta.kubernetes.io/arch", "values": ["a b"]}, {"key": "kubernetes.io/os"}]}
    renamed = (
        'terms[0].matchExpressions[0].key: beta.kubernetes.io/arch is deprecated since v1.14; use "kubernetes.io/arch" instead'
    )
    assert list(term_warnings(term, "terms[0]")) == [renamed]
    found = list(term_warnings(term, "terms[0]", has_free_values=True))
    assert found[0] == renamed and found[1].startswith("terms[0].matchExpressions[0].values[0]: a b is invalid, a valid label")
