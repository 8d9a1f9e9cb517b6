"""Deletes preview Namespaces whose time is over: those labelled `preview` with an annotation `example.com/expires`."""

from datetime import UTC, datetime

from kubernetes import client, config

EXPIRES = "example.com/expires"


def sweep(core: client.CoreV1Api, now: datetime) -> list[str]:
    """Delete what has expired, and return the names."""
    expired = []
    for namespace in core.list_namespace(label_selector="preview").items:
        expires = (namespace.metadata.annotations or {}).get(EXPIRES)
        if expires and datetime.fromisoformat(expires) <= now:
            core.delete_namespace(namespace.metadata.name)
            expired.append(namespace.metadata.name)
    return expired


if __name__ == "__main__":
    config.load_config()
    print(*sweep(client.CoreV1Api(), datetime.now(UTC)))
