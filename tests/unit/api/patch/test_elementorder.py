"""Places of items in a merged list."""

from pilothouse.api.patch.elementorder import check_order, ordered


def test_named_items_are_ranked_and_the_others_stay_where_they_were() -> None:
    assert ordered(["a", "b", "c", "d"], ["d", "b"], ["a", "b", "c", "d"], "") == ["a", "c", "d", "b"]
    assert ordered(["a", "new"], ["new"], ["a"], "") == ["new", "a"]
    items = [{"k": 1}, {"k": 2}, {"k": 3}]
    assert ordered(items, [{"k": 3}, {"k": 1}], items, "k") == [{"k": 2}, {"k": 3}, {"k": 1}]
    assert ordered([], ["a"], [], "") == []


def test_a_patch_must_come_in_the_order_stated() -> None:
    assert check_order([{"k": 1}, {"k": 3}], [{"k": 1}, {"k": 2}, {"k": 3}], "k") == ""
    assert "doesn't match" in check_order([{"k": 3}, {"k": 1}], [{"k": 1}, {"k": 3}], "k")
    assert check_order([{"k": 9, "$patch": "delete"}], [{"k": 1}], "k") == "", "what goes has no place"
    assert "doesn't match" in check_order([{"k": 1}, {"$patch": "replace"}], [{"k": 1}], "k")
    assert check_order(["a"], [], "") == "", "nothing stated"
