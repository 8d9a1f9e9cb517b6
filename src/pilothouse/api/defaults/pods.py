"""Defaults of Pods and Pod templates."""

from __future__ import annotations

from typing import Any

from pilothouse.api.defaults.images import is_latest
from pilothouse.api.defaults.resources import container_requests, pod_resources

Obj = dict[str, Any]
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


def pod(obj: Obj) -> None:
    """Fill in a Pod: what its template would get, and what only Pods get."""
    spec = obj["spec"]
    pod_spec(spec)
    spec.setdefault("enableServiceLinks", True)
    if spec.get("hostNetwork"):
        _host_ports(spec)
    for container in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ())):
        container_requests(container)
    pod_resources(spec)


def pod_template(obj: Obj) -> None:
    """Fill in the Pod template below `template`."""
    template = obj.get("template")
    if template:
        pod_spec(template["spec"])


def pod_spec(spec: Obj) -> None:
    """Fill in the spec of a Pod or template."""
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("schedulerName", "default-scheduler")
    spec.setdefault("securityContext", {})
    if spec.get("serviceAccount") and not spec.get("serviceAccountName"):
        spec["serviceAccountName"] = spec["serviceAccount"]
    elif spec.get("serviceAccountName"):
        spec["serviceAccount"] = spec["serviceAccountName"]
    for volume in spec.get("volumes") or ():
        volume_defaults(volume)
    for container in spec.get("initContainers") or ():
        _container(container)
    for container in spec.get("containers") or ():
        _container(container)
    for container in spec.get("ephemeralContainers") or ():
        _container(container)


def _host_ports(spec: Obj) -> None:
    for container in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ())):
        for port in container.get("ports") or ():
            if not port.get("hostPort") and port.get("containerPort"):
                port["hostPort"] = port["containerPort"]


def _container(container: Obj) -> None:
    image = container.get("image", "")
    if not container.get("imagePullPolicy"):
        container["imagePullPolicy"] = "Always" if is_latest(image) else "IfNotPresent"
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    for port in container.get("ports") or ():
        port.setdefault("protocol", "TCP")
    for env in container.get("env") or ():
        reference = (env.get("valueFrom") or {}).get("fieldRef")
        if reference is not None:
            reference.setdefault("apiVersion", "v1")
    for name in _PROBES:
        if container.get(name) is not None:
            _probe(container[name])
    for hook in (container.get("lifecycle") or {}).values():
        if isinstance(hook, dict) and hook.get("httpGet") is not None:
            _http(hook["httpGet"])


def _probe(probe: Obj) -> None:
    for key, value in (("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)):
        if not probe.get(key):
            probe[key] = value
    if probe.get("httpGet") is not None:
        _http(probe["httpGet"])
    if probe.get("grpc") is not None:
        probe["grpc"].setdefault("service", "")


def _http(action: Obj) -> None:
    if not action.get("path"):
        action["path"] = "/"
    if not action.get("scheme"):
        action["scheme"] = "HTTP"


_SOURCES = (
    "hostPath emptyDir gcePersistentDisk awsElasticBlockStore gitRepo secret nfs iscsi glusterfs persistentVolumeClaim rbd "
    "flexVolume cinder cephfs flocker downwardAPI fc azureFile configMap vsphereVolume quobyte azureDisk photonPersistentDisk "
    "projected portworxVolume scaleIO storageos csi ephemeral image"
)


def volume_defaults(volume: Obj) -> None:
    """Fill in one volume of a Pod."""
    if not any(name in volume for name in VOLUME_SOURCES):
        volume["emptyDir"] = {}
    for name in ("secret", "configMap", "downwardAPI", "projected"):
        source = volume.get(name)
        if source is not None:
            source.setdefault("defaultMode", 420)
    _field_refs((volume.get("downwardAPI") or {}).get("items"))
    for part in (volume.get("projected") or {}).get("sources") or ():
        _field_refs((part.get("downwardAPI") or {}).get("items"))
        if part.get("serviceAccountToken") is not None:
            part["serviceAccountToken"].setdefault("expirationSeconds", 3600)
    source_defaults(volume)
    claim = (volume.get("ephemeral") or {}).get("volumeClaimTemplate")
    if claim is not None:
        claim.setdefault("spec", {}).setdefault("volumeMode", "Filesystem")
    image = volume.get("image")
    if image is not None and not image.get("pullPolicy"):
        image["pullPolicy"] = "Always" if is_latest(image.get("reference", "")) else "IfNotPresent"


VOLUME_SOURCES = frozenset(_SOURCES.split(" "))


_AZURE_DISK: Obj = {"cachingMode": "ReadWrite", "kind": "Shared", "fsType": "ext4", "readOnly": False}


def source_defaults(holder: Obj) -> None:
    """Fill in the volume sources that Pods and PersistentVolumes share."""
    if holder.get("hostPath") is not None:
        holder["hostPath"].setdefault("type", "")
    if holder.get("iscsi") is not None and not holder["iscsi"].get("iscsiInterface"):
        holder["iscsi"]["iscsiInterface"] = "default"
    if holder.get("rbd") is not None:
        for key, value in (("pool", "rbd"), ("user", "admin"), ("keyring", "/etc/ceph/keyring")):
            holder["rbd"].setdefault(key, value)
    if holder.get("azureDisk") is not None:
        for name, default in _AZURE_DISK.items():
            holder["azureDisk"].setdefault(name, default)
    if holder.get("scaleIO") is not None:
        holder["scaleIO"].setdefault("storageMode", "ThinProvisioned")
        holder["scaleIO"].setdefault("fsType", "xfs")


def _field_refs(items: list[Obj] | None) -> None:
    for item in items or ():
        if item.get("fieldRef") is not None:
            item["fieldRef"].setdefault("apiVersion", "v1")
