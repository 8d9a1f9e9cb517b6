"""The CustomResourceDefinitions of the three kinds, written for real Argo CD manifests.

Known fields are typed, so that a mistake is told when it is written; unknown fields are kept everywhere, so that manifests of
other versions are accepted unchanged. As in Argo CD, the status of an Application is no subresource.
"""

from __future__ import annotations

from typing import Any

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.types.application import GROUP, VERSION

_TEXT: Tree = {"type": "string"}
_FLAG: Tree = {"type": "boolean"}
_NUMBER: Tree = {"type": "integer", "format": "int64"}
_TIME: Tree = {"type": "string", "format": "date-time"}
_ANY: Tree = {"x-kubernetes-preserve-unknown-fields": True}


def _object(**properties: Any) -> Tree:
    shape: Tree = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    required = [name.removesuffix("__") for name in properties if name.endswith("__")]
    if properties:
        shape["properties"] = {name.removesuffix("__"): schema for name, schema in properties.items()}
    return {**shape, "required": required} if required else shape


def _list(items: Tree) -> Tree:
    return {"type": "array", "items": items}


def _map(values: Tree = _TEXT) -> Tree:
    return {"type": "object", "additionalProperties": values}


def _source() -> Tree:
    parameter = _object(name=_TEXT, value=_TEXT, forceString=_FLAG)
    helm = _object(
        valueFiles=_list(_TEXT), parameters=_list(parameter), fileParameters=_list(_object(name=_TEXT, path=_TEXT)),
        releaseName=_TEXT, values=_TEXT, valuesObject=_object(), version=_TEXT, namespace=_TEXT, kubeVersion=_TEXT,
        apiVersions=_list(_TEXT), passCredentials=_FLAG, ignoreMissingValueFiles=_FLAG, skipCrds=_FLAG,
        skipSchemaValidation=_FLAG, skipTests=_FLAG,
    )  # fmt: skip
    patch = _object(path=_TEXT, patch=_TEXT, options=_map(_FLAG), target=_object())
    replicas = _object(name__=_TEXT, count__={"x-kubernetes-int-or-string": True})
    kustomize = _object(
        namePrefix=_TEXT, nameSuffix=_TEXT, images=_list(_TEXT), commonLabels=_map(), commonAnnotations=_map(),
        version=_TEXT, forceCommonLabels=_FLAG, forceCommonAnnotations=_FLAG, commonAnnotationsEnvsubst=_FLAG,
        namespace=_TEXT, replicas=_list(replicas), patches=_list(patch), components=_list(_TEXT),
        ignoreMissingComponents=_FLAG, labelWithoutSelector=_FLAG, labelIncludeTemplates=_FLAG, kubeVersion=_TEXT,
        apiVersions=_list(_TEXT),
    )  # fmt: skip
    directory = _object(recurse=_FLAG, include=_TEXT, exclude=_TEXT, jsonnet=_object())
    return _object(
        repoURL__=_TEXT, path=_TEXT, targetRevision=_TEXT, chart=_TEXT, ref=_TEXT, name=_TEXT, helm=helm, kustomize=kustomize,
        directory=directory, plugin=_object(name=_TEXT, env=_list(_object()), parameters=_list(_object())),
    )  # fmt: skip


def _retry() -> Tree:
    backoff = _object(duration=_TEXT, factor=_NUMBER, maxDuration=_TEXT)
    return _object(limit=_NUMBER, backoff=backoff, refresh=_FLAG)


def _sync_policy() -> Tree:
    return _object(
        automated=_object(prune=_FLAG, selfHeal=_FLAG, allowEmpty=_FLAG, enabled=_FLAG), syncOptions=_list(_TEXT),
        retry=_retry(), managedNamespaceMetadata=_object(labels=_map(), annotations=_map()),
    )  # fmt: skip


def _destination() -> Tree:
    return _object(server=_TEXT, name=_TEXT, namespace=_TEXT)


def _application_spec() -> Tree:
    ignored = _object(
        group=_TEXT, kind__=_TEXT, name=_TEXT, namespace=_TEXT, jsonPointers=_list(_TEXT), jqPathExpressions=_list(_TEXT),
        managedFieldsManagers=_list(_TEXT),
    )  # fmt: skip
    dependency = _object(name__=_TEXT, namespace=_TEXT, health=_TEXT, sync=_TEXT, readyExpr=_TEXT)
    return _object(
        project=_TEXT, source=_source(), sources=_list(_source()), sourceHydrator=_object(), destination__=_destination(),
        syncPolicy=_sync_policy(), ignoreDifferences=_list(ignored), info=_list(_object(name=_TEXT, value=_TEXT)),
        revisionHistoryLimit=_NUMBER, dependsOn=_list(dependency),
    )  # fmt: skip


def _operation() -> Tree:
    resource = _object(group=_TEXT, kind=_TEXT, name=_TEXT, namespace=_TEXT)
    sync = _object(
        revision=_TEXT, revisions=_list(_TEXT), prune=_FLAG, dryRun=_FLAG, syncStrategy=_object(), resources=_list(resource),
        source=_source(), sources=_list(_source()), manifests=_list(_TEXT), syncOptions=_list(_TEXT),
        autoHealAttemptsCount=_NUMBER,
    )  # fmt: skip
    return _object(
        sync=sync, initiatedBy=_object(username=_TEXT, automated=_FLAG), info=_list(_object(name=_TEXT, value=_TEXT)),
        retry=_retry(),
    )  # fmt: skip


def _application_status() -> Tree:
    health = _object(status=_TEXT, message=_TEXT, lastTransitionTime=_TIME, source=_TEXT, warning=_TEXT)
    condition = _object(type__=_TEXT, message__=_TEXT, lastTransitionTime=_TIME)
    resource = _object(
        group=_TEXT, version=_TEXT, kind=_TEXT, namespace=_TEXT, name=_TEXT, status=_TEXT, health=health, hook=_FLAG,
        requiresPruning=_FLAG, requiresDeletionConfirmation=_FLAG, syncWave=_NUMBER,
    )  # fmt: skip
    state = _object(
        operation=_operation(), phase=_TEXT, message=_TEXT, startedAt=_TIME, finishedAt=_TIME, retryCount=_NUMBER,
        syncResult=_object(),
    )  # fmt: skip
    return _object(
        sync=_object(status=_TEXT, revision=_TEXT, revisions=_list(_TEXT), comparedTo=_object()), health=health,
        conditions=_list(condition), resources=_list(resource), history=_list(_object(id__=_NUMBER)), operationState=state,
        reconciledAt=_TIME, observedAt=_TIME, sourceType=_TEXT, sourceTypes=_list(_TEXT),
        summary=_object(images=_list(_TEXT), externalURLs=_list(_TEXT)), resourceHealthSource=_TEXT,
    )  # fmt: skip


def _project_spec() -> Tree:
    rule = _object(group__=_TEXT, kind__=_TEXT, name=_TEXT)
    token = _object(iat__=_NUMBER, exp=_NUMBER, id=_TEXT)
    role = _object(name__=_TEXT, description=_TEXT, policies=_list(_TEXT), groups=_list(_TEXT), jwtTokens=_list(token))
    window = _object(
        kind=_TEXT, schedule=_TEXT, duration=_TEXT, applications=_list(_TEXT), namespaces=_list(_TEXT), clusters=_list(_TEXT),
        manualSync=_FLAG, timeZone=_TEXT, andOperator=_FLAG, description=_TEXT, syncOverrun=_FLAG,
    )  # fmt: skip
    ignored = _list(_object(group=_TEXT, kind=_TEXT, name=_TEXT))
    account = _object(server__=_TEXT, namespace=_TEXT, defaultServiceAccount__=_TEXT)
    return _object(
        description=_TEXT, sourceRepos=_list(_TEXT), destinations=_list(_destination()), roles=_list(role),
        clusterResourceWhitelist=_list(rule), clusterResourceBlacklist=_list(rule), namespaceResourceWhitelist=_list(rule),
        namespaceResourceBlacklist=_list(rule), orphanedResources=_object(warn=_FLAG, ignore=ignored),
        syncWindows=_list(window), signatureKeys=_list(_object(keyID__=_TEXT)), sourceNamespaces=_list(_TEXT),
        permitOnlyProjectScopedClusters=_FLAG, destinationServiceAccounts=_list(account),
    )  # fmt: skip


def _application_set_spec() -> Tree:
    strategy = _object(type=_TEXT, rollingSync=_object(), deletionOrder=_TEXT)
    policy = _object(preserveResourcesOnDeletion=_FLAG, applicationsSync=_TEXT)
    return _object(
        generators__=_list(_object()), template__=_object(metadata=_object(), spec=_object()), templatePatch=_TEXT,
        goTemplate=_FLAG, goTemplateOptions=_list(_TEXT), strategy=strategy, syncPolicy=policy,
        preservedFields=_object(annotations=_list(_TEXT), labels=_list(_TEXT)), ignoreApplicationDifferences=_list(_object()),
        applyNestedSelectors=_FLAG,
    )  # fmt: skip


def _definition(names: Tree, properties: Tree, columns: list[Tree], subresources: Tree | None = None) -> Tree:
    kind, plural = names["kind"], names["plural"]
    version: Tree = {
        "name": VERSION, "served": True, "storage": True, "additionalPrinterColumns": columns,
        "schema": {"openAPIV3Schema": {"type": "object", "required": ["metadata", "spec"], "properties": properties}},
    }  # fmt: skip
    if subresources is not None:
        version["subresources"] = subresources
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {"listKind": f"{kind}List", "singular": kind.lower(), **names},
            "versions": [version],
        },
    }


def definitions() -> list[Tree]:
    """Return the CustomResourceDefinitions."""
    columns: list[Tree] = [
        {"name": "Sync Status", "type": "string", "jsonPath": ".status.sync.status"},
        {"name": "Health Status", "type": "string", "jsonPath": ".status.health.status"},
        {"name": "Revision", "type": "string", "jsonPath": ".status.sync.revision", "priority": 10},
        {"name": "Project", "type": "string", "jsonPath": ".spec.project", "priority": 10},
    ]
    application = {"spec": _application_spec(), "operation": _operation(), "status": _application_status()}
    application_set = {"spec": _application_set_spec(), "status": _object()}
    sets = {"kind": "ApplicationSet", "plural": "applicationsets", "shortNames": ["appset", "appsets"]}
    project = {"spec": _project_spec(), "status": _object(jwtTokensByRole=_map(_ANY))}
    return [
        _definition({"kind": "Application", "plural": "applications", "shortNames": ["app", "apps"]}, application, columns),
        _definition(sets, application_set, [], {"status": {}}),
        _definition({"kind": "AppProject", "plural": "appprojects", "shortNames": ["appproj", "appprojs"]}, project, []),
    ]
