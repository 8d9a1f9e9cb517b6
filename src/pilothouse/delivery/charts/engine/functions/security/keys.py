"""Private keys: the operating system's randomness, or with a seed always the same ones.

A seeded RSA key is made here from two primes, because no library takes a source of randomness: it is for renders that must be
stable (tests, GitOps with a private seed), takes about half a second for 2048 bits, and is as secret as the seed.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pilothouse.delivery.charts.engine.functions.security.costs import Costs

if TYPE_CHECKING:
    from pilothouse.kit.clock import Entropy

EXPONENT = 65537
_SMALL = tuple(n for n in range(3, 2000, 2) if all(n % d for d in range(3, math.isqrt(n) + 1, 2)))
_ROUNDS = 24


class Keys:
    """Makes keys within one budget."""

    def __init__(self, entropy: Entropy, costs: Costs) -> None:
        """Draw from `entropy` when it has a seed."""
        self._entropy, self._costs = entropy, costs

    def of(self, kind: str, bits: int = 2048) -> Any:
        """Return a private key of the kind `rsa`, `ecdsa`, `ed25519` or `dsa`; None for another kind."""
        make = {"rsa": self._rsa, "ecdsa": self._ecdsa, "ed25519": self._ed25519, "dsa": self._dsa}.get(kind)
        if make is None:
            return None
        self._costs.spend(4 if kind == "rsa" and bits > 2048 else 1)
        return make(bits)

    def _rsa(self, bits: int) -> Any:
        from cryptography.hazmat.primitives.asymmetric import rsa

        return rsa_from(self._entropy, bits) if self._entropy.is_seeded else rsa.generate_private_key(EXPONENT, bits)

    def _ecdsa(self, _: int) -> Any:
        from cryptography.hazmat.primitives.asymmetric import ec

        curve = ec.SECP256R1()
        if not self._entropy.is_seeded:
            return ec.generate_private_key(curve)
        return ec.derive_private_key(int.from_bytes(self._entropy.token_bytes(32), "big") % (1 << 255) + 1, curve)

    def _ed25519(self, _: int) -> Any:
        from cryptography.hazmat.primitives.asymmetric import ed25519

        return ed25519.Ed25519PrivateKey.from_private_bytes(self._entropy.token_bytes(32))

    def _dsa(self, bits: int) -> Any:
        from cryptography.hazmat.primitives.asymmetric import dsa

        return dsa.generate_private_key(2048)  # always another: nobody who wants stable renders wants DSA


def rsa_from(entropy: Entropy, bits: int) -> Any:
    """Return the RSA key that a seed stands for."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    while True:
        p, q = sorted((_prime(entropy, bits // 2), _prime(entropy, bits // 2)), reverse=True)
        order = (p - 1) * (q - 1)
        if p == q or math.gcd(EXPONENT, order) != 1:
            continue
        d = pow(EXPONENT, -1, order)
        public = rsa.RSAPublicNumbers(EXPONENT, p * q)
        numbers = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public)
        return numbers.private_key()


def _prime(entropy: Entropy, bits: int) -> int:
    """Return a prime with its two highest bits set, so that the product of two has all its bits."""
    start = int.from_bytes(entropy.token_bytes(bits // 8), "big") | 3 << (bits - 2) | 1
    while True:
        rests = [start % small for small in _SMALL]
        for step in range(0, 20_000, 2):
            if all((rest + step) % small for rest, small in zip(rests, _SMALL, strict=True)) and is_prime(start + step, entropy):
                return start + step
        start = int.from_bytes(entropy.token_bytes(bits // 8), "big") | 3 << (bits - 2) | 1


def is_prime(number: int, entropy: Entropy) -> bool:
    """Say whether an odd number is prime (Miller and Rabin; wrong less often than once in 2**48)."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for round_number in range(_ROUNDS):
        base = 2 if round_number == 0 else 2 + entropy.randrange(number - 3)
        value = pow(base, odd, number)
        if value in (1, number - 1):
            continue
        for _ in range(twos - 1):
            value = value * value % number
            if value == number - 1:
                break
        else:
            return False
    return True
