from pilothouse.delivery.charts.engine.rendering.objects import Files, glob_pattern
from pilothouse.delivery.charts.types import ChartFile


def test_glob() -> None:
    assert glob_pattern("conf/*.txt").fullmatch("conf/a.txt")
    assert not glob_pattern("conf/*.txt").fullmatch("conf/b/a.txt")
    assert glob_pattern("**.{a,b}").fullmatch("x/y.b")


def test_files() -> None:
    files = Files.of((ChartFile("d/a.txt", b"1\n2\n"), ChartFile("b", b"\xff")))
    methods = files.go_methods()
    assert methods["Get"].call("d/a.txt") == "1\n2\n"
    assert methods["Get"].call("../etc/passwd") == ""
    assert methods["Lines"].call("d/a.txt") == ["1", "2"]
    assert methods["Glob"].call("d/*").go_methods()["AsConfig"].call() == "a.txt: |\n  1\n  2"
