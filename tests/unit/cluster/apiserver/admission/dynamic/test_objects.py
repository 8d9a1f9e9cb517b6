"""Objects in the version somebody asked for."""

from __future__ import annotations

from pilothouse.cluster.apiserver.admission.dynamic.matching import Attributes
from pilothouse.cluster.apiserver.admission.dynamic.objects import is_own_kind, returned, seen_as
from pilothouse.cluster.apiserver.context import User
from pilothouse.cluster.apiserver.registry.converters import AdmittedObjects
from tests.unit.cluster.apiserver.driver import Driver, serve

KIND = "HorizontalPodAutoscaler"


def test_there_and_back() -> None:
    async def test(driver: Driver) -> None:
        scheme, objects = driver.server.scheme, AdmittedObjects(driver.server.backend)
        old = scheme.resource("autoscaling", "v1", "horizontalpodautoscalers")
        new = scheme.resource("autoscaling", "v2", "horizontalpodautoscalers")
        assert old is not None and new is not None
        obj = {"apiVersion": "autoscaling/v1", "kind": KIND, "metadata": {"name": "h"}, "spec": {
            "scaleTargetRef": {"kind": "Deployment", "name": "d"}, "maxReplicas": 3, "targetCPUUtilizationPercentage": 70,
        }}  # fmt: skip
        asked = Attributes("CREATE", old, User("u"), kind=("autoscaling", "v1", KIND), obj=obj)
        seen = await seen_as(objects, asked, new)
        assert is_own_kind(asked) and seen.obj is not None and seen.obj["spec"]["metrics"][0]["resource"]["name"] == "cpu"
        back = await returned(objects, asked, new, seen.obj)
        assert back["spec"]["targetCPUUtilizationPercentage"] == 70
        assert await seen_as(objects, asked, old) is asked
        scale = Attributes("UPDATE", old, User("u"), "scale", kind=("autoscaling", "v1", "Scale"), obj={"spec": {}})
        assert await seen_as(objects, scale, new) is scale and await returned(objects, scale, new, obj) is obj

    serve(test)
