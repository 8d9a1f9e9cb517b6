"""What ApplicationSets ask of the outside: plugins, decisions, forges; and what announcements wake."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import orjson

from pilothouse.api.meta import is_condition_true
from pilothouse.delivery.gitops.applicationsets import schedule
from pilothouse.delivery.gitops.applicationsets.status import status_of
from pilothouse.delivery.gitops.engine.applicationsets import asks
from pilothouse.delivery.gitops.engine.webhooks import Push, read_pull
from pilothouse.sdk.kinds import CONFIG_MAP, CUSTOM_RESOURCE_DEFINITION, SECRET, Kind
from tests.unit.delivery.gitops.adapters.scm.forge import playing
from tests.unit.delivery.gitops.adapters.test_scm import hub_pull
from tests.unit.delivery.gitops.applicationsets.world import World, condition, config, world


def run(tmp_path: Path, scenario: Callable[[World], Awaitable[None]], **settings: Any) -> None:
    async def inner() -> None:
        async with world(tmp_path, has_applications=False, **settings) as found:
            await scenario(found)

    asyncio.run(inner())


def secret(name: str, **data: str) -> Any:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "default"}, "stringData": data}


def config_map(name: str, **data: str) -> Any:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}, "data": data}


async def plugin_server(answers: list[bytes], asked: list[bytes]) -> asyncio.Server:
    """A plugin that ends its answers by hanging up, as simple servers of Python do."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        asked.append(head + await reader.readexactly(length))
        writer.write(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + answers[0])
        writer.close()

    return await asyncio.start_server(handle, "127.0.0.1", 0)


def test_a_plugin_answers(tmp_path: Path) -> None:
    async def scenario(it: World) -> None:
        asked: list[bytes] = []
        answers = [orjson.dumps({"output": {"parameters": [{"name": "one"}, {"name": "two"}]}})]
        server = await plugin_server(answers, asked)
        port = server.sockets[0].getsockname()[1]
        await it.client.create(SECRET, secret("tokens", token="s3cret"))
        await it.client.create(CONFIG_MAP, config_map("my-plugin", baseUrl=f"http://127.0.0.1:{port}", token="$tokens:token"))
        generator = {"plugin": {"configMapRef": {"name": "my-plugin"}, "input": {"parameters": {"env": "dev"}}}}
        await it.apply([generator], it.template("{{.name}}-{{.generator.input.parameters.env}}"))
        await it.names("one-dev", "two-dev")
        assert asked[0].startswith(b"POST /api/v1/getparams.execute ") and b"authorization: Bearer s3cret" in asked[0]
        body = orjson.loads(asked[0].split(b"\r\n\r\n", 1)[1])
        assert body == {"applicationSetName": "team", "input": {"parameters": {"env": "dev"}}}
        count = len(asked)
        await it.cluster_secret("east")
        await it.status(lambda s: s.get("resourcesCount") == 2)
        assert len(asked) == count == 1, "it is asked when it is time"
        server.close()

    run(tmp_path, scenario)


def test_a_plugin_that_cannot_be_asked_is_named(tmp_path: Path) -> None:
    async def scenario(it: World) -> None:
        await it.client.create(SECRET, secret("argocd-secret", key="x"))
        await it.client.create(CONFIG_MAP, config_map("my-plugin", baseUrl="http://127.0.0.1:1", token="$key"))
        await it.apply([{"plugin": {"configMapRef": {"name": "my-plugin"}}}], it.template("x"))
        status = await it.status(lambda s: condition(s, "ErrorOccurred").get("status") == "True")
        assert "the plugin at http://127.0.0.1:1 cannot be asked" in condition(status, "ErrorOccurred")["message"]

    run(tmp_path, scenario)


DUCKS = Kind("mallard.io/v1beta1", "Duck", "ducks")


def test_decisions_of_another_controller(tmp_path: Path) -> None:
    async def scenario(it: World) -> None:
        schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        version = {"name": "v1beta1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
        names = {"kind": "Duck", "plural": "ducks", "singular": "duck", "listKind": "DuckList"}
        definition = {
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "ducks.mallard.io"},
            "spec": {"group": "mallard.io", "scope": "Namespaced", "names": names, "versions": [version]},
        }  # fmt: skip
        await it.client.create(CUSTOM_RESOURCE_DEFINITION, definition)
        while not is_condition_true(await it.client.get(CUSTOM_RESOURCE_DEFINITION, "ducks.mallard.io"), "Established"):
            await asyncio.sleep(0.01)
        chosen = {"decisions": [{"clusterName": "east", "reason": "near"}, {"clusterName": "unknown"}]}
        meta = {"name": "quak", "namespace": "default"}
        await it.client.create(DUCKS, {"apiVersion": DUCKS.api_version, "kind": "Duck", "metadata": meta, "status": chosen})
        data = {"apiVersion": "mallard.io/v1beta1", "kind": "ducks", "statusListKey": "decisions", "matchKey": "clusterName"}
        await it.client.create(CONFIG_MAP, config_map("choices", **data))
        await it.cluster_secret("east")
        generator = {"clusterDecisionResource": {"configMapRef": "choices", "name": "quak"}}
        await it.apply([generator], it.template("{{.name}}-{{.reason}}"))
        await it.names("east-near")

    run(tmp_path, scenario)


def test_a_pull_request_becomes_an_application_when_the_forge_says_so(tmp_path: Path) -> None:
    async def scenario(it: World) -> None:
        target = "/api/v3/repos/org/app/pulls?state=open&per_page=100"
        async with playing({target: [hub_pull(1, "a")]}) as forge:
            generator = {"pullRequest": {"github": {"owner": "org", "repo": "app", "api": forge.url}}}
            await it.apply([generator], it.template("pr-{{.number}}"))
            await it.names("pr-1")
            forge.answers[target] = [hub_pull(2, "b")]
            event = {"action": "opened", "repository": {"full_name": "org/app"}}
            change = read_pull("github", {"x-github-event": "pull_request"}, orjson.dumps(event))
            assert change is not None
            assert it.sets.pull_changed(change, "elsewhere") == 0 and it.sets.pull_changed(change, "default") == 1
            await it.until(lambda apps: "pr-2" in apps and apps["pr-1"]["metadata"].get("deletionTimestamp"))
            del forge.answers[target]
            assert it.sets.pull_changed(change, "") == 1
            status = await it.status(lambda s: condition(s, "ErrorOccurred").get("status") == "True")
            assert "error listing repos" in condition(status, "ErrorOccurred")["message"]
            assert not (await it.apps())["pr-2"]["metadata"].get("deletionTimestamp")

    run(tmp_path, scenario)


def test_a_push_is_about_who_asked_for_the_repository(tmp_path: Path) -> None:
    async def scenario(it: World) -> None:
        it.commit({"apps/web/a.yaml": config("web")})
        await it.apply([it.directories()])
        await it.names("web")
        assert it.sets.announced(Push((it.url,), "refs/heads/main", True), "") == 1
        assert it.sets.announced(Push((it.url,), "refs/heads/other", False), "") == 0
        assert it.sets.announced(Push(("https://example.com/x",), "refs/heads/main", True), "") == 0

    run(tmp_path, scenario)


def test_when_to_look_again() -> None:
    def tree(*generators: Any, **notes: str) -> Any:
        return {"metadata": {"annotations": notes}, "spec": {"generators": list(generators)}}

    git, pulls = {"git": {"repoURL": "https://h/r"}}, {"pullRequest": {"github": {}, "requeueAfterSeconds": 60}}
    assert schedule.requeue_s(tree({"list": {}}, {"clusters": {}})) is None
    assert schedule.requeue_s(tree(git)) == 180 and schedule.requeue_s(tree({"plugin": {}})) == 1800
    assert schedule.requeue_s(tree({"matrix": {"generators": [git, {"merge": {"generators": [pulls]}}]}})) == 60
    ask = asks.Directories("https://h/r", "", "")
    assert schedule.max_age_s(tree(git), ask) == 162
    assert schedule.max_age_s(tree(git, **{schedule.REFRESH: "true"}), ask) == 0


def test_a_status_that_says_the_same_is_the_same() -> None:
    live = {"a": {"metadata": {"name": "a", "namespace": "x"}, "status": {"sync": {"status": "Synced"}}}}
    first = status_of({"metadata": {}}, live, None, None, 1_750_000_000.0)
    assert status_of({"metadata": {}, "status": first}, live, None, None, 1_750_009_999.0) == first
    assert first["resources"][0]["status"] == "Synced" and first["resourcesCount"] == 1
