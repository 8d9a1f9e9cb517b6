"""More kustomizations for the comparison with kubectl: corners of merging, names, generators and replacements.

Not here, because kustomize is not copied in them: a patch whose list items have a key (`protocol`) the others lack is lost by it;
ours adds the item. `tagSuffix` is applied twice by it, and is left to kubectl.
"""

# ruff: noqa: E501 - one kustomization a line

from tests.unit.delivery.gitops.engine.kustomize.cases import _GEN, _HEAD, _OVERLAY, _all, _patch, _web


def _on_all(text: str) -> dict[str, str]:
    return _all("patches:\n- path: p\n", p=text)


_SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
EDGES: dict[str, dict[str, str]] = {
    "svc-ports": _on_all(_SERVICE + "spec: {ports: [{port: 80, name: http}, {port: 443, name: tls}]}\n"),
    "env-valuefrom": _patch(
        _HEAD
        + "spec: {template: {spec: {containers: [{name: web, env: [{name: B, value: x, valueFrom: null}, {name: A, $patch: delete}]}]}}}\n"
    ),
    "finalizers": _on_all("apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data, finalizers: [a/b]}\n"),
    "tolerations": _patch(
        _HEAD
        + "spec: {template: {spec: {tolerations: [{key: a, operator: Exists}], imagePullSecrets: [{name: s1}], hostAliases: [{ip: 1.1.1.1, hostnames: [x]}]}}}\n"
    ),
    "empty-map": _patch(_HEAD + "spec: {template: {spec: {securityContext: {}, nodeSelector: {}}}}\n"),
    "null-label": _patch(_HEAD.replace("{name: web}", "{name: web, labels: {tier: null, x: yy}}")),
    "null-only-label": _patch(_HEAD.replace("{name: web}", "{name: web, labels: {tier: null}}")),
    "del-map": _patch(_HEAD + "spec: {template: {metadata: {labels: {$patch: delete}}}}\n"),
    "ports-noproto": _patch(
        _HEAD + "spec: {template: {spec: {containers: [{name: web, ports: [{containerPort: 80, hostPort: 8}]}]}}}\n"
    ),
    "volmounts": _patch(
        _HEAD
        + "spec: {template: {spec: {containers: [{name: web, volumeMounts: [{mountPath: /v, name: w}, {mountPath: /z, name: p}]}]}}}\n"
    ),
    "cron": _on_all(
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: cron}\nspec: {suspend: true, jobTemplate: {spec: {template: {spec: {containers: [{name: c, env: [{name: a, value: b}]}]}}}}}\n"
    ),
    "vct": _on_all(
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec: {volumeClaimTemplates: [{metadata: {name: new}}]}\n"
    ),
    "ingress-rules": _on_all(
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: ing}\nspec: {rules: [{host: z}]}\n"
    ),
    "rbac-subjects": _on_all(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: rb}\nsubjects: [{kind: User, name: u}]\n"
    ),
    "cm-patch": {
        "a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: '1', y: '2'}\n",
        "kustomization.yaml": "resources: [a.yaml]\npatches:\n- patch: |\n    apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: a}\n    data: {x: null, z: '3'}\n",
    },
    "patch-generated": _web(
        _GEN
        + "patches:\n- patch: |\n    apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: conf}\n    data: {extra: '1'}\n"
    ),
    "overlay-patch-base-name": {
        **_OVERLAY,
        "base/kustomization.yaml": _OVERLAY["base/kustomization.yaml"] + "namePrefix: b-\n",
        "kustomization.yaml": "resources: [base]\nnamePrefix: o-\npatches:\n- patch: |\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: web}\n    spec: {replicas: 6}\n",
    },
    "overlay-patch-prefixed": {
        **_OVERLAY,
        "base/kustomization.yaml": _OVERLAY["base/kustomization.yaml"] + "namePrefix: b-\n",
        "kustomization.yaml": "resources: [base]\nnamePrefix: o-\npatches:\n- patch: |\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: b-web}\n    spec: {replicas: 6}\n",
    },
    "overlay-patch-ns": {
        **_OVERLAY,
        "base/kustomization.yaml": _OVERLAY["base/kustomization.yaml"] + "namespace: bns\n",
        "kustomization.yaml": "resources: [base]\npatches:\n- patch: |\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: web}\n    spec: {replicas: 6}\n",
    },
    "overlay-patch-ns2": {
        **_OVERLAY,
        "base/kustomization.yaml": _OVERLAY["base/kustomization.yaml"] + "namespace: bns\n",
        "kustomization.yaml": "resources: [base]\nnamespace: top\npatches:\n- patch: |\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: web, namespace: bns}\n    spec: {replicas: 6}\n",
    },
    "gen-ns": _web(
        "namespace: nn\nconfigMapGenerator:\n- {name: conf, literals: [b=1]}\n- {name: c2, namespace: other, literals: [b=1]}\n"
    ),
    "overlay-rename-order": {
        **_OVERLAY,
        "kustomization.yaml": "resources: [base]\nnamePrefix: a-\nimages:\n- {name: nginx, newTag: '2'}\nreplicas:\n- {name: web, count: 2}\n- {name: db, count: 3}\ncommonAnnotations: {a: b}\nlabels:\n- {pairs: {x: yy}, includeSelectors: true}\n",
    },
    "allow-name": _all(
        "patches:\n- target: {kind: Deployment}\n  options: {allowNameChange: true}\n  patch: |\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: renamed}\n"
    ),
    "allow-kind": _all(
        "patches:\n- target: {kind: Deployment}\n  options: {allowKindChange: true}\n  patch: |\n    apiVersion: apps/v1\n    kind: DaemonSet\n    metadata: {name: renamed}\n"
    ),
    "target-ns": _all(
        "namespace: q\npatches:\n- target: {namespace: default, kind: Service}\n  patch: |\n    apiVersion: v1\n    kind: Service\n    metadata: {name: x, labels: {hit: yy}}\n"
    ),
    "target-anno": _all(
        "commonAnnotations: {k: v}\npatches:\n- target: {annotationSelector: k=v}\n  patch: |\n    kind: x\n    metadata: {name: x, labels: {hit: yy}}\n"
    ),
    "target-nomatch": _all("patches:\n- target: {kind: Nope}\n  patch: |\n    kind: x\n    metadata: {name: x}\n"),
    "json-move": _all(
        "patches:\n- target: {kind: Service}\n  patch: |\n    - {op: move, from: /spec/ports, path: /spec/p}\n    - {op: copy, from: /metadata/name, path: /spec/n}\n    - {op: test, path: /spec/n, value: web}\n"
    ),
    "two-components": {
        **_OVERLAY,
        "c1/kustomization.yaml": "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\nnamePrefix: c1-\nconfigMapGenerator:\n- {name: conf, behavior: merge, literals: [z=1]}\n",
        "c2/kustomization.yaml": "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\nlabels: [{pairs: {c2: yy}}]\n",
        "kustomization.yaml": "resources: [base]\ncomponents: [c1, c2]\n",
    },
    "env-novalue": _web("configMapGenerator:\n- name: e\n  envs: [e.env]\n", **{"e.env": "A\nB=\nC=x=y\n#c\n D=1\n"}),
    "file-key-path": _web("configMapGenerator:\n- name: e\n  files: [d/f.txt, other=d/f.txt]\n", **{"d__f.txt": "a\nb\n"}),
    "crlf": _web("configMapGenerator:\n- name: e\n  literals: ['a=x\ty', 'b=\"q\"', \"c='s\", 'd=']\n"),
    "secret-merge": {
        **_OVERLAY,
        "kustomization.yaml": "resources: [base]\nsecretGenerator:\n- {name: sec, behavior: merge, literals: [q=2], type: Custom}\n",
    },
    "merge-nohash": {
        **_OVERLAY,
        "kustomization.yaml": "resources: [base]\ngeneratorOptions: {disableNameSuffixHash: true}\nconfigMapGenerator:\n- {name: conf, behavior: merge, literals: [q=2]}\n",
    },
    "base-nohash-merge": {
        **_OVERLAY,
        "base/kustomization.yaml": _OVERLAY["base/kustomization.yaml"] + "generatorOptions: {disableNameSuffixHash: true}\n",
        "kustomization.yaml": "resources: [base]\nconfigMapGenerator:\n- {name: conf, behavior: merge, literals: [q=2], options: {labels: {l: m}}}\n",
    },
    "immutable": _web("secretGenerator:\n- {name: s, literals: [a=b], options: {immutable: true, annotations: {x: yy}}}\n"),
    "replacement-multi": _all(
        "replacements:\n- source: {kind: Service, name: web, fieldPath: metadata.name}\n  targets:\n  - select: {kind: Deployment}\n    fieldPaths: [spec.template.metadata.labels.app, spec.selector.matchLabels.app]\n  - select: {kind: StatefulSet}\n    options: {delimiter: '-', index: 1}\n    fieldPaths: [metadata.name]\n"
    ),
    "replacement-prefixed": _all(
        "namePrefix: p-\nreplacements:\n- source: {kind: Service, name: web}\n  targets:\n  - select: {kind: Ingress}\n    options: {create: true}\n    fieldPaths: [spec.rules.0.host, metadata.labels.svc]\n"
    ),
    "replacement-env": _all(
        "replacements:\n- source: {kind: Service, name: web, fieldPath: spec.ports.0.port}\n  targets:\n  - select: {kind: Deployment}\n    fieldPaths: ['spec.template.spec.containers.[name=web].env.[name=A].value']\n"
    ),
    "digest-strip": _web(
        "images:\n- {name: nginx, newName: 'host:5000/n', digest: 'sha256:ab'}\n- {name: 'reg.io:5000/tools/init', newName: x}\n"
    ),
    "img-deep": {
        "a.yaml": "apiVersion: x/v1\nkind: W\nmetadata: {name: w}\nspec: {a: {b: [{containers: [{image: nginx}]}]}, initContainers: [{image: 'nginx:1@sha256:2'}]}\n",
        "kustomization.yaml": "resources: [a.yaml]\nimages: [{name: nginx, newTag: '9'}]\n",
    },
    "labels-svc-noselector": {
        "a.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: w}\nspec: {ports: []}\n---\napiVersion: v1\nkind: ReplicationController\nmetadata: {name: rc}\nspec: {replicas: 1}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\n",
        "kustomization.yaml": "resources: [a.yaml]\ncommonLabels: {a: b}\ncommonAnnotations: {c: d}\nreplicas: [{name: rc, count: 4}]\n",
    },
    "affinity": _patch(
        _HEAD
        + "spec: {template: {spec: {affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: t, labelSelector: {matchLabels: {app: web}}}], preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, podAffinityTerm: {topologyKey: t, labelSelector: {matchLabels: {app: web}}}}]}}, topologySpreadConstraints: [{maxSkew: 1, topologyKey: z, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}]}}}\n",
        "commonLabels: {team: x}\n",
    ),
    "bases-field": {**_OVERLAY, "kustomization.yaml": "bases: [base]\nnamePrefix: q-\n"},
    "ns-sub": _all("namespace: prod\nnamePrefix: x-\n"),
    "pv": {
        "a.yaml": "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: pv}\nspec: {storageClassName: sc}\n---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c}\nspec: {volumeName: pv, storageClassName: sc}\n---\napiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: sc}\n---\napiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: pc}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {priorityClassName: pc, containers: [], imagePullSecrets: [{name: s}]}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\n---\napiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: ic}\n---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i, annotations: {nginx.ingress.kubernetes.io/auth-secret: s}}\nspec: {ingressClassName: ic}\n",
        "kustomization.yaml": "resources: [a.yaml]\nnamePrefix: z-\nnamespace: nn\n",
    },
}
