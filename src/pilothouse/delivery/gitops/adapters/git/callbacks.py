"""What libgit2 asks while it talks to a server: credentials, whether a certificate is good, and whether to go on.

The file of CA certificates of libgit2 belongs to the whole process, so certificates trusted for one host only are checked here:
the server's certificate must be one of them or be signed, through them, by one of them, and be made for the host.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pygit2
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from pygit2.ffi import C, ffi

from pilothouse.delivery.gitops.engine.sources.access import Access
from pilothouse.delivery.gitops.engine.sources.urls import is_ssh
from pilothouse.delivery.gitops.errors import CredentialsInvalid, RepositoryUnavailable

MAX_CHAIN = 8


class Callbacks(pygit2.RemoteCallbacks):
    """The answers for one exchange with one server."""

    def __init__(self, access: Access, url: str, now: Callable[[], float], deadline: float, max_bytes: int) -> None:
        """Give up once `now()` is past `deadline` or more than `max_bytes` were received."""
        super().__init__()
        self._access, self._url, self._now, self._deadline, self._max_bytes = access, url, now, deadline, max_bytes
        self._was_asked = False
        self._options: Any = None
        self._check: Any = None

    def custom_headers(self) -> list[str] | None:
        """Present a bearer token."""
        return [f"Authorization: Bearer {self._access.bearer_token}"] if self._access.bearer_token else None

    def credentials(self, url: str, username_from_url: str | None, allowed_types: Any) -> Any:
        """Return what the server wants; a server that asks again has refused it."""
        kinds, access = pygit2.enums.CredentialType, self._access
        username = username_from_url or access.username or "git"
        if allowed_types & kinds.USERNAME and not allowed_types & (kinds.SSH_KEY | kinds.USERPASS_PLAINTEXT):
            return pygit2.Username(username)
        if self._was_asked:
            raise RepositoryUnavailable(f"{self._url}: the server refuses the credentials", fix=_fix(access))
        self._was_asked = True
        if allowed_types & kinds.SSH_KEY and access.ssh_private_key:
            return _key_pair(username, access)
        if allowed_types & kinds.USERPASS_PLAINTEXT and (access.username or access.password):
            return pygit2.UserPass(access.username or "git", access.password)
        raise RepositoryUnavailable(f"{self._url}: the server asks for credentials and there are none", fix=_fix(access))

    def certificate_check(self, certificate: None, valid: bool, host: bytes) -> bool:
        """Accept what libgit2 found good, and everything where the user said so."""
        return bool(valid) or self._access.is_insecure

    def transfer_progress(self, stats: Any) -> None:
        """Give up a transfer that is too long or too large."""
        if stats.received_bytes > self._max_bytes:
            raise RepositoryUnavailable(
                f"{self._url} is larger than {self._max_bytes >> 20} MiB", fix="raise `max_repository_bytes` or use a smaller one"
            )
        if self._now() > self._deadline:
            raise RepositoryUnavailable(f"{self._url}: fetching takes too long", fix="raise `fetch_timeout_s`")

    def sideband_progress(self, string: str) -> None:
        """Give up a server that only talks."""
        if self._now() > self._deadline:
            raise RepositoryUnavailable(f"{self._url}: the server takes too long", fix="raise `fetch_timeout_s`")

    @property
    def fetch_options(self) -> Any:
        """The C record of a fetch."""
        return self._options

    @fetch_options.setter
    def fetch_options(self, options: Any) -> None:
        self._options = options
        self._look_at(options.callbacks)

    @property
    def remote_callbacks(self) -> Any:
        """The C record of a connection."""
        return self._options

    @remote_callbacks.setter
    def remote_callbacks(self, options: Any) -> None:
        self._options = options
        self._look_at(options)

    def _look_at(self, callbacks: Any) -> None:
        """Have certificates shown to us where some are trusted for this host."""
        if not self._access.ca or self._access.is_insecure or is_ssh(self._url):
            return

        @ffi.callback("int(git_cert *, int, const char *, void *)")  # type: ignore[untyped-decorator,unused-ignore]
        def check(certificate: Any, valid: int, host: Any, _payload: Any) -> int:
            if valid:
                return 0
            shown = ffi.cast("git_cert_x509 *", certificate)
            der = bytes(ffi.buffer(shown.data, shown.len))
            good = is_trusted(der, ffi.string(host).decode("ascii", "replace"), self._access.ca, self._now())
            return 0 if good else int(C.GIT_ECERTIFICATE)

        self._check = check
        callbacks.certificate_check = check


def is_trusted(der: bytes, host: str, ca: str, now: float) -> bool:
    """Whether a server's certificate is for `host`, is valid now and comes from the certificates in `ca` (PEM)."""
    try:
        known = x509.load_pem_x509_certificates(ca.encode())
        leaf = x509.load_der_x509_certificate(der)
        moment = datetime.fromtimestamp(now, UTC)
        if not leaf.not_valid_before_utc <= moment <= leaf.not_valid_after_utc or not _is_for(leaf, host):
            return False
        return _chains(leaf, known, moment)
    except (ValueError, UnsupportedAlgorithm):
        return False


def _is_for(leaf: x509.Certificate, host: str) -> bool:
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        wanted = host.lower().rstrip(".")
        parent = wanted.partition(".")[2]
        found = [str(name).lower() for name in names.get_values_for_type(x509.DNSName)]
        return wanted in found or (bool(parent) and f"*.{parent}" in found)
    return address in names.get_values_for_type(x509.IPAddress)


def _chains(leaf: x509.Certificate, known: list[x509.Certificate], moment: datetime) -> bool:
    at = leaf
    for _ in range(MAX_CHAIN):
        if at in known:
            return True
        above = next((each for each in known if _signed(at, each) and each.not_valid_after_utc >= moment), None)
        if above is None:
            return False
        at = above
    return False


def _signed(lower: x509.Certificate, upper: x509.Certificate) -> bool:
    try:
        if not upper.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
        lower.verify_directly_issued_by(upper)
    except (x509.ExtensionNotFound, ValueError, TypeError, InvalidSignature):
        return False
    return True


def _key_pair(username: str, access: Access) -> Any:
    text = access.ssh_private_key.replace("\r\n", "\n").strip() + "\n"
    try:
        if "OPENSSH PRIVATE KEY" in text:
            key: Any = serialization.load_ssh_private_key(text.encode(), None)
        else:
            key = serialization.load_pem_private_key(text.encode(), None)
        encoding = serialization
        public = key.public_key().public_bytes(encoding.Encoding.OpenSSH, encoding.PublicFormat.OpenSSH).decode()
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise CredentialsInvalid(
            f"sshPrivateKey of Secret {access.secret} cannot be read: {error}", fix="use a key without a passphrase"
        ) from None
    return pygit2.KeypairFromMemory(username, public, text, "")


def _fix(access: Access) -> str:
    if access.secret:
        return f"check the credentials in Secret {access.secret}"
    return "add a Secret labelled argocd.argoproj.io/secret-type: repository with its url, username and password or sshPrivateKey"
