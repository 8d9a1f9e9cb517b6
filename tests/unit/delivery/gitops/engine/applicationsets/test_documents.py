import pytest

from pilothouse.delivery.gitops.engine.applicationsets.documents import read_document
from pilothouse.delivery.gitops.errors import GeneratorFailed


def test_documents() -> None:
    assert read_document("") is None
    assert read_document('{"a": 1}') == {"a": 1}
    assert read_document("at: 2024-01-02") == {"at": "2024-01-02"}


@pytest.mark.parametrize("text", ["a: [", "a: 1\n---\nb: 2", "[" * 300, "a: !!python/object:os.system x"])
def test_what_cannot_be_read_is_told(text: str) -> None:
    with pytest.raises(GeneratorFailed, match="unable to parse file"):
        read_document(text)
