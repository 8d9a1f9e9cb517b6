"""`make demo ONCE=1` on a bare machine: as root, as an ordinary user, and where user namespaces are blocked."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.e2e.users import NOBODY, Account, account

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(900)]
TIMEOUT_S = 420
IS_ROOT = os.geteuid() == 0


@pytest.fixture(scope="module")
def ordinary_user() -> Iterator[Account]:
    with account(NOBODY if IS_ROOT else os.geteuid()) as user:
        yield user


def check(user: Account, **environment: str) -> None:
    outcome = user.run(["make", "demo", "ONCE=1"], TIMEOUT_S, **environment)
    assert outcome.status == 0, outcome.output[-6000:]
    assert not outcome.left, "left behind: " + "\n".join(outcome.left)
    print(outcome.output[-3000:])


@pytest.mark.skipif(not IS_ROOT, reason="not root")
def test_demo_as_root() -> None:
    with account(0) as user:
        check(user)


def test_demo_as_an_ordinary_user(ordinary_user: Account) -> None:
    check(ordinary_user)


def test_demo_where_user_namespaces_are_blocked(ordinary_user: Account) -> None:
    check(ordinary_user, PILOTHOUSE_SANDBOX="none")
