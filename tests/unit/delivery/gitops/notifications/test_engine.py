"""Settings, subscriptions, what is due, and what it says; the example's triggers among them."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from pilothouse.delivery.gitops.adapters.gotemplates import text_renderer
from pilothouse.delivery.gitops.errors import NotificationInvalid
from pilothouse.delivery.gitops.notifications.engine.expressions import variables_of
from pilothouse.delivery.gitops.notifications.engine.messages import message_of, variables_for
from pilothouse.delivery.gitops.notifications.engine.settings import Service, Settings, read_settings
from pilothouse.delivery.gitops.notifications.engine.subscriptions import Destination, destinations_of
from pilothouse.delivery.gitops.notifications.engine.triggers import NOTIFIED, decide, is_settled, notified, remembered
from pilothouse.kit.clock import Entropy, ManualClock

ROOT = Path(__file__).resolve().parents[5]
CATALOG: dict[str, str] = yaml.safe_load((ROOT / "examples/notifications/argocd-notifications-cm.yaml").read_text())["data"]
SUBSCRIBE = "notifications.argoproj.io/subscribe"
HASH_OF_TRUE = "X_5TO4MPCKAyY0ipFgr6_IraRNs"


def app(phase: str = "", health: str = "Healthy", sync: str = "Synced", **notes: str) -> dict[str, Any]:
    status: dict[str, Any] = {"health": {"status": health}, "sync": {"status": sync, "revision": "0123456789"}}
    status["reconciledAt"] = "2026-01-01T10:00:01Z"
    if phase:
        status["operationState"] = {
            "phase": phase, "startedAt": "2026-01-01T09:59:00Z", "finishedAt": "2026-01-01T10:00:00Z",
            "message": "no such \"image\"", "syncResult": {"revision": "0123456789"},
        }  # fmt: skip
    return {"metadata": {"name": "shop", "annotations": notes, "labels": {"team": "a"}}, "spec": {}, "status": status}


def fired(tree: dict[str, Any]) -> set[str]:
    settings = read_settings(CATALOG, {})
    wanted = {name: [Destination("s", "r")] for name in settings.triggers}
    decision = decide(wanted, settings, variables_of(tree, 0.0), {})
    assert not decision.problems
    return {due.trigger for due in decision.due}


@pytest.mark.parametrize(
    ("tree", "wanted"),
    [
        (app("Succeeded"), {"on-sync-succeeded", "on-deployed"}),
        (app("Succeeded", "Progressing"), {"on-sync-succeeded"}),
        (app("Running"), {"on-sync-running"}),
        (app("Failed", "Degraded"), {"on-sync-failed", "on-health-degraded"}),
        (app("Error", sync="Unknown"), {"on-sync-failed", "on-sync-status-unknown"}),
        (app(), set()),
        ({"metadata": {"name": "new"}}, set()),
    ],
)
def test_triggers_of_the_example(tree: dict[str, Any], wanted: set[str]) -> None:
    assert fired(tree) == wanted | {"on-created"}


def test_templates_of_the_example() -> None:
    settings = read_settings(CATALOG, {})
    assert settings.problems == ()
    fill = text_renderer("notification", ManualClock(), Entropy(1))
    service = Service("slack", "slack", {})
    tree = app("Failed", "Degraded")
    for name in settings.templates:
        found = message_of((name,), settings, service, variables_for(tree, settings, service, "r"), fill)
        assert "shop" in found["message"]
        assert not found.get("slack") or json.loads(found["slack"]["attachments"])[0]["title"] == "shop"
    with pytest.raises(NotificationInvalid, match="template 'none' is not configured"):
        message_of(("none",), settings, service, {}, fill)


def test_later_templates_win_and_services_get_their_own_parts() -> None:
    subject = "{{ .recipient }} {{ .context.url }} {{ .secrets.k }} {{ .serviceType }}"
    templates = {
        "a": {"message": "one", "email": {"subject": "s", "body": "b"}},
        "b": {"message": "", "email": {"subject": subject}, "slack": {"x": "y"}},
    }  # fmt: skip
    settings = Settings(templates=templates, context={"url": "u"}, secrets={"k": "v"})
    service = Service("mail", "email", {})
    fill = text_renderer("notification", ManualClock(), Entropy(1))
    found = message_of(("a", "b"), settings, service, variables_for({}, settings, service, "r"), fill)
    assert found == {"message": "one", "email": {"subject": "r u v email", "body": "b"}}
    with pytest.raises(NotificationInvalid):
        fill("{{ .x", {})


def test_settings() -> None:
    data = {
        "service.webhook.ci": "url: https://ci/$token\nheaders: [{name: A, value: $gone}]",
        "service.email": "host: mail",
        "service.pager": "x: 1",
        "trigger.bad": "- when: app.x ==\n  send: [a]\n- when: 'true'\n  send: [b]",
        "trigger.worse": "{",
        "template.list": "[]",
        "defaultTriggers": "[bad]",
        "defaultTriggers.email": "[worse]",
        "subscriptions": "- recipients: ['email:me@x.org']\n  triggers: [bad]\n  selector: team=a",
        "context": "argocdUrl: http://x",
    }
    settings = read_settings(data, {"token": "t0p\n"})
    assert settings.services["ci"].options["url"] == "https://ci/t0p"
    assert settings.services["email"].type == "email"
    assert [each.send for each in settings.triggers["bad"]] == [("a",), ("b",)]
    assert settings.context == {"argocdUrl": "http://x"}
    texts = "\n".join(settings.problems)
    for complaint in (
        "$gone",
        "service pager is not supported",
        "trigger.bad: unexpected",
        "trigger.worse is not YAML",
        "not a map",
    ):
        assert complaint in texts


def test_subscriptions() -> None:
    data = {
        "defaultTriggers": "[d1, d2]", "defaultTriggers.email": "[e]",
        "subscriptions": "- recipients: ['slack:all']\n- recipients: ['webhook']\n  triggers: [w]\n  selector: team=b",
    }  # fmt: skip
    settings = read_settings(data, {})
    notes = {
        f"{SUBSCRIBE}.on-x.slack": "one; two", f"{SUBSCRIBE}.email": "me@x.org", f"{SUBSCRIBE}.on-x.ci": "",
        "notifications.argoproj.io/subscriptions": "- trigger: [on-y]\n  destinations:\n  - {service: teams, recipients: [ops]}",
        "other": "x",
    }  # fmt: skip
    project = {"metadata": {"annotations": {f"{SUBSCRIBE}.on-x.slack": "two;three"}}}
    found = destinations_of(app(**notes), project, settings)
    assert found == {
        "d1": [Destination("slack", "all")],
        "d2": [Destination("slack", "all")],
        "e": [Destination("email", "me@x.org")],
        "on-x": [Destination("slack", "one"), Destination("slack", "two"), Destination("ci"), Destination("slack", "three")],
        "on-y": [Destination("teams", "ops")],
    }


def test_nothing_is_due_twice() -> None:
    settings = read_settings(
        {"trigger.t": "- when: 'true'\n  oncePer: app.status.sync.revision\n  send: [a]\n- when: app.on == true"}, {}
    )
    wanted = {"t": [Destination("slack", "x")], "none": [Destination("slack", "x")]}
    tree = {**app(), "on": True}
    first = decide(wanted, settings, variables_of(tree, 0.0), {})
    keys = [due.key for due in first.due]
    assert keys[0] == f"0123456789:t:[0].{HASH_OF_TRUE}:slack:x"
    assert keys[1].startswith("t:[1].")
    assert first.problems == ("trigger 'none' is not configured",)
    known = remembered({}, keys, (), 5.0)
    assert decide(wanted, settings, variables_of(tree, 0.0), known).due == ()
    off = decide(wanted, settings, variables_of({**tree, "on": False}, 0.0), known)
    assert (off.due, off.over) == ((), (keys[1],))
    assert list(remembered(known, [], off.over, 6.0)) == [keys[0]]
    assert len(remembered({str(each): each for each in range(150)}, ["new"], (), 999.0)) == 100


def test_what_was_told() -> None:
    assert notified(app(**{NOTIFIED: '{"a": 1, "b": "x"}'})) == {"a": 1}
    assert notified(app(**{NOTIFIED: "["})) == {}
    assert notified(app(**{NOTIFIED: "[1]"})) == {}


def test_a_status_of_before_the_sync_tells_nothing() -> None:
    tree = app("Succeeded")
    assert is_settled(tree)
    tree["status"]["reconciledAt"] = "2026-01-01T09:00:00Z"
    assert not is_settled(tree)
    tree["status"]["operationState"]["phase"] = "Running"
    assert is_settled(tree)
    tree["status"]["operationState"] = {"phase": "Failed"}
    assert not is_settled(tree)
