"""Kustomizations for the comparison with kubectl: name -> files; `kustomization.yaml` at the root is built."""

# ruff: noqa: E501 - one kustomization a line

DEPLOY = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {tier: front}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: runner
      containers:
      - name: web
        image: nginx:1.0
        args: ["--host", "$(HOST)"]
        ports: [{containerPort: 80, name: http}, {containerPort: 53, protocol: UDP}]
        env:
        - {name: A, value: a}
        - name: B
          valueFrom: {configMapKeyRef: {name: conf, key: b}}
        envFrom:
        - secretRef: {name: sec}
        volumeMounts: [{name: v, mountPath: /v}]
      initContainers:
      - {name: init, image: "reg.io:5000/tools/init@sha256:abc"}
      volumes:
      - name: v
        configMap: {name: conf}
      - name: p
        projected: {sources: [{configMap: {name: conf}}, {secret: {name: sec}}]}
      - name: claim
        persistentVolumeClaim: {claimName: data}
"""
SERVICE = """apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: http}]
"""
RBAC = """apiVersion: v1
kind: ServiceAccount
metadata: {name: runner}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r}
rules:
- {apiGroups: [""], resources: [configmaps], resourceNames: [conf], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: rb}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects:
- {kind: ServiceAccount, name: runner}
- {kind: ServiceAccount, name: default, namespace: other}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: cr}
rules: []
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: crb}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cr}
subjects:
- {kind: ServiceAccount, name: runner, namespace: default}
"""
OTHERS = """apiVersion: v1
kind: Namespace
metadata: {name: ns}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: foos.example.com}
spec: {group: example.com, names: {kind: Foo, plural: foos}, scope: Namespaced, versions: []}
---
apiVersion: example.com/v1
kind: Foo
metadata: {name: foo}
spec: {list: [{name: a, x: 1}, {name: b}], containers: [{name: c, image: nginx}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: hpa}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 3}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: ing}
spec:
  ingressClassName: cls
  tls: [{secretName: sec, hosts: [h]}]
  rules:
  - host: h
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: cron}
spec:
  schedule: "* * * * *"
  jobTemplate:
    spec:
      template:
        spec: {restartPolicy: Never, containers: [{name: c, image: nginx, envFrom: [{configMapRef: {name: conf}}]}]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: job}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: "nginx:1.0@sha256:1"}]}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: web
  selector: {matchLabels: {app: db}}
  template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: db}]}}
  volumeClaimTemplates: [{metadata: {name: data}, spec: {storageClassName: fast}}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: np}
spec: {podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {matchLabels: {app: db}}}]}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: pdb}
spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {storageClassName: fast}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: fast}
provisioner: x
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: hook}
webhooks: [{name: a.b.c, clientConfig: {service: {name: web, namespace: default}}}]
"""
ALL = {"deploy.yaml": DEPLOY, "service.yaml": SERVICE, "rbac.yaml": RBAC, "others.yaml": OTHERS}
_ALL = "resources: [deploy.yaml, service.yaml, rbac.yaml, others.yaml]\n"
_GEN = "configMapGenerator:\n- {name: conf, literals: [b=1]}\nsecretGenerator:\n- {name: sec, literals: [p=secret]}\n"
_WEB = "resources: [deploy.yaml]\n"


def _all(text: str, **files: str) -> dict[str, str]:
    return {**ALL, "kustomization.yaml": _ALL + text, **{name.replace("__", "/"): data for name, data in files.items()}}


def _web(text: str, **files: str) -> dict[str, str]:
    given = {name.replace("__", "/").replace("_yaml", ".yaml"): data for name, data in files.items()}
    return {"deploy.yaml": DEPLOY, "kustomization.yaml": _WEB + text, **given}


def _patch(text: str, rest: str = "") -> dict[str, str]:
    return _web(f"patches:\n- path: p.yaml\n{rest}", p_yaml=text)


_HEAD = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
_OVERLAY = {**{f"base/{name}": text for name, text in ALL.items()}, "base/kustomization.yaml": _ALL + _GEN}

CASES: dict[str, dict[str, str]] = {
    "plain": _all(""),
    "fifo": _all("sortOptions: {order: fifo}\n"),
    "own-order": _all("sortOptions: {order: legacy, legacySortOptions: {orderFirst: [Service], orderLast: [Namespace]}}\n"),
    "prefix": _all("namePrefix: pre-\n" + _GEN),
    "suffix": _all("nameSuffix: -suf\n" + _GEN),
    "namespace": _all("namespace: prod\n" + _GEN),
    "namespace-prefix": _all("namespace: prod\nnamePrefix: a-\nnameSuffix: -z\n" + _GEN),
    "common-labels": _all("commonLabels: {team: red, app: shop}\n"),
    "labels": _all("labels:\n- {pairs: {a: b}}\n"),
    "labels-selectors": _all("labels:\n- {pairs: {a: b}, includeSelectors: true}\n- {pairs: {c: d}}\n"),
    "labels-templates": _all("labels:\n- {pairs: {a: b}, includeTemplates: true}\n"),
    "labels-fields": _all("labels:\n- pairs: {a: b}\n  fields: [{path: spec/extra, kind: Foo, create: true}]\n"),
    "annotations": _all("commonAnnotations: {a.b/c: 'yes', m: '1'}\n"),
    "images": _all(
        "images:\n- {name: nginx, newName: reg.io/nginx, newTag: '2'}\n- {name: reg.io:5000/tools/init, newTag: v3}\n- {name: db, digest: 'sha256:9'}\n"
    ),
    "images-digest": _all("images:\n- {name: nginx, digest: 'sha256:7'}\n- {name: db, newName: other}\n"),
    "images-tag-and-digest": _all("images:\n- {name: nginx, newTag: '3', digest: 'sha256:7'}\n"),
    "replicas": _all("replicas:\n- {name: web, count: 5}\n- {name: db, count: 2}\n"),
    "replicas-prefixed": _all("namePrefix: p-\nreplicas:\n- {name: web, count: 5}\n"),
    "config-map-files": _web(
        "configMapGenerator:\n- name: conf\n  files: [a.txt, k=d/b.txt]\n  envs: [e.env]\n  literals: [x=1, \"q='v w'\", 'eq=a=b']\n",
        **{"a.txt": "text <&>\n", "d__b.txt": "b\n", "e.env": "# comment\nE1=one\n\n  E2 = two \nE3=\n"},
    ),
    "config-map-options": _web(
        "generatorOptions: {labels: {g: '1'}, annotations: {h: '2'}, immutable: true}\nconfigMapGenerator:\n"
        "- {name: conf, literals: [a=1], options: {labels: {g: own}, disableNameSuffixHash: true}}\n- {name: empty}\n"
    ),
    "no-hash": _web("generatorOptions: {disableNameSuffixHash: true}\n" + _GEN),
    "secrets": _web(
        "secretGenerator:\n- name: sec\n  type: kubernetes.io/tls\n  files: [tls.crt=a.txt]\n"
        f"- {{name: long, literals: [a={'x' * 200}]}}\n- {{name: exact, literals: [a={'x' * 51}]}}\n- {{name: none}}\n",
        **{"a.txt": "cert"},
    ),
    "overlay": {
        **_OVERLAY, "kustomization.yaml": "resources: [base]\nnamePrefix: o-\nnamespace: prod\ncommonLabels: {env: prod}\n"
    },
    "overlay-merge": {
        **_OVERLAY,
        "kustomization.yaml": "resources: [base]\nnamePrefix: o-\nconfigMapGenerator:\n- {name: conf, behavior: merge, literals: [c=2]}\n"
        "secretGenerator:\n- {name: sec, behavior: replace, literals: [only=this]}\n",
    },
    "two-overlays": {
        **_OVERLAY, "mid/kustomization.yaml": "resources: [../base]\nnamePrefix: m-\nnameSuffix: -n\n",
        "kustomization.yaml": "resources: [mid]\nnamePrefix: t-\nnamespace: x\n",
    },
    "siblings": {
        "base/deploy.yaml": DEPLOY, "base/kustomization.yaml": _WEB + "namePrefix: b-\n" + _GEN,
        "one/kustomization.yaml": "resources: [../base]\nnamePrefix: one-\n",
        "two/kustomization.yaml": "resources: [../base]\nnamePrefix: two-\n",
        "kustomization.yaml": "resources: [one, two]\n",
    },
    "component": {
        **_OVERLAY,
        "comp/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [extra.yaml]\n"
        "patches:\n- path: p.yaml\nreplicas: [{name: web, count: 9}]\n",
        "comp/extra.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra}\n",
        "comp/p.yaml": _HEAD + "spec: {template: {spec: {nodeSelector: {a: b}}}}\n",
        "kustomization.yaml": "resources: [base]\ncomponents: [comp]\nnameSuffix: -c\n",
    },
    "patch-merge": _patch(
        _HEAD + "spec:\n  template:\n    spec:\n      containers:\n      - {name: side, image: s}\n      - name: web\n"
        "        env: [{name: C, value: c}, {name: A, value: changed}]\n        ports: [{containerPort: 443}]\n"
        "        args: [new]\n      volumes: [{name: v, emptyDir: {}, configMap: null}]\n"
    ),
    "patch-delete-list-item": _patch(
        _HEAD + "spec: {template: {spec: {initContainers: [{name: init, $patch: delete}], containers: [{name: web, args: null}]}}}\n"
    ),
    "patch-replace-map": _patch(_HEAD + "spec: {template: {metadata: {$patch: replace, labels: {only: this}}}}\n"),
    "patch-replace-list": _patch(_HEAD + "spec: {template: {spec: {volumes: [{$patch: replace}, {name: n, emptyDir: {}}]}}}\n"),
    "patch-delete": _all("patches:\n- path: p\n", p="apiVersion: v1\nkind: Service\nmetadata: {name: web}\n$patch: delete\n"),
    "patch-inline-target": _all(
        "patches:\n- target: {kind: Deployment|StatefulSet}\n  patch: |\n    apiVersion: x\n    kind: any\n    metadata: {name: any, annotations: {p: q}}\n"
    ),
    "patch-labels-target": _all("patches:\n- target: {labelSelector: 'tier in (front)'}\n  patch: '[{\"op\": \"replace\", \"path\": \"/spec/replicas\", \"value\": 7}]'\n"),
    "patch-json": _all(
        "patches:\n- target: {group: apps, version: v1, kind: Deployment, name: w.*}\n  patch: |-\n    - {op: add, path: /metadata/annotations, value: {a: b}}\n"
        "    - {op: add, path: /spec/template/spec/containers/0/env/-, value: {name: Z, value: z}}\n    - {op: remove, path: /spec/template/spec/initContainers}\n"
    ),
    "patch-rename": _all(
        "namePrefix: p-\npatches:\n- target: {kind: Service, name: web}\n  options: {allowNameChange: true, allowKindChange: true}\n"
        "  patch: |-\n    - {op: replace, path: /metadata/name, value: renamed}\n"
    ),
    "patch-name-kept": _all("patches:\n- target: {kind: Service}\n  patch: |-\n    - {op: replace, path: /metadata/name, value: renamed}\n"),
    "patch-crd-list": _all("patches:\n- path: p\n", p="apiVersion: example.com/v1\nkind: Foo\nmetadata: {name: foo}\nspec: {list: [{name: b, y: 2}]}\n"),
    "patches-old-forms": _all(
        "patchesStrategicMerge: [p]\npatchesJson6902:\n- target: {version: v1, kind: Service, name: web}\n  path: j\n",
        p=_HEAD + "spec: {replicas: 4}\n", j='[{"op": "add", "path": "/spec/type", "value": "NodePort"}]',
    ),
    "patch-many-documents": _all("patches:\n- path: p\n", p=_HEAD + "spec: {paused: true}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: LoadBalancer}\n"),
    "replacement": _all(
        "replacements:\n- source: {kind: Service, name: web, fieldPath: spec.ports.0.port}\n  targets:\n  - select: {kind: Deployment}\n"
        "    fieldPaths: ['spec.template.spec.containers.[name=web].ports.[name=http].containerPort']\n"
        "  - select: {kind: CronJob}\n    options: {create: true}\n    fieldPaths: [metadata.annotations.port]\n"
    ),
    "replacement-pieces": _all(
        "replacements:\n- source: {kind: Deployment, fieldPath: 'spec.template.spec.containers.[name=web].image', options: {delimiter: ':', index: 1}}\n"
        "  targets:\n  - select: {kind: Job}\n    options: {delimiter: ':', index: 1}\n    fieldPaths: ['spec.template.spec.containers.*.image']\n"
        "    reject: [{name: other}]\n"
    ),
    "replacement-annotation": _all(
        "replacements:\n- source: {kind: Service, name: web}\n  targets:\n  - select: {name: 'ing|hpa'}\n    options: {create: true}\n"
        "    fieldPaths: ['metadata.annotations.example\\.com/of']\n"
    ),
    "replacement-types": {
        "a.yaml": "apiVersion: v1\nkind: Foo\nmetadata: {name: a}\nspec: {s: x, i: 5, b: true}\n",
        "kustomization.yaml": "resources: [a.yaml]\nreplacements:\n- sourceValue: '80'\n  targets:\n  - select: {kind: Foo}\n    options: {create: true}\n"
        "    fieldPaths: [spec.s, spec.i, spec.new, spec.deep.er, metadata.labels.x]\n",
    },
    "vars": _all("namePrefix: p-\nvars:\n- {name: HOST, objref: {apiVersion: v1, kind: Service, name: web}, fieldref: {fieldpath: metadata.name}}\n"),
    "list-kind": {"l.yaml": "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n", "kustomization.yaml": "resources: [l.yaml]\n"},
    "nested-folders": {"a/b/kustomization.yml": "resources: [c.yaml]\nnamePrefix: b-\n", "a/b/c.yaml": SERVICE, "a/Kustomization": "resources: [b]\n", "kustomization.yaml": "resources: [a]\n"},
    "same-name-two-namespaces": {
        "a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf, namespace: a}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf, namespace: b}\n"
        "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: b}\nspec: {containers: [{name: c, image: i, envFrom: [{configMapRef: {name: conf}}]}]}\n",
        "kustomization.yaml": "resources: [a.yaml]\nnameSuffix: -s\n",
    },
    "quoted-values": {"a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, annotations: {when: 2024-01-01T00:00:00Z, n: '010'}}\ndata: {a: 'yes', b: |\n    x\n}\n".replace("b: |\n    x\n", "b: x"), "kustomization.yaml": "resources: [a.yaml]\n"},
}  # fmt: skip

FAILING: dict[str, dict[str, str]] = {
    "missing-resource": {"kustomization.yaml": "resources: [none.yaml]\n"},
    "duplicate": {"a.yaml": SERVICE, "b.yaml": SERVICE, "kustomization.yaml": "resources: [a.yaml, b.yaml]\n"},
    "unmatched-patch": _web("patches:\n- patch: |\n    apiVersion: v1\n    kind: Pod\n    metadata: {name: none}\n"),
    "json-without-target": _web("patches:\n- patch: '[{\"op\": \"remove\", \"path\": \"/spec\"}]'\n"),
    "merge-of-nothing": _web("configMapGenerator:\n- {name: x, behavior: merge, literals: [a=1]}\n"),
    "bad-literal": _web("configMapGenerator:\n- {name: x, literals: [novalue]}\n"),
    "outside": {"d/kustomization.yaml": "resources: [../a.yaml]\n", "a.yaml": SERVICE, "kustomization.yaml": "resources: [d]\n"},
    "cycle": {"a/kustomization.yaml": "resources: [../b]\n", "b/kustomization.yaml": "resources: [../a]\n", "kustomization.yaml": "resources: [a]\n"},
    "unknown-field": _web("namePrefx: a\n"),
    "generate-name": {"a.yaml": "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: j-}\n", "kustomization.yaml": "resources: [a.yaml]\n"},
    "unquoted-label": _web("commonLabels: {a: yes}\n"),
    "json-remove-of-nothing": _web("patches:\n- target: {kind: Deployment}\n  patch: |\n    - {op: remove, path: /spec/none}\n"),
    "no-name": {"a.yaml": "apiVersion: v1\nkind: ConfigMap\n", "kustomization.yaml": "resources: [a.yaml]\n"},
    "replicas-of-nothing": _web("replicas: [{name: none, count: 1}]\n"),
    "two-files": {"Kustomization": "resources: []\n", "kustomization.yaml": "resources: []\n"},
}  # fmt: skip
