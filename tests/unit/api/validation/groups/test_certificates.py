"""Rules of CertificateSigningRequests."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from pilothouse.api.validation.groups.certificates import signer_name, signing_request, signing_request_status


def _block(kind: str) -> str:
    return b64encode(f"-----BEGIN {kind}-----\nAAAA\n-----END {kind}-----\n".encode()).decode()


_SPEC = {"request": _block("CERTIFICATE REQUEST"), "signerName": "a.io/b", "usages": ["signing"]}


@pytest.mark.parametrize(
    ("spec", "path", "text"),
    [
        ({"request": _block("NEW CERTIFICATE REQUEST")}, "request", "PEM block type must be CERTIFICATE REQUEST"),
        ({"usages": []}, "usages", "Required value"),
        ({"usages": ["x"]}, "usages[0]", 'Unsupported value: "x": supported values: "any", "cert sign"'),
        ({"usages": ["any", "any"]}, "usages[1]", 'Duplicate value: "any"'),
        (
            {"signerName": "kubernetes.io/legacy-unknown"},
            "signerName",
            "the legacy signerName is not allowed via this API version",
        ),
        ({"expirationSeconds": 599}, "expirationSeconds", "599: may not specify a duration less than 600 seconds (10 minutes)"),
    ],
)
def test_requests(spec: dict[str, Any], path: str, text: str) -> None:
    (error,) = signing_request({"spec": {**_SPEC, **spec}})
    assert error.path == f"spec.{path}"
    assert text in error.text()
    assert signing_request({"spec": _SPEC}) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a", "must be a fully qualified domain and path of the form 'example.com/signer-name'"),
        ("a/b", 'Invalid value: "a": should be a domain with at least two segments separated by dots'),
        ("A.io/b", 'Invalid value: "A.io": validating label "A": a lowercase RFC 1123 label'),
        ("a.io/B", 'Invalid value: "B": validating label "B": a lowercase RFC 1123 subdomain'),
        ("", "Required value"),
    ],
)
def test_names_of_signers(name: str, text: str) -> None:
    (error,) = signer_name(name, "s")
    assert text in error.text()


@pytest.mark.parametrize(
    ("conditions", "texts"),
    [
        ([{"type": "Approved", "status": "False"}], ['Unsupported value: "False": supported values: "True"']),
        ([{"type": "x"}], ["Required value"]),
        ([{"type": "x", "status": "True"}] * 2, ['Duplicate value: "x"']),
    ],
)
def test_conditions(conditions: list[dict[str, str]], texts: list[str]) -> None:
    assert [error.text() for error in signing_request_status({"status": {"conditions": conditions}}, {})] == texts
