"""Keys from a seed are real keys."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from pilothouse.delivery.charts.engine.execution.faults import BudgetExceeded
from pilothouse.delivery.charts.engine.functions.security.costs import Costs
from pilothouse.delivery.charts.engine.functions.security.keys import Keys, is_prime, rsa_from
from pilothouse.kit.clock import Entropy


def test_a_seeded_rsa_key_signs_and_is_the_same_again() -> None:
    key, again, other = (rsa_from(Entropy(seed), 1024) for seed in (1, 1, 2))
    assert key.private_numbers() == again.private_numbers() != other.private_numbers()
    signature = key.sign(b"x", padding.PKCS1v15(), hashes.SHA256())
    key.public_key().verify(signature, b"x", padding.PKCS1v15(), hashes.SHA256())
    assert key.key_size == 1024


def test_primes() -> None:
    entropy = Entropy(1)
    assert [n for n in range(5, 60, 2) if is_prime(n, entropy)] == [5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59]
    assert is_prime(2**521 - 1, entropy) and not is_prime(2**523 - 1, entropy)
    assert not is_prime(3215031751, entropy)  # the least that fools the bases 2, 3, 5 and 7


def test_without_a_seed_keys_differ() -> None:
    keys = Keys(Entropy(), Costs())
    first, second = (keys.of("ecdsa").private_numbers().private_value for _ in range(2))
    assert first != second and keys.of("quantum") is None


def test_the_budget_holds() -> None:
    keys = Keys(Entropy(1), Costs(2))
    keys.of("ed25519")
    keys.of("ed25519")
    with pytest.raises(BudgetExceeded):
        keys.of("ed25519")
