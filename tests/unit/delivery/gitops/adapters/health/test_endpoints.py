"""Probes over the network against real servers."""

import json

import pytest

from pilothouse.delivery.gitops.engine.probes import Answer
from tests.unit.delivery.gitops.adapters.health.servers import Web, ask, closed_port, grpc_health, with_web


def test_http() -> None:
    async def scenario(server: Web) -> None:
        assert await ask({"http": {"url": server.url()}}) == Answer(True, "", "Healthy")
        assert await ask({"http": {"host": "127.0.0.1", "port": server.port, "probePath": "ready"}}) == Answer(
            True, "", "Healthy"
        )
        server.says["/ready"] = (503, b'{"status":"starting","message":"no queue"}')
        assert await ask({"http": {"url": server.url()}}) == Answer(False, "HTTP 503: no queue")
        slow = await ask({"http": {"url": server.url("/hang")}, "timeout": 0.1})
        assert slow == Answer(False, "no answer within 0.1 s")
        port = await closed_port()
        gone = await ask({"http": {"host": "127.0.0.1", "port": port}})
        assert gone.is_healthy is False
        assert gone.message.startswith(f"127.0.0.1:{port} does not answer")
        silent = await ask({"http": {"host": "127.0.0.1", "port": port}, "onFailure": "fallback"})
        assert silent.is_healthy is None

    with_web(scenario)


def test_hosts_that_may_not_be_asked() -> None:
    async def scenario(server: Web) -> None:
        refused = await ask({"http": {"url": server.url()}}, hosts=("*.svc",))
        assert (refused.is_healthy, server.asked) == (None, [])
        assert refused.message == "health probes may not ask 127.0.0.1"

    with_web(scenario)


def test_tcp_and_grpc() -> None:
    pytest.importorskip("grpc")

    async def scenario(server: Web) -> None:
        assert (await ask({"tcp": {"host": "127.0.0.1", "port": server.port}})).is_healthy is True
        port = await closed_port()
        assert (await ask({"tcp": {"host": "127.0.0.1", "port": port}})).is_healthy is False
        async with grpc_health({"": 1, "shop": 2}) as port:
            place = {"host": "127.0.0.1", "port": port}
            assert (await ask({"grpc": place})).is_healthy is True
            assert await ask({"grpc": {**place, "service": "shop"}}) == Answer(False, "NOT_SERVING")
            assert (await ask({"grpc": {**place, "service": "x"}})).message == "the server does not know this service"
        assert (await ask({"grpc": place, "timeout": 1})).is_healthy is False

    with_web(scenario)


def test_prometheus() -> None:
    async def scenario(server: Web) -> None:
        data = {"resultType": "vector", "result": [{"metric": {}, "value": [1, "42"]}]}
        server.says["/prom/api/v1/query"] = (200, json.dumps({"status": "success", "data": data}).encode())
        settings = {"server": server.url("/prom"), "query": 'orders{app="{{ .metadata.name }}"}', "compare": "> 10"}
        assert (await ask({"prometheus": settings})).is_healthy is True
        assert server.asked == ["/prom/api/v1/query?query=orders%7Bapp%3D%22shop%22%7D"]
        assert await ask({"prometheus": {**settings, "compare": "> 100"}}) == Answer(False, "42 is not > 100")
        assert (await ask({"prometheus": {**settings, "server": server.url("/gone")}})).is_healthy is None

    with_web(scenario)
