"""Addresses of Services."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.v1.clusterips import address_changes, cluster_addresses, supported_families
from tests.unit.api.validation.specimens import worded

_FOUR, _SIX = "10.0.0.1", "fd00::1"


def _addresses(*addresses: str, **more: Any) -> dict[str, Any]:
    return {"clusterIP": addresses[0] if addresses else "", "clusterIPs": list(addresses), **more}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (_addresses(_FOUR, _SIX, ipFamilies=["IPv4", "IPv6"]), []),
        ({"clusterIPs": [_FOUR]}, [
            'spec.clusterIPs: Invalid value: ["10.0.0.1"]: must be empty when `clusterIP` is not specified'
        ]),
        ({"clusterIP": _SIX, "clusterIPs": [_FOUR]}, [
            'spec.clusterIPs: Invalid value: ["10.0.0.1"]: first value must match `clusterIP`'
        ]),
        (_addresses(ipFamilies=["IPv4", "IPv4", "IPv5"]), [
            'spec.ipFamilies[1]: Duplicate value: "IPv4"',
            'spec.ipFamilies[2]: Unsupported value: "IPv5": supported values: "IPv4", "IPv6"',
        ]),
        (_addresses(ipFamilyPolicy="X"), [
            'spec.ipFamilyPolicy: Unsupported value: "X": supported values: "PreferDualStack", "RequireDualStack", "SingleStack"'
        ]),
        (_addresses("None", _FOUR), [
            "spec.clusterIPs: Invalid value: [\"None\",\"10.0.0.1\"]: 'None' must be the first and only value",
            'spec.clusterIPs: Invalid value: ["None","10.0.0.1"]: may specify no more than one IP for each IP family',
        ]),
        (_addresses(_FOUR, ipFamilies=["IPv6"]), [
            'spec.clusterIPs[0]: Invalid value: "10.0.0.1": expected an IPv6 value as indicated by `ipFamilies[0]`'
        ]),
    ],
)  # fmt: skip
def test_addresses_and_families_agree(spec: dict[str, Any], expected: list[str]) -> None:
    found = worded(cluster_addresses(spec))
    assert found == expected[: len(found)]
    assert found or not expected


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (_addresses(ipFamilies=["IPv4"]), []),
        (_addresses("None", ipFamilies=["IPv6"]), []),
        (_addresses(ipFamilies=["IPv6"]), ['spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster']),
        (_addresses(_SIX), ['spec.clusterIPs[0]: Invalid value: ["fd00::1"]: IPv6 is not configured on this cluster']),
        (
            _addresses(ipFamilies=["IPv4", "IPv6"]),
            [
                (
                    "spec.ipFamilyPolicy: Invalid value: null: must be RequireDualStack or PreferDualStack when multiple "
                    "ipFamilies "
                    "are specified"
                )
            ],
        ),
    ],
)
def test_what_a_cluster_of_one_family_gives(spec: dict[str, Any], expected: list[str]) -> None:
    assert worded(supported_families(spec)) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (_addresses(_FOUR), _addresses(_FOUR), []),
        (_addresses(_FOUR), _addresses(), ["spec.clusterIPs[0]: Invalid value: null: primary clusterIP can not be unset"]),
        (_addresses(_FOUR), _addresses("None"), ['spec.clusterIPs[0]: Invalid value: ["None"]: may not change once set']),
        (
            _addresses(_FOUR, _SIX),
            _addresses(_FOUR),
            ["spec.ipFamilyPolicy: Invalid value: null: must be set to 'SingleStack' when releasing the secondary clusterIP"],
        ),
        (_addresses(_FOUR, type="ExternalName"), _addresses(), []),
        (
            _addresses(_FOUR, ipFamilies=["IPv4"]),
            _addresses(_FOUR, ipFamilies=["IPv6"]),
            ['spec.ipFamilies[0]: Invalid value: ["IPv6"]: may not change once set'],
        ),
    ],
)
def test_what_changes(old: dict[str, Any], new: dict[str, Any], expected: list[str]) -> None:
    assert worded(address_changes(new, old)) == expected
