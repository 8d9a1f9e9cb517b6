"""Columns and cells of a resource: hand-written for built-in kinds, from printer columns for custom ones."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from pilothouse.api.scheme.resources import PrinterColumn, Resource
from pilothouse.api.scheme.table import load_facts
from pilothouse.api.tables import cluster, network, workloads
from pilothouse.api.tables.columns import COLUMNS, NAME
from pilothouse.api.tables.jsonpath import find
from pilothouse.api.tables.pods import pod_row
from pilothouse.api.tables.text import age

Obj = dict[str, Any]
_CREATED = "Created At | date | 0 | =ObjectMeta.creationTimestamp"
_CUSTOM_AGE = "Age | date | 0 | =ObjectMeta.creationTimestamp"

_ROWS: dict[str, Callable[[Obj, float], list[Any]]] = {
    "PodTemplate": workloads.pod_template, "Deployment": workloads.deployment, "ReplicaSet": workloads.replica_set,
    "ReplicationController": workloads.replication_controller, "StatefulSet": workloads.stateful_set,
    "DaemonSet": workloads.daemon_set, "Job": workloads.job, "CronJob": workloads.cron_job,
    "HorizontalPodAutoscaler": workloads.autoscaler, "Service": network.service, "Ingress": network.ingress,
    "IngressClass": network.ingress_class, "NetworkPolicy": network.network_policy, "Endpoints": network.endpoints,
    "EndpointSlice": network.endpoint_slice, "IPAddress": network.ip_address, "ServiceCIDR": network.service_cidr,
    "ConfigMap": cluster.config_map, "Secret": cluster.secret, "PersistentVolumeClaim": cluster.claim,
    "PersistentVolume": cluster.volume, "StorageClass": cluster.storage_class, "CSIDriver": cluster.csi_driver,
    "CSINode": cluster.csi_node, "VolumeAttachment": cluster.attachment, "VolumeAttributesClass": cluster.attributes_class,
    "PodDisruptionBudget": cluster.budget, "ServiceAccount": cluster.plain, "ResourceQuota": cluster.quota,
    "PriorityClass": cluster.priority_class, "RuntimeClass": cluster.runtime_class, "Lease": cluster.lease,
    "Event": cluster.event,
    "MutatingAdmissionPolicy": cluster.policy, "MutatingAdmissionPolicyBinding": cluster.policy_binding,
    "ValidatingAdmissionPolicy": cluster.policy, "ValidatingAdmissionPolicyBinding": cluster.policy_binding,
    "ValidatingWebhookConfiguration": cluster.webhooks, "MutatingWebhookConfiguration": cluster.webhooks,
    "CertificateSigningRequest": cluster.signing_request, "FlowSchema": cluster.flow_schema,
    "PriorityLevelConfiguration": cluster.priority_level, "ResourceSlice": cluster.resource_slice,
    "ResourceClaim": cluster.resource_claim, "ResourceClaimTemplate": cluster.plain, "DeviceClass": cluster.plain,
    "Node": cluster.node, "Namespace": cluster.namespace, "APIService": cluster.api_service, "Scale": cluster.scale,
    "RoleBinding": cluster.binding, "ClusterRoleBinding": cluster.binding, "ControllerRevision": cluster.revision,
    "ComponentStatus": cluster.component,
}  # fmt: skip


@cache
def _texts() -> Obj:
    return load_facts("columns.bin")


def _column(line: str) -> Obj:
    name, kind, priority, text = line.split(" | ", 3)
    kind, _, form = kind.partition(":")
    described = _texts().get(text[1:], "") if text.startswith("=") else text
    return {"name": name, "type": kind, "format": form, "description": described.strip(), "priority": int(priority)}


def columns_of(resource: Resource) -> list[Obj]:
    """Return the column definitions of a resource."""
    return columns_for(resource.kind, resource)


def columns_for(kind: str, resource: Resource) -> list[Obj]:
    """Return the column definitions of a kind served by a resource, which is Scale for some subresources."""
    if resource.is_custom and kind != "Scale":
        if not resource.columns:
            return [_column(NAME), _column(_CUSTOM_AGE)]
        return [_column(NAME), *(_printer_column(column) for column in resource.columns)]
    return [_column(line) for line in COLUMNS.get(kind, (NAME, _CREATED))]


def _printer_column(column: PrinterColumn) -> Obj:
    text = column.description or f"Custom resource definition column (in JSONPath format): {column.json_path}"
    shown: Obj = {"name": column.name, "type": column.type, "format": column.format}
    return {**shown, "description": text, "priority": column.priority}


def row_cells(resource: Resource, obj: Obj, now: float) -> tuple[list[Any], list[Obj]]:
    """Return (cells, row conditions) of one object; `now` in seconds since 1970."""
    kind = obj.get("kind") or resource.kind
    if resource.is_custom and kind != "Scale":
        return _custom_cells(resource, obj, now), []
    if kind == "Pod":
        return pod_row(obj, now)
    row = _ROWS.get(kind)
    if row is None:
        meta = obj["metadata"]
        return [meta.get("name", ""), meta.get("creationTimestamp")], []
    conditions: list[Obj] = []
    if kind == "Job":
        conditions = _job_conditions(obj)
    return row(obj, now), conditions


def _job_conditions(obj: Obj) -> list[Obj]:
    for condition in (obj.get("status") or {}).get("conditions") or ():
        if condition.get("status") == "True" and condition.get("type") in ("Complete", "Failed"):
            return [
                {
                    "type": "Completed",
                    "status": "True",
                    "reason": condition.get("reason", ""),
                    "message": condition.get("message", ""),
                }
            ]
    return []


def _custom_cells(resource: Resource, obj: Obj, now: float) -> list[Any]:
    meta = obj["metadata"]
    cells: list[Any] = [meta.get("name", "")]
    if not resource.columns:
        return [*cells, age(meta.get("creationTimestamp"), now)]
    for column in resource.columns:
        cells.append(_cell(column, find(column.json_path, obj), now))
    return cells


def _cell(column: PrinterColumn, found: list[Any], now: float) -> Any:
    if not found:
        return None
    value = found[0]
    kind = column.type
    if kind == "date":
        return age(value, now) if isinstance(value, str) else "<unknown>"
    if kind == "integer":
        return int(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    if kind == "number":
        return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    if kind == "boolean":
        return value if isinstance(value, bool) else None
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        import orjson

        return orjson.dumps(value).decode()
    return "" if value is None else str(value)
