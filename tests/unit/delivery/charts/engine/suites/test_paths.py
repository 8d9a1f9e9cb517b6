"""Paths into documents, with filters."""

import pytest

from pilothouse.delivery.charts.engine.suites.documents import read_exact
from pilothouse.delivery.charts.engine.suites.paths import PathInvalid, find

DOCUMENT = read_exact("""
kind: Pod
metadata: {name: p, annotations: {a.b/c: one, "x y": two}}
list: [10, 20, 30, 40]
containers:
- {name: web, image: "nginx:1", port: 80}
- {name: "db", image: "pg:2", port: 5432, ready: true}
""")


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("", [DOCUMENT]),
        ("metadata.name", ["p"]),
        ("$.metadata.name", ["p"]),
        ('metadata.annotations["a.b/c"]', ["one"]),
        ("metadata.annotations['x y','a.b/c']", ["two", "one"]),
        ("metadata.missing.deeper", []),
        ("list[0]", [10]),
        ("list[-1]", [40]),
        ("list[1:3]", [20, 30]),
        ("list[::2]", [10, 30]),
        ("list[0,3]", [10, 40]),
        ("list[9]", []),
        ("containers[*].name", ["web", "db"]),
        ("metadata.*", ["p", {"a.b/c": "one", "x y": "two"}]),
        ("..name", ["p", "web", "db"]),
        ('containers[?(@.name=="db")].image', ["pg:2"]),
        ("containers[?(@.port > 80 && @.ready == true)].name", ["db"]),
        ("containers[?(@.port <= 80 || @.name == 'db')].name", ["web", "db"]),
        ("containers[?(!(@.ready))].name", ["web"]),
        ("containers[?(@.ready)].name", ["db"]),
        ("containers[?(@.image =~ /^nginx/)].name", ["web"]),
        ('$[?(@.kind == "Pod")].metadata.name', ["p"]),
        ('$[?(@.kind == "Job")].metadata.name', []),
    ],
)
def test_path_gives_the_values_it_fits(path: str, values: list[object]) -> None:
    assert find(DOCUMENT, path) == values


@pytest.mark.parametrize(
    "path",
    ["a..", "a[", "a[]", "a[x]", "a['b]", "a[?(@.b == )]", "a[?(@.b", "a[::0]", "a b", "x" * 3000, "a[?(" + "(" * 99 + "@.b"],
)
def test_path_that_cannot_be_understood_is_an_error(path: str) -> None:
    with pytest.raises(PathInvalid):
        find(DOCUMENT, path)
