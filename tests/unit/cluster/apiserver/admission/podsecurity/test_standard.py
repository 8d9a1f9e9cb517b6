"""Which checks hold when."""

from __future__ import annotations

from pilothouse.cluster.apiserver.admission.podsecurity.standard import BASELINE, NEWEST, RESTRICTED, checks, violations

BAD = {
    "hostPID": True, "volumes": [{"name": "h", "hostPath": {"path": "/"}}],
    "containers": [{"name": "c", "securityContext": {"capabilities": {"add": ["BPF"]}, "runAsUser": 0}}],
}  # fmt: skip


def _reasons(level: str, minor: int) -> list[str]:
    return [violation.reason for violation in violations(level, minor, BAD, {})]


def test_the_strict_check_takes_the_place_of_the_lax_one() -> None:
    assert _reasons("privileged", NEWEST) == []
    assert _reasons("baseline", NEWEST) == ["non-default capabilities", "host namespaces", "hostPath volumes"]
    assert _reasons("restricted", NEWEST) == [
        "host namespaces", "allowPrivilegeEscalation != false", "unrestricted capabilities", "restricted volume types",
        "runAsNonRoot != true", "runAsUser=0", "seccompProfile",
    ]  # fmt: skip


def test_a_version_has_the_checks_of_its_time() -> None:
    assert "runAsUser=0" not in _reasons("restricted", 22) and "non-default capabilities" in _reasons("restricted", 21)
    assert _reasons("restricted", 999) == _reasons("restricted", NEWEST)
    assert len(checks("baseline", 33)) == len(BASELINE) - 1


def test_messages_come_in_the_order_of_names() -> None:
    for rules in (BASELINE, RESTRICTED):
        assert [rule.id for rule in rules] == sorted(rule.id for rule in rules)
