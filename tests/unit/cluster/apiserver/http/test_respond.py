"""Answers: how many warnings fit."""

from __future__ import annotations

from pilothouse.cluster.apiserver.http.respond import MAX_WARNED_CHARACTERS, MAX_WARNINGS, answer, fitting


def test_a_few_warnings_stay_as_they_are() -> None:
    assert fitting(["a" * 1000, "b"]) == ["a" * 1000, "b"]
    assert ("warning", '299 - "b"') in answer(b"{}", warnings=["b"]).headers


def test_no_answer_has_more_headers_than_clients_read() -> None:
    assert len(answer(b"{}", warnings=[f"unknown field {index}" for index in range(1000)]).headers) < 100


def test_long_warnings_are_cut_and_the_last_ones_left_out() -> None:
    kept = fitting(["x" * 300 for _ in range(MAX_WARNINGS)])
    assert {len(text) for text in kept} == {256}
    assert len(kept) == MAX_WARNED_CHARACTERS // 256
