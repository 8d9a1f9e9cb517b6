"""The failures of repositories fit the families that callers catch."""

from pilothouse.delivery.charts.repository import errors
from pilothouse.kit.errors import NotFound, PilothouseError, Unavailable


def test_reasons_are_the_names_and_families_fit() -> None:
    found = [each for each in vars(errors).values() if isinstance(each, type) and each.__module__ == errors.__name__]
    assert {each.reason for each in found} == {each.__name__ for each in found}
    assert all(issubclass(each, PilothouseError) for each in found)
    assert issubclass(errors.ChartNotFound, NotFound)
    assert issubclass(errors.DownloadFailed, Unavailable)
