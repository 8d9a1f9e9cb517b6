"""Which script a kind gets: an exact entry first, then wildcards in sorted order."""

from pilothouse.delivery.gitops.adapters.lua.scripts import Action, Customization, Scripts


def test_the_order() -> None:
    scripts = Scripts(
        {
            "*.a.io/*": Customization(health="wide"),
            "*.a.io/Widget": Customization(health="narrow"),
            "b.a.io/Widget": Customization(actions=(Action("go", "script"),)),
            "Pod": Customization(health="pod"),
        }
    )
    assert [scripts.of(*kind, "health").health for kind in (("b.a.io", "Widget"), ("", "Pod"))] == ["wide", "pod"]  # type: ignore[union-attr]
    assert scripts.of("b.a.io", "Widget", "actions").action("go") == "script"  # type: ignore[union-attr]
    assert scripts.of("a.io", "Widget", "health") is None
    assert scripts
    assert not Scripts()
