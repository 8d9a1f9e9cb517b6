"""`get`: tables, trees, names, and what happens when there is nothing."""

import json

import yaml

from tests.unit.app.cli.conftest import Verb


def test_table(verb: Verb) -> None:
    status, out, _ = verb("get", "ns")
    lines = out.splitlines()
    assert status == 0
    assert lines[0].split() == ["NAME", "STATUS", "AGE"]
    assert "default" in out
    assert verb("get", "ns", "default", "--no-headers")[1].split()[:2] == ["default", "Active"]


def test_trees_and_names(verb: Verb) -> None:
    assert json.loads(verb("get", "ns", "default", "-o", "json")[1])["metadata"]["name"] == "default"
    listed = yaml.safe_load(verb("get", "namespaces", "-o", "yaml")[1])
    assert listed["kind"] == "List"
    assert listed["items"][0]["kind"] == "Namespace"
    assert "namespace/default\n" in verb("get", "ns", "-o", "name")[1]


def test_slash_form_and_all_namespaces(verb: Verb) -> None:
    assert verb("get", "ns/default")[0] == 0
    out = verb("get", "serviceaccounts", "-A", "-o", "wide")[1]
    assert not out or out.split()[0] == "NAMESPACE"


def test_nothing_and_nonsense(verb: Verb) -> None:
    assert verb("get", "pods") == (0, "", "No resources found in default namespace\n")
    status, _, err = verb("get", "pods", "missing")
    assert status == 1
    assert 'pods "missing" not found' in err
    assert "did you mean" in verb("get", "deploymentz")[2]
    assert "unknown output format" in verb("get", "ns", "-o", "xml")[2]
    assert "not both" in verb("get", "ns", "pods/a")[2]
    assert verb("get", "pods", "-l", "a=b=c")[0] == 1


def test_kinds_found_by_discovery(verb: Verb) -> None:
    assert verb("get", "storageclasses")[0] == 0
    assert "clusterrole.rbac.authorization.k8s.io/cluster-admin" in verb("get", "clusterroles", "-o", "name")[1]
