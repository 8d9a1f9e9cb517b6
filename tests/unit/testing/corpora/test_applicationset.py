from pilothouse.testing.corpora import SKIP
from pilothouse.testing.corpora.applicationset import answer


def test_answers() -> None:
    case = {"feature": "list", "goTemplate": False, "input": {"generator": {"list": {"elements": [{"a": "b"}]}}}}
    assert answer(case) == {"params": [{"a": "b"}]}
    assert answer({**case, "input": {"generator": {"git": {}}}})["error"].startswith("the git generator has neither")
    assert answer({**case, "feature": "unheard"}) == SKIP
