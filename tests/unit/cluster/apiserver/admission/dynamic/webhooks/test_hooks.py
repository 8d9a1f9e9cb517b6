"""Hooks out of configurations, and the index that follows them."""

from __future__ import annotations

from pilothouse.cluster.apiserver.admission.dynamic.webhooks.hooks import VALIDATING, HookIndex, hook_of
from tests.unit.cluster.apiserver.driver import Driver, serve

URL = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
RAW = {
    "name": "a.example.com", "sideEffects": "None", "admissionReviewVersions": ["v1"], "clientConfig": {"url": "https://x"},
    "rules": [{"operations": ["*"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods/*"], "scope": "Namespaced"}],
    "timeoutSeconds": 3, "failurePolicy": "Ignore", "matchPolicy": "Exact", "reinvocationPolicy": "IfNeeded",
}  # fmt: skip


def test_a_hook_is_read() -> None:
    hook = hook_of("c", 2, RAW)
    assert (hook.uid, hook.timeout_s, hook.is_ignoring, hook.selection.is_exact, hook.is_reinvocable) == (
        "c/a.example.com/2", 3.0, True, True, True,
    )  # fmt: skip
    assert (
        hook.selection.rules[0].resources == (("pods", "*"),)
        and hook.selection.rules[0].scope == "Namespaced"
        and hook.conditions is None
    )


def test_the_index_follows_configurations_in_order_of_name() -> None:
    async def test(driver: Driver) -> None:
        index = HookIndex(driver.server.backend, VALIDATING)
        for name in ("b", "a"):
            await driver.ok("POST", URL, {"metadata": {"name": name}, "webhooks": [RAW | {"name": f"{name}.example.com"}]})
        assert [hook.name for hook in index.hooks] == ["a.example.com", "b.example.com"]
        await driver.ok("DELETE", f"{URL}/a")
        assert [hook.name for hook in index.hooks] == ["b.example.com"]

    serve(test)
