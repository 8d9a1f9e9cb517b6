"""Match conditions at work."""

from __future__ import annotations

import pytest

from pilothouse.cluster.apiserver.admission.dynamic.conditions import ConditionFailed, conditions_of, names_of
from pilothouse.cluster.apiserver.context import User
from tests.unit.cluster.apiserver.driver import Driver, serve

REQUEST = {"object": {"a": 1}, "oldObject": None, "operation": "CREATE", "userInfo": {"username": "u"}, "dryRun": False}


def test_one_false_skips_and_errors_count_only_without_it() -> None:
    async def test(driver: Driver) -> None:
        def hold(*expressions: str) -> bool:
            found = conditions_of([{"name": text, "expression": text} for text in expressions])
            assert found is not None
            return found.hold(names_of(driver.server.backend, User("u"), REQUEST))

        assert hold("object.a == 1", "request.userInfo.username == 'u'", "oldObject == null")
        assert not hold("object.b == 1", "false")
        with pytest.raises(ConditionFailed, match="no such key: b"):
            hold("object.b == 1", "true")
        assert not hold("authorizer.group('').resource('pods').check('get').allowed()")
        assert conditions_of([]) is None

    serve(test)


def test_roles_answer_the_authorizer() -> None:
    async def test(driver: Driver) -> None:
        found = conditions_of([{"name": "x", "expression": "authorizer.path('/x').check('get').allowed()"}])
        assert found is not None
        assert found.hold(names_of(driver.server.backend, User("u", "", ("system:masters",)), REQUEST))
        asked = "authorizer.serviceAccount('n', 'x').group('').resource('pods').namespace('n').check('get').allowed()"
        account = conditions_of([{"name": "x", "expression": asked}])
        assert account is not None
        assert not account.hold(names_of(driver.server.backend, User("u", "", ("system:masters",)), REQUEST))
        role = {"metadata": {"name": "r"}, "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}
        path = "/apis/rbac.authorization.k8s.io/v1"
        await driver.ok("POST", f"{path}/clusterroles", role)
        binding = {
            "metadata": {"name": "r"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "r"},
            "subjects": [{"kind": "ServiceAccount", "name": "x", "namespace": "n"}],
        }  # fmt: skip
        await driver.ok("POST", f"{path}/clusterrolebindings", binding)
        assert account.hold(names_of(driver.server.backend, User("u", "", ("system:masters",)), REQUEST))

    serve(test)
