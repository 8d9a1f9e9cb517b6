import pytest

from pilothouse.delivery.gitops.engine.applicationsets.plugins import Plugin, read_plugin
from pilothouse.delivery.gitops.errors import GeneratorFailed

SECRETS = {"argocd-secret": {"k": "t1"}, "other": {"k": "t2"}}


def test_tokens_come_from_secrets() -> None:
    data = {"baseUrl": "http://p/", "token": "$k", "requestTimeout": "5"}
    assert read_plugin("c", data, "n", SECRETS.get) == Plugin("http://p", "t1", 5)
    assert read_plugin("c", {"baseUrl": "http://p", "token": "$other:k"}, "n", SECRETS.get).token == "t2"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, 'configmaps "c" not found'), ({"token": "$k"}, "baseUrl not found"), ({"baseUrl": "u"}, "token not found"),
        ({"baseUrl": "u", "token": "plain"}, "does not reference a secret key"),
        ({"baseUrl": "u", "token": "$gone:k"}, 'secrets "gone" not found'),
        ({"baseUrl": "u", "token": "$k", "requestTimeout": "x"}, "is not a number of seconds"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(data: dict[str, str] | None, words: str) -> None:
    with pytest.raises(GeneratorFailed, match=words):
        read_plugin("c", data, "n", SECRETS.get)
