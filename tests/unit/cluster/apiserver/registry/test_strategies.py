"""What the server itself sets on objects of a kind."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.scheme import Scheme
from pilothouse.cluster.apiserver.registry import strategies

SCHEME = Scheme()
_ROLLING: dict[str, Any] = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0, "maxUnavailable": 2}}}
_ELECTED = {"holderIdentity": "a", "strategy": "OldestEmulationVersion", "preferredHolder": "b"}


def _prepared(group: str, plural: str, spec: dict[str, Any], old: dict[str, Any] | None = None) -> dict[str, Any]:
    resource = SCHEME.resource(group, "v1", plural)
    assert resource is not None
    obj = {"metadata": {"name": "x"}, "spec": {**spec}}
    if old is None:
        strategies.prepare_create(resource, obj)
    else:
        strategies.prepare_update(resource, obj, {"metadata": {"name": "x"}, "spec": old})
    found: dict[str, Any] = obj["spec"]
    return found


@pytest.mark.parametrize(("old", "kept"), [(None, False), ({"updateStrategy": {}}, False), (_ROLLING, True)])
def test_a_limit_that_is_off_is_dropped_unless_it_is_there(old: Any, kept: bool) -> None:
    rolling = {**_ROLLING["updateStrategy"]["rollingUpdate"]}
    found = _prepared("apps", "statefulsets", {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": rolling}}, old)
    assert ("maxUnavailable" in found["updateStrategy"]["rollingUpdate"]) is kept


@pytest.mark.parametrize(("old", "kept"), [(None, False), (_ELECTED, True)])
def test_a_lease_says_nothing_of_coordinated_elections(old: Any, kept: bool) -> None:
    found = _prepared("coordination.k8s.io", "leases", _ELECTED, old)
    assert ("strategy" in found, "preferredHolder" in found) == (kept, kept)
