"""Credentials of repositories, from the Secrets Argo CD keeps them in.

`repository` Secrets belong to one address, `repo-creds` Secrets to all that begin with theirs (the longest wins). A Secret that
names a project serves the Applications of that project only.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable

import msgspec

from pilothouse.api.meta import Tree, labels_of, name_of
from pilothouse.delivery.gitops.engine.sources.urls import host_of, normal_url
from pilothouse.delivery.gitops.errors import CredentialsInvalid

SECRET_TYPE = "argocd.argoproj.io/secret-type"
_REFUSED = {
    "githubAppPrivateKey": "GitHub App credentials", "gcpServiceAccountKey": "Google service accounts",
    "tlsClientCertData": "TLS client certificates",
}  # fmt: skip


class Access(msgspec.Struct, frozen=True):
    """How a repository is reached."""

    url: str = ""
    kind: str = "git"
    """`git`, `helm` or `oci`."""
    username: str = ""
    password: str = ""
    bearer_token: str = ""
    ssh_private_key: str = ""
    is_insecure: bool = False
    """Certificates and host keys are not checked."""
    has_oci: bool = False
    proxy: str = ""
    project: str = ""
    is_pattern: bool = False
    """It serves all addresses that begin with `url`."""
    secret: str = ""
    """The Secret it was read from, for messages."""
    ca: str = ""
    """Certificates (PEM) that are trusted for this host besides those of the system."""
    refused: str = ""
    """What the Secret asks for that is not supported."""
    is_plain_http: bool = False

    @property
    def is_anonymous(self) -> bool:
        """Whether nothing is presented to the server."""
        return not (self.username or self.password or self.bearer_token or self.ssh_private_key)


def secret_data(secret: Tree) -> dict[str, str]:
    """Return the data of a Secret as text; raises `CredentialsInvalid`."""
    found: dict[str, str] = {}
    for key, value in (secret.get("data") or {}).items():
        try:
            found[str(key)] = base64.b64decode(str(value), validate=True).decode()
        except (binascii.Error, ValueError):
            raise CredentialsInvalid(f"Secret {name_of(secret)}: {key} is not base64 of UTF-8 text") from None
    found.update({str(key): str(value) for key, value in (secret.get("stringData") or {}).items()})
    return found


def read_access(secret: Tree) -> Access | None:
    """Return the credentials in a Secret, None when it holds none of a repository; raises `CredentialsInvalid`."""
    kind = labels_of(secret).get(SECRET_TYPE)
    if kind not in ("repository", "repo-creds"):
        return None
    data = secret_data(secret)
    if not data.get("url"):
        raise CredentialsInvalid(f"Secret {name_of(secret)}: `url` is not set")
    refused = next((text for key, text in _REFUSED.items() if data.get(key)), "")
    return Access(
        url=data["url"].strip(), kind=data.get("type") or "git", username=data.get("username", ""),
        password=data.get("password", ""), bearer_token=data.get("bearerToken", ""),
        ssh_private_key=data.get("sshPrivateKey", ""),
        is_insecure="true" in (data.get("insecure"), data.get("insecureIgnoreHostKey")),
        has_oci=data.get("enableOCI") == "true", proxy=data.get("proxy", ""), project=data.get("project", ""),
        is_pattern=kind == "repo-creds", secret=name_of(secret), refused=refused,
        is_plain_http=data.get("insecureOCIForceHttp") == "true",
    )  # fmt: skip


def choose_access(known: Iterable[Access], url: str, project: str = "") -> Access:
    """Return the credentials of an address: its own ones, filled up from the longest prefix; anonymous without any."""
    wanted = _compared(url)
    usable = [access for access in known if access.project in ("", project)]
    own = [access for access in usable if not access.is_pattern and _compared(access.url) == wanted]
    exact = max(own, key=lambda access: bool(access.project), default=None)
    patterns = [access for access in usable if access.is_pattern and _covers(_compared(access.url), wanted)]
    pattern = max(patterns, key=lambda access: (len(_compared(access.url)), bool(access.project)), default=None)
    if exact is None:
        return pattern or Access(url)
    if exact.is_anonymous and pattern is not None:
        return msgspec.structs.replace(
            exact, username=pattern.username, password=pattern.password, bearer_token=pattern.bearer_token,
            ssh_private_key=pattern.ssh_private_key, secret=pattern.secret, refused=exact.refused or pattern.refused,
            is_insecure=exact.is_insecure or pattern.is_insecure, has_oci=exact.has_oci or pattern.has_oci,
            is_plain_http=exact.is_plain_http or pattern.is_plain_http,
        )  # fmt: skip
    return exact


def _compared(url: str) -> str:
    """Return an address for comparison; Helm's OCI addresses may lack their scheme."""
    return normal_url(url.removeprefix("oci://"))


def _covers(prefix: str, url: str) -> bool:
    """Whether an address begins with a prefix; a prefix that is a whole host does not cover a longer host name."""
    if not prefix or not url.startswith(prefix):
        return False
    rest = url[len(prefix) :]
    is_host_only = prefix.partition("://")[2] == host_of(prefix)
    return not is_host_only or rest[:1] in ("", "/", ":")


def with_certificates(access: Access, url: str, certificates: Tree) -> Access:
    """Return the credentials with what `argocd-tls-certs-cm` trusts for the host."""
    host = host_of(url.removeprefix("oci://"))
    data = certificates.get("data") or {}
    found = data.get(host) or data.get(host.partition(":")[0])
    return msgspec.structs.replace(access, ca=str(found)) if found else access
