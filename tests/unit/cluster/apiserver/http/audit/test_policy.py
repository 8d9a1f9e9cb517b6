"""Which rule of an audit policy a request meets."""

from typing import Any

import pytest

from pilothouse.cluster.apiserver.context import Attributes, User
from pilothouse.cluster.apiserver.http.audit.policy import BadAuditPolicy, read_policy

ADA = User("ada", "", ("devs", "system:authenticated"))
GET_POD = Attributes("get", True, "", "v1", "pods", "", "shop", "web")
POD_LOG = Attributes("get", True, "", "v1", "pods", "log", "shop", "web")
SCALE = Attributes("update", True, "apps", "v1", "deployments", "scale", "shop", "web")
HEALTH = Attributes("get", False, path="/healthz/ping")


def level(rule: dict[str, Any], wanted: Attributes, user: User = ADA) -> str:
    return read_policy({"rules": [{"level": "Request", **rule}, {"level": "None"}]}).decide(user, wanted).level


@pytest.mark.parametrize(
    ("rule", "wanted", "matches"),
    [
        ({}, GET_POD, True),
        ({}, HEALTH, True),
        ({"users": ["ada"]}, GET_POD, True),
        ({"users": ["bob"]}, GET_POD, False),
        ({"userGroups": ["ops", "devs"]}, GET_POD, True),
        ({"userGroups": ["ops"]}, GET_POD, False),
        ({"verbs": ["list"]}, GET_POD, False),
        ({"namespaces": ["shop"]}, GET_POD, True),
        ({"namespaces": [""]}, GET_POD, False),
        ({"namespaces": ["shop"]}, HEALTH, False),
        ({"resources": [{"group": ""}]}, GET_POD, True),
        ({"resources": [{"group": "apps"}]}, GET_POD, False),
        ({"resources": [{"group": "", "resources": ["pods"]}]}, GET_POD, True),
        ({"resources": [{"group": "", "resources": ["pods"]}]}, POD_LOG, False),
        ({"resources": [{"group": "", "resources": ["pods/log"]}]}, POD_LOG, True),
        ({"resources": [{"group": "", "resources": ["pods/*"]}]}, POD_LOG, True),
        ({"resources": [{"group": "", "resources": ["pods/*"]}]}, GET_POD, False),
        ({"resources": [{"group": "apps", "resources": ["*/scale"]}]}, SCALE, True),
        ({"resources": [{"group": "", "resources": ["*"]}]}, POD_LOG, True),
        ({"resources": [{"group": "", "resources": ["pods"], "resourceNames": ["web"]}]}, GET_POD, True),
        ({"resources": [{"group": "", "resources": ["pods"], "resourceNames": ["db"]}]}, GET_POD, False),
        ({"resources": [{"group": ""}]}, HEALTH, False),
        ({"nonResourceURLs": ["/healthz*"]}, HEALTH, True),
        ({"nonResourceURLs": ["/healthz"]}, HEALTH, False),
        ({"nonResourceURLs": ["*"]}, HEALTH, True),
        ({"nonResourceURLs": ["*"]}, GET_POD, False),
    ],
)
def test_what_a_rule_matches(rule: dict[str, Any], wanted: Attributes, *, matches: bool) -> None:
    assert level(rule, wanted) == ("Request" if matches else "None")


def test_the_first_rule_counts_and_none_means_nothing() -> None:
    policy = read_policy(
        {
            "kind": "Policy",
            "apiVersion": "audit.k8s.io/v1",
            "omitStages": ["RequestReceived"],
            "omitManagedFields": True,
            "rules": [
                {"level": "RequestResponse", "verbs": ["update"], "omitStages": ["ResponseStarted"], "omitManagedFields": False},
                {"level": "Metadata", "users": ["ada"]},
            ],
        }
    )
    first = policy.decide(ADA, SCALE)
    assert (first.level, first.omitted_stages, first.omit_managed_fields) == (
        "RequestResponse", {"RequestReceived", "ResponseStarted"}, False,
    )  # fmt: skip
    assert first.has_request
    assert first.has_response
    second = policy.decide(ADA, GET_POD)
    assert (second.level, second.has_request, second.omit_managed_fields) == ("Metadata", False, True)
    assert policy.decide(User("bob"), GET_POD).level == "None"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "Expected `object`"),
        ({"rules": []}, "rules is empty"),
        ({"rules": [{}]}, "missing required field `level`"),
        ({"rules": [{"level": "All"}]}, "Invalid enum value 'All'"),
        ({"kind": "Pod", "rules": [{"level": "None"}]}, "expected Policy of audit.k8s.io/v1, got Pod"),
        ({"rules": [{"level": "None", "user": ["a"]}]}, "unknown field `user`"),
        (
            {"rules": [{"level": "None", "nonResourceURLs": ["/a"], "namespaces": ["b"]}]},
            r"rules\[0\] has nonResourceURLs together",
        ),
        ({"rules": [{"level": "None", "nonResourceURLs": ["a"]}]}, "matches no path"),
        ({"rules": [{"level": "None", "nonResourceURLs": ["/a*b"]}]}, "matches no path"),
        ({"rules": [{"level": "None", "resources": [{"resourceNames": ["a"]}]}]}, "resourceNames without resources"),
        ({"rules": [{"level": "None", "resources": [{"group": "apps/v1"}]}]}, "leave the version out"),
    ],
)
def test_a_bad_policy_is_refused_with_its_place(document: Any, message: str) -> None:
    with pytest.raises(BadAuditPolicy, match=message):
        read_policy(document)
