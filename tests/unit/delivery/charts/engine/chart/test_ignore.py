from pilothouse.delivery.charts.engine.chart.ignore import Rules


def test_rules() -> None:
    rules = Rules("# c\n*.bak\n.git/\n/top.txt\nsub/*.md\n")
    assert rules.ignores("a/b.bak", False)
    assert rules.ignores(".git", True)
    assert not rules.ignores(".git", False)
    assert rules.ignores("sub/x.md", False)
    assert not rules.ignores("other/x.md", False)
    assert rules.ignores("templates/.hidden", False)
