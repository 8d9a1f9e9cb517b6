"""sprig's random strings, password hashes and encryption. All randomness comes from the Entropy passed in."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Any

from pilothouse.delivery.charts.engine.execution.faults import BudgetExceeded, FunctionError
from pilothouse.delivery.charts.engine.functions.encoding import decode_base64
from pilothouse.delivery.charts.engine.functions.security.costs import Costs

if TYPE_CHECKING:
    from pilothouse.kit.clock import Entropy

_DIGITS = "0123456789"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ASCII = "".join(map(chr, range(32, 127)))
_MAX_RANDOM = 1_000_000
_TEMPLATES = {
    "maximum": ("anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"),
    "long": (
        "CvcvnoCvcvCvcv", "CvcvCvcvnoCvcv", "CvcvCvcvCvcvno", "CvccnoCvcvCvcv", "CvccCvcvnoCvcv", "CvccCvcvCvcvno",
        "CvcvnoCvccCvcv", "CvcvCvccnoCvcv", "CvcvCvccCvcvno", "CvcvnoCvcvCvcc", "CvcvCvcvnoCvcc", "CvcvCvcvCvccno",
        "CvccnoCvccCvcv", "CvccCvccnoCvcv", "CvccCvccCvcvno", "CvcvnoCvccCvcc", "CvcvCvccnoCvcc", "CvcvCvccCvccno",
        "CvccnoCvcvCvcc", "CvccCvcvnoCvcc", "CvccCvcvCvccno",
    ),
    "medium": ("CvcnoCvc", "CvcCvcno"),
    "short": ("Cvcn",),
    "basic": ("aaanaaan", "aannaaan", "aaannaaa"),
    "pin": ("nnnn",),
}  # fmt: skip
_CLASSES = {
    "V": "AEIOU", "C": "BCDFGHJKLMNPQRSTVWXYZ", "v": "aeiou", "c": "bcdfghjklmnpqrstvwxyz",
    "A": "AEIOUBCDFGHJKLMNPQRSTVWXYZ", "a": "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz", "n": "0123456789",
    "o": "@&%?,=[]_:-+*$#!'^~;()/.",
    "x": "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
}  # fmt: skip


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _derive_password(counter: int, kind: str, password: str, user: str, site: str) -> str:
    templates = _TEMPLATES.get(kind)
    if templates is None:
        return f"cannot find password template {kind}"
    scope = b"com.lyndir.masterpassword"
    name = _raw(user)
    salt = scope + len(name).to_bytes(4, "big") + name
    try:
        key = hashlib.scrypt(_raw(password), salt=salt, n=32768, r=8, p=2, dklen=64, maxmem=128 * 1024 * 1024)
    except ValueError as error:
        return f"failed to derive password: {error}"
    place = _raw(site)
    message = scope + len(place).to_bytes(4, "big") + place + (counter & 0xFFFFFFFF).to_bytes(4, "big")
    seed = hmac.new(key, message, hashlib.sha256).digest()
    template = templates[seed[0] % len(templates)]
    return "".join(_CLASSES[c][seed[i + 1] % len(_CLASSES[c])] for i, c in enumerate(template))


def _aes_key(password: str) -> bytes:
    return _raw(password)[:32].ljust(32, b"\0")


def _decrypt(password: str, text: str) -> str:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    data = decode_base64(text)
    if len(data) < 16:
        raise FunctionError("ciphertext too short")
    body = data[16:]
    if len(body) % 16 or not body:
        raise FunctionError("crypto/cipher: input not full blocks")
    decryptor = Cipher(algorithms.AES(_aes_key(password)), modes.CBC(data[:16])).decryptor()
    clear = decryptor.update(body) + decryptor.finalize()
    return clear[: max(0, len(clear) - clear[-1])].decode("utf-8", "surrogateescape")


class Randoms:
    """The functions that draw from one source of randomness."""

    def __init__(self, entropy: Entropy, costs: Costs) -> None:
        self.entropy = entropy
        self.costs = costs
        self.drawn = 0

    def text(self, alphabet: str) -> Any:
        """Return a function that makes random strings over `alphabet`."""

        def draw(count: int) -> str:
            self.drawn += count
            if self.drawn > _MAX_RANDOM:
                raise BudgetExceeded(f"random strings are limited to {_MAX_RANDOM} characters")
            return "".join(self.entropy.choice(alphabet) for _ in range(max(count, 0)))

        return draw

    def data(self, count: int) -> str:
        """Random bytes in base64."""
        if count < 0:
            raise FunctionError("runtime error: makeslice: len out of range")
        if count > _MAX_RANDOM:
            raise BudgetExceeded(f"randBytes takes at most {_MAX_RANDOM} bytes")
        return base64.b64encode(self.entropy.token_bytes(count)).decode()

    def integer(self, low: int, high: int) -> int:
        """A number from `low` to `high` - 1."""
        if high <= low:
            raise FunctionError("invalid argument to Intn")
        return low + self.entropy.randrange(high - low)

    def shuffle(self, text: str) -> str:
        """The characters of `text` in random order."""
        chars = list(text)
        for at in range(len(chars) - 1, 0, -1):
            other = self.entropy.randrange(at + 1)
            chars[at], chars[other] = chars[other], chars[at]
        return "".join(chars)

    def derive(self, counter: int, kind: str, password: str, user: str, site: str) -> str:
        """A master password (derivePassword)."""
        self.costs.spend(1)
        return _derive_password(counter, kind, password, user, site)

    def salt(self) -> bytes:
        """A bcrypt salt, cost 10."""
        raw = base64.b64encode(self.entropy.token_bytes(16)).decode().rstrip("=")
        source = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        target = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        body = raw.translate(str.maketrans(source, target))
        last = target[target.index(body[-1]) & 0x30]
        return b"$2a$10$" + (body[:-1] + last).encode()

    def bcrypt(self, password: str) -> str:
        """A bcrypt hash."""
        import bcrypt

        raw = _raw(password)
        self.costs.spend(0.5)
        if len(raw) > 72:
            return "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes"
        return bcrypt.hashpw(raw, self.salt()).decode()

    def htpasswd(self, user: str, password: str) -> str:
        """A line for an htpasswd file."""
        if ":" in user:
            return f"invalid username: {user}"
        return f"{user}:{self.bcrypt(password)}"

    def encrypt(self, password: str, text: str) -> str:
        """AES-CBC with a random IV, in base64."""
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

        iv = self.entropy.token_bytes(16)
        data = _raw(text)
        pad = 16 - len(data) % 16
        encryptor = Cipher(algorithms.AES(_aes_key(password)), modes.CBC(iv)).encryptor()
        body = encryptor.update(data + bytes([pad]) * pad) + encryptor.finalize()
        return base64.b64encode(iv + body).decode()


def table(entropy: Entropy, costs: Costs) -> tuple[tuple[str, str, Any], ...]:
    """Return the functions that draw from `entropy`."""
    randoms = Randoms(entropy, costs)
    return (
        ("randAlphaNum", "int -> string", randoms.text(_LETTERS + _DIGITS)),
        ("randAlpha", "int -> string", randoms.text(_LETTERS)),
        ("randNumeric", "int -> string", randoms.text(_DIGITS)),
        ("randAscii", "int -> string", randoms.text(_ASCII)),
        ("randBytes", "int -> string", randoms.data),
        ("randInt", "int, int -> int", randoms.integer),
        ("shuffle", "string -> string", randoms.shuffle),
        ("uuidv4", " -> string", entropy.uuid),
        ("bcrypt", "string -> string", randoms.bcrypt),
        ("htpasswd", "string, string -> string", randoms.htpasswd),
        ("derivePassword", "int, string, string, string, string -> string", randoms.derive),
        ("encryptAES", "string, string -> string", randoms.encrypt),
        ("decryptAES", "string, string -> string", _decrypt),
    )
