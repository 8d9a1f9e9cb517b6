"""The real kubectl with a bearer token against `pilothouse up`."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.platform import Platform, platform
from tests.unit.cluster.apiserver.authn.oidc.issuer import LocalIssuer
from tests.unit.cluster.apiserver.authn.signer import Signer

HAS_KUBECTL = shutil.which("kubectl", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}") is not None
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(120),
    pytest.mark.skipif(not HAS_KUBECTL and not os.environ.get("CI"), reason="kubectl is missing; `make test` installs it"),
]
TOKENS = 's3cret,jane,7,"dev,ops"\n\nr00t,admin,1,system:masters\n'


def bearer(running: Platform, token: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run kubectl with a token and without any certificate."""
    config = json.loads(running.kubeconfig.read_text())
    server = config["clusters"][0]["cluster"]["server"]
    flags = ["--kubeconfig=/dev/null", f"--server={server}", f"--certificate-authority={running.data_dir}/pki/ca.crt"]
    return running.kubectl(*flags, f"--token={token}", *arguments)


def test_tokens_of_the_file_log_in_and_others_do_not(tmp_path: Path) -> None:
    file = tmp_path / "tokens.csv"
    file.write_text(TOKENS)
    file.chmod(stat.S_IRUSR)
    with platform("--only-api", "--store=memory", f"--token-file={file}") as running:
        who = bearer(running, "s3cret", "auth", "whoami", "-o", "json")
        assert json.loads(who.stdout)["status"]["userInfo"] == {
            "username": "jane", "uid": "7", "groups": ["dev", "ops", "system:authenticated"],
        }, who.stderr  # fmt: skip
        refused = bearer(running, "s3cret", "get", "secrets")
        assert refused.returncode != 0 and 'User "jane" cannot list resource "secrets"' in refused.stderr
        assert bearer(running, "r00t", "get", "secrets").returncode == 0
        wrong = bearer(running, "S3cret", "get", "secrets")
        assert wrong.returncode != 0 and "Unauthorized" in wrong.stderr


def test_a_bad_token_file_stops_the_start_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "tokens.csv"
    file.write_text("a,jane,1\nonly,two\n")
    command = [sys.executable, "-m", "pilothouse", "up", "--data-dir", str(tmp_path / "data"), f"--token-file={file}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1 and f"{file}, line 2" in done.stderr and "Traceback" not in done.stderr


def test_people_of_an_issuer_log_in(tmp_path: Path) -> None:
    def ask(good: str, bad: str, config: Path) -> None:
        with platform("--only-api", "--store=memory", f"--authentication-config={config}") as running:
            who = bearer(running, good, "auth", "whoami", "-o", "json")
            assert json.loads(who.stdout)["status"]["userInfo"] == {
                "username": "idp:jane", "uid": "7", "groups": ["idp:dev", "system:authenticated"],
                "extra": {"example.com/tenant": ["acme"]},
            }, who.stderr  # fmt: skip
            refused = bearer(running, bad, "auth", "whoami")
            assert refused.returncode != 0 and "Unauthorized" in refused.stderr

    async def main() -> None:
        async with LocalIssuer(tmp_path, Signer("rsa", "k")) as issuer:
            config = tmp_path / "auth.json"
            mappings = {
                "username": {"expression": "'idp:' + claims.sub"}, "groups": {"claim": "groups", "prefix": "idp:"},
                "uid": {"claim": "oid"}, "extra": [{"key": "example.com/tenant", "valueExpression": "claims.tenant"}],
            }  # fmt: skip
            spec = {"url": issuer.url, "audiences": ["kube"], "certificateAuthority": issuer.authority_pem}
            rules = [{"expression": "claims.tenant == 'acme'", "message": "only for acme"}]
            jwt = {"issuer": spec, "claimMappings": mappings, "claimValidationRules": rules}
            head = {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AuthenticationConfiguration"}
            config.write_text(json.dumps({**head, "jwt": [jwt]}))
            facts = {"oid": "7", "groups": ["dev"]}
            good, bad = issuer.token(tenant="acme", **facts), issuer.token(tenant="evil", **facts)
            await asyncio.to_thread(ask, good, bad, config)

    asyncio.run(main())
