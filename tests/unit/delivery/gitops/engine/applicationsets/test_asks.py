from pilothouse.delivery.gitops.engine.applicationsets import asks


def test_the_same_question_is_equal_and_may_be_remembered() -> None:
    assert asks.Directories("u", "r", "p") == asks.Directories("u", "r", "p")
    assert len({asks.Files("u", "r", "p", "*"), asks.Files("u", "r", "p", "*"), asks.Files("u", "r", "", "*")}) == 2
