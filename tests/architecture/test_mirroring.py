"""Every module has a test of its name, except those on a list that may only shrink."""

from __future__ import annotations

from tests.architecture import mirroring, source

CEILING = 184
"""How many exceptions there were when the list was last cut; never raise it."""


def test_new_modules_come_with_their_test() -> None:
    new = mirroring.unmirrored() - mirroring.listed()
    assert not new, "write tests/unit/<same path>/test_<name>.py for:\n" + "\n".join(sorted(new))


def test_the_list_of_exceptions_only_shrinks() -> None:
    stale = mirroring.listed() - mirroring.unmirrored()
    assert not stale, "tested now, run `python -m tests.architecture.mirroring --shrink`:\n" + "\n".join(sorted(stale))
    assert len(mirroring.listed()) <= CEILING


def test_a_module_without_a_test_is_found() -> None:
    assert not mirroring.is_mirrored(source.PACKAGE / "kit" / "nothing_tests_this.py")
    assert mirroring.is_mirrored(source.PACKAGE / "api" / "quantity.py")
