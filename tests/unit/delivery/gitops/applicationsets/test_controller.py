"""ApplicationSets on a whole cluster in process, with a real Git repository."""

import asyncio
from pathlib import Path
from typing import Any

from pilothouse.delivery.gitops.applicationsets.schedule import REFRESH
from pilothouse.delivery.gitops.applicationsets.writing import APPLICATION_SET
from pilothouse.delivery.gitops.controller import APPLICATION
from pilothouse.sdk.kinds import CONFIG_MAP, SECRET
from tests.unit.delivery.gitops.applicationsets.world import World, condition, config, world


def run(tmp_path: Path, scenario: Any, **settings: Any) -> None:
    async def inner() -> None:
        async with world(tmp_path, **settings) as found:
            await scenario(found)

    asyncio.run(inner())


def test_directories_become_applications_and_go_with_them(tmp_path: Path) -> None:
    async def scenario(it: World) -> None:
        it.commit({"apps/web/a.yaml": config("web"), "apps/db/a.yaml": config("db"), "apps/.hidden/a.yaml": config("no")})
        automated = {"automated": {"prune": True}}
        await it.apply([it.directories()], it.template("{{.path.basename}}", "{{.path.path}}", syncPolicy=automated))
        apps = await it.names("web", "db")
        owner = apps["web"]["metadata"]["ownerReferences"][0]
        assert (owner["kind"], owner["name"], owner["controller"]) == ("ApplicationSet", "team", True)
        assert apps["web"]["metadata"]["finalizers"] == ["resources-finalizer.argocd.argoproj.io"]
        status = await it.status(lambda s: [r.get("health", {}).get("status") for r in s.get("resources", ())] == ["Healthy"] * 2)
        assert [r["status"] for r in status["resources"]] == ["Synced", "Synced"]
        kinds = {one["type"]: one["status"] for one in status["conditions"]}
        assert kinds == {"ErrorOccurred": "False", "ParametersGenerated": "True", "ResourcesUpToDate": "True"}
        it.commit({"apps/cache/a.yaml": config("cache")})
        await it.names("web", "db", "cache")
        it.commit({"apps/db/a.yaml": None})
        await it.names("web", "cache")
        assert "db" not in {tree["metadata"]["name"] for tree in await it.client.list(CONFIG_MAP, "default")}
        await it.client.delete(APPLICATION_SET, "team", "default")
        await it.names()

    run(tmp_path, scenario)


def test_clusters_and_directories_make_a_matrix(tmp_path: Path) -> None:
    async def scenario(it: World) -> None:
        it.commit({"apps/web/a.yaml": config("web"), "apps/db/a.yaml": config("db")})
        await it.cluster_secret("east", env="prod")
        generator = {"matrix": {"generators": [{"clusters": {"selector": {"matchLabels": {"env": "prod"}}}}, it.directories()]}}
        template = it.template("{{.name}}-{{.path.basename}}", "{{.path.path}}")
        template["spec"]["destination"] = {"server": "{{.server}}", "namespace": "default"}
        await it.apply([generator], template)
        await it.names("east-web", "east-db")
        await it.cluster_secret("west", env="prod")
        apps = await it.names("east-web", "east-db", "west-web", "west-db")
        assert apps["west-db"]["spec"]["destination"]["server"] == "https://west.example.com"
        await it.client.delete(SECRET, "east", "default")
        await it.names("west-web", "west-db")

    run(tmp_path, scenario, has_applications=False)


def test_a_failing_generator_deletes_nothing(tmp_path: Path) -> None:
    async def scenario(it: World) -> None:
        it.commit({"apps/web/a.yaml": config("web")})
        other = {"git": {"repoURL": f"{it.url}-gone", "revision": "main", "directories": [{"path": "*"}]}}
        await it.apply([it.directories(), {"list": {"elements": [{"path": {"basename": "x", "path": "apps/web"}}]}}])
        await it.names("web", "x")
        await it.client.patch(APPLICATION_SET, "team", "default", {"spec": {"generators": [it.directories(), other]}})
        status = await it.status(lambda s: condition(s, "ErrorOccurred").get("status") == "True")
        assert condition(status, "ErrorOccurred")["reason"] == "ApplicationParamsGenerationError"
        assert condition(status, "ParametersGenerated")["status"] == "False"
        assert set(await it.apps()) == {"web", "x"}
        await it.client.patch(APPLICATION_SET, "team", "default", {"spec": {"generators": [{"list": {"elements": []}}]}})
        status = await it.status(lambda s: condition(s, "ErrorOccurred").get("reason") == "DeletionHeld")
        assert set(await it.apps()) == {"web", "x"}
        assert "none is generated" in condition(status, "ErrorOccurred")["message"]

    run(tmp_path, scenario, has_applications=False)


def test_edits_are_put_right_and_what_is_ignored_or_preserved_stays(tmp_path: Path) -> None:
    async def scenario(it: World) -> None:
        elements = {"list": {"elements": [{"name": "web"}]}}
        await it.apply(
            [elements], it.template("{{.name}}"), preservedFields={"annotations": ["kept"]},
            ignoreApplicationDifferences=[{"jqPathExpressions": [".spec.source | select(true) | .targetRevision"]}],
        )  # fmt: skip
        await it.names("web")
        patch = {
            "metadata": {"annotations": {"kept": "1", "notkept": "1"}},
            "spec": {"project": "default", "source": {"targetRevision": "dev", "path": "elsewhere"}},
        }
        await it.client.patch(APPLICATION, "web", "default", patch)
        apps = await it.until(lambda apps: apps["web"]["spec"]["source"]["path"] == ".")
        assert apps["web"]["spec"]["source"]["targetRevision"] == "dev"
        assert apps["web"]["metadata"]["annotations"] == {"kept": "1"}
        await it.client.patch(APPLICATION, "web", "default", {"metadata": {"finalizers": None}})
        apps = await it.until(lambda apps: apps["web"]["metadata"].get("finalizers"))
        await it.client.delete(APPLICATION, "web", "default")
        await it.client.patch(APPLICATION, "web", "default", {"metadata": {"finalizers": None}})
        await it.until(lambda now: "web" in now and now["web"]["metadata"]["uid"] != apps["web"]["metadata"]["uid"])

    run(tmp_path, scenario, has_applications=False)


def test_invalid_applications_are_told_and_the_others_are_made(tmp_path: Path) -> None:
    async def scenario(it: World) -> None:
        elements = [{"name": "a", "project": "default"}, {"name": "b", "project": "nowhere"}, {"name": "a", "project": "default"}]
        template = it.template("{{.name}}")
        template["spec"]["project"] = "{{.project}}"
        await it.apply([{"list": {"elements": elements}}, {"surprise": {}}], template)
        await it.names("a")
        status = await it.status(lambda s: condition(s, "ErrorOccurred").get("status") == "True")
        assert "unrecognized generators" in condition(status, "ErrorOccurred")["message"]
        await it.client.patch(APPLICATION_SET, "team", "default", {"spec": {"generators": [{"list": {"elements": elements}}]}})
        status = await it.status(lambda s: condition(s, "ErrorOccurred").get("reason") == "ApplicationValidationError")
        message = condition(status, "ErrorOccurred")["message"]
        assert "project nowhere which does not exist" in message and "duplicate name: a" in message

    run(tmp_path, scenario, has_applications=False)


def test_nothing_is_written_or_filled_again_when_nothing_changed(tmp_path: Path) -> None:
    async def scenario(it: World) -> None:
        it.commit({f"apps/app{number:04}/a.yaml": config(f"app{number}") for number in range(1000)})
        await it.apply([it.directories()])
        apps = await it.until(lambda apps: len(apps) == 1000, timeout_s=60)
        await it.status(lambda s: s.get("resourcesCount") == 1000)
        writes, filled = it.sets.writer.writes, it.sets.driver.filled
        assert writes == 1000
        it.commit({"README": "nothing of interest", "other/x": "y"})
        await it.client.patch(APPLICATION_SET, "team", "default", {"metadata": {"annotations": {REFRESH: "true"}}})
        while REFRESH in ((await it.client.get(APPLICATION_SET, "team", "default"))["metadata"].get("annotations") or {}):
            await asyncio.sleep(0.05)
        assert it.sets.writer.writes == writes and it.sets.driver.filled <= filled + 1
        after = await it.apps()
        versions = {name: tree["metadata"]["resourceVersion"] for name, tree in apps.items()}
        assert {name: tree["metadata"]["resourceVersion"] for name, tree in after.items()} == versions

    run(tmp_path, scenario, has_applications=False)


def test_policies_keep_applications(tmp_path: Path) -> None:
    async def scenario(it: World) -> None:
        both = {"list": {"elements": [{"name": "a"}, {"name": "b"}]}}
        await it.apply([both], it.template("{{.name}}"), syncPolicy={"applicationsSync": "create-update"})
        await it.names("a", "b")
        one = {"list": {"elements": [{"name": "a"}]}}
        await it.client.patch(
            APPLICATION_SET, "team", "default", {"spec": {"generators": [one], "template": {"spec": {"info": []}}}}
        )
        await it.until(lambda apps: "info" in apps["a"]["spec"])
        assert set(await it.apps()) == {"a", "b"}
        await it.client.delete(APPLICATION_SET, "team", "default")
        await it.until(lambda apps: not any(app["metadata"].get("ownerReferences") for app in apps.values()))
        while await it.client.list(APPLICATION_SET, "default"):
            await asyncio.sleep(0.02)
        assert set(await it.apps()) == {"a", "b"}

    run(tmp_path, scenario, has_applications=False)


def test_what_has_another_shape_is_told(tmp_path: Path) -> None:
    async def scenario(it: World) -> None:
        await it.apply([{"list": {"elements": 5}}], it.template("x"))
        status = await it.status(lambda s: condition(s, "ErrorOccurred").get("status") == "True")
        assert "another shape than documented" in condition(status, "ErrorOccurred")["message"]
        rule = {"jqPathExpressions": ["this is no jq("]}
        spec = {"generators": [{"list": {"elements": [{"name": "a"}]}}], "ignoreApplicationDifferences": [rule]}
        await it.client.patch(APPLICATION_SET, "team", "default", {"spec": spec})
        await it.names("x")
        await it.client.patch(APPLICATION, "x", "default", {"spec": {"source": {"path": "y"}}})
        status = await it.status(lambda s: condition(s, "ErrorOccurred").get("reason") == "UpdateApplicationError")
        assert "jq cannot run" in condition(status, "ErrorOccurred")["message"]
        template = {"spec": {"source": "no object"}}
        await it.client.patch(APPLICATION_SET, "team", "default", {"spec": {"template": template}})
        status = await it.status(lambda s: condition(s, "ErrorOccurred").get("reason") == "ApplicationValidationError")
        assert condition(status, "ErrorOccurred")["message"].startswith("x: ")

    run(tmp_path, scenario, has_applications=False)


STEPS = [{"matchExpressions": [{"key": "env", "operator": "In", "values": [env]}]} for env in ("dev", "qa", "prod")]


def test_a_rolling_sync_goes_over_three_labels(tmp_path: Path) -> None:
    async def scenario(it: World) -> None:
        it.commit({f"{env}/a.yaml": config(env) for env in ("dev", "qa", "prod")})
        elements = [{"env": env} for env in ("prod", "qa", "dev")]
        automated = {"automated": {"prune": True}}
        template = it.template("{{.env}}", "{{.env}}", metadata={"labels": {"env": "{{.env}}"}}, syncPolicy=automated)
        strategy = {"type": "RollingSync", "rollingSync": {"steps": STEPS}, "deletionOrder": "Reverse"}
        await it.apply([{"list": {"elements": elements}}], template, strategy=strategy)
        status = await it.status(lambda s: [one["status"] for one in s.get("applicationStatus", ())] == ["Healthy"] * 3)
        assert {one["application"]: one["step"] for one in status["applicationStatus"]} == {"dev": "1", "qa": "2", "prod": "3"}
        assert (await it.apps())["dev"]["spec"]["syncPolicy"]["automated"]["enabled"] is False
        it.commit({f"{env}/a.yaml": config(env, "2") for env in ("dev", "qa", "prod")})
        done = await it.until(lambda apps: all(len(app["status"].get("history", ())) == 2 for app in apps.values()))
        times = {name: app["status"]["operationState"] for name, app in done.items()}
        assert times["dev"]["finishedAt"] <= times["qa"]["startedAt"] and times["qa"]["finishedAt"] <= times["prod"]["startedAt"]
        assert times["prod"]["operation"]["initiatedBy"]["username"] == "applicationset-controller"
        status = await it.status(lambda s: condition(s, "RolloutProgressing").get("status") == "False")
        assert condition(status, "RolloutProgressing")["reason"] == "ApplicationSetRolloutComplete"
        seen: list[set[str]] = []
        await it.client.delete(APPLICATION_SET, "team", "default")
        await it.until(lambda apps: seen.append(set(apps)) or not apps)  # type: ignore[func-returns-value]
        assert not any("prod" in names and "qa" not in names for names in seen)
        while await it.client.list(APPLICATION_SET, "default"):
            await asyncio.sleep(0.02)

    run(tmp_path, scenario)
