from typing import Any

import pytest

from pilothouse.delivery.gitops.engine.applicationsets import asks
from pilothouse.delivery.gitops.engine.applicationsets.repositories import (
    file_params,
    git,
    glob_matches,
    path_matches,
    pathspec_matches,
)
from pilothouse.delivery.gitops.engine.applicationsets.templating import Templates
from pilothouse.delivery.gitops.errors import GeneratorFailed
from tests.unit.delivery.gitops.engine.applicationsets.world import drive

PLAIN = Templates(None)


def test_directories_are_included_and_excluded() -> None:
    spec: dict[str, Any] = {"repoURL": "u", "directories": [{"path": "apps/*"}, {"path": "apps/old", "exclude": True}]}
    found = drive(git(spec, PLAIN, "p"), {asks.Directories: ["apps", "apps/a_b", "apps/old", "apps/a_b/deep"]})
    assert found == [
        {"path": "apps/a_b", "path.basename": "a_b", "path.basenameNormalized": "a-b", "path[0]": "apps", "path[1]": "a_b"}
    ]


def test_a_templated_project_has_no_credentials() -> None:
    asked: list[asks.Directories] = []
    drive(git({"directories": [{"path": "*"}]}, PLAIN, "{{project}}"), {asks.Directories: lambda ask: asked.append(ask) or []})
    assert asked[0].project == ""


def test_files_give_their_objects() -> None:
    spec = {"repoURL": "u", "files": [{"path": "*.yaml"}, {"path": "b.yaml", "exclude": True}]}
    matched = {"*.yaml": {"a.yaml": "[{x: 1}, {x: 2}]", "b.yaml": "x: 3"}, "b.yaml": {"b.yaml": "x: 3"}}
    found = drive(git(spec, PLAIN, ""), {asks.Files: lambda ask: matched[ask.pattern]})
    assert [one["x"] for one in found] == ["1", "2"]
    assert found[0]["path"] == "." and found[0]["path.filename"] == "a.yaml"


def test_go_templates_get_structure() -> None:
    [params] = file_params("d/f.yaml", "a: {b: 1}", {"pathParamPrefix": "my"}, Templates(lambda text, params, options: text))
    assert params["a"] == {"b": 1} and params["my"]["path"]["segments"] == ["d"]


@pytest.mark.parametrize("text", ["text", "[1, 2]", "a: ["])
def test_files_without_objects_are_told(text: str) -> None:
    spec = {"repoURL": "u", "files": [{"path": "*"}]}
    with pytest.raises(GeneratorFailed, match=r"from git: unable to process file 'a\.yaml' from repository 'u'"):
        drive(git(spec, PLAIN, ""), {asks.Files: {"a.yaml": text}})


def test_errors_say_what_was_asked() -> None:
    with pytest.raises(GeneratorFailed, match="error generating params from git: error getting directories from repo: away"):
        drive(git({"directories": [{"path": "*"}]}, PLAIN, ""), {asks.Directories: GeneratorFailed("away")})
    with pytest.raises(GeneratorFailed, match="neither directories nor files"):
        drive(git({}, PLAIN, ""))


def test_patterns() -> None:
    assert path_matches("a/*", "a/b") and not path_matches("a/*", "a/b/c")
    assert glob_matches("**/c.json", "c.json") and glob_matches("**/c.json", "a/b/c.json") and glob_matches("{a,b}/?.y", "b/x.y")
    assert not glob_matches("*.json", "a/b.json") and not glob_matches("a{", "a")
    assert pathspec_matches("a/*.yaml", "a/b/c.yaml") and pathspec_matches("a", "a/b") and pathspec_matches("p/**/c", "p/c")
