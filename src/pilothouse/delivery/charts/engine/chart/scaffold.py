"""The files of a new chart: one Deployment with its Service, values with a schema, and a test suite for `chart unittest`."""

from __future__ import annotations

import re

from pilothouse.delivery.charts.errors import ChartInvalid

_NAME = r"^[a-zA-Z0-9._-]+$"
MAX_NAME = 250

_CHART = """apiVersion: v2
name: NAME
description: What NAME is for, in one sentence
type: application
version: 0.1.0        # of this chart: raise it with every change
appVersion: "1.29"    # of what it runs; also the tag of the image, unless values say another
"""
_VALUES = """# How many Pods run at once.
replicas: 1

image:
  repository: nginx
  # Empty: the appVersion of Chart.yaml.
  tag: ""

service:
  port: 80
  # The port the container listens on.
  targetPort: 80

# Requests and limits of the container, as in a Pod.
resources: {}
"""
_SCHEMA = """{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "global": {"type": "object"},
    "replicas": {"type": "integer", "minimum": 0},
    "image": {
      "type": "object",
      "additionalProperties": false,
      "properties": {"repository": {"type": "string", "minLength": 1}, "tag": {"type": "string"}}
    },
    "service": {
      "type": "object",
      "additionalProperties": false,
      "properties": {"port": {"$ref": "#/$defs/port"}, "targetPort": {"$ref": "#/$defs/port"}}
    },
    "resources": {"type": "object"}
  },
  "$defs": {"port": {"type": "integer", "minimum": 1, "maximum": 65535}}
}
"""
_NAMES = """{{/* The name of every object: that of the release and that of the chart, as Kubernetes allows it. */}}
{{ define "NAME.name" -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | lower | replace "_" "-" | replace "." "-" | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* What tells the Pods of one release from all others; it must never change. */}}
{{ define "NAME.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{ define "NAME.labels" -}}
{{ include "NAME.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}
"""
_DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "NAME.name" . }}
  labels:
    {{- include "NAME.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicas | int }}
  selector:
    matchLabels:
      {{- include "NAME.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "NAME.labels" . | nindent 8 }}
    spec:
      containers:
      - name: main
        image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
        ports:
        - name: http
          containerPort: {{ .Values.service.targetPort | int }}
        readinessProbe:
          tcpSocket:
            port: http
        {{- with .Values.resources }}
        resources:
          {{- toYaml . | nindent 10 }}
        {{- end }}
"""
_SERVICE = """apiVersion: v1
kind: Service
metadata:
  name: {{ include "NAME.name" . }}
  labels:
    {{- include "NAME.labels" . | nindent 4 }}
spec:
  selector:
    {{- include "NAME.selector" . | nindent 4 }}
  ports:
  - name: http
    port: {{ .Values.service.port | int }}
    targetPort: http
"""
_NOTES = """{{ .Chart.Name }} {{ .Chart.AppVersion }} runs as {{ include "NAME.name" . }} in namespace {{ .Release.Namespace }}.
Reach it from here with

  kubectl -n {{ .Release.Namespace }} port-forward service/{{ include "NAME.name" . }} 8080:{{ .Values.service.port | int }}
"""
_SUITE = """suite: deployment and service
templates:
- deployment.yaml
- service.yaml
tests:
- it: runs the image of the chart's appVersion
  template: deployment.yaml
  chart:
    appVersion: "9.9"
  asserts:
  - equal:
      path: spec.template.spec.containers[?(@.name=="main")].image
      value: nginx:9.9
- it: finds its own Pods
  set:
    service.port: 8080
  asserts:
  - isKind:
      of: Service
    template: service.yaml
  - equal:
      path: spec.ports[0].port
      value: 8080
    template: service.yaml
  - isSubset:
      path: spec.template.metadata.labels
      content:
        app.kubernetes.io/name: NAME
        app.kubernetes.io/instance: RELEASE-NAME
    template: deployment.yaml
- it: refuses a port that is none
  set:
    service.port: 70000
  asserts:
  - failedTemplate:
      errorPattern: /service/port
"""
_IGNORED = """# What is no part of the archive: one pattern a line, as in .gitignore.
.git/
.DS_Store
*.swp
*.orig
tests/
"""
_FILES = {
    ".helmignore": _IGNORED,
    "Chart.yaml": _CHART,
    "values.yaml": _VALUES,
    "values.schema.json": _SCHEMA,
    "templates/_names.tpl": _NAMES,
    "templates/deployment.yaml": _DEPLOYMENT,
    "templates/service.yaml": _SERVICE,
    "templates/NOTES.txt": _NOTES,
    "tests/web_test.yaml": _SUITE,
}


def check_name(name: str) -> None:
    """Raise ChartInvalid for what cannot be the name of a chart."""
    if not re.fullmatch(_NAME.strip("^$"), name) or name in (".", ".."):
        raise ChartInvalid(f'chart name must match the regular expression "{_NAME}"')
    if len(name) > MAX_NAME:
        raise ChartInvalid(f"chart name must be {MAX_NAME} characters or less")


def scaffold(name: str) -> dict[str, str]:
    """Return the files of a new chart by path; raises ChartInvalid."""
    check_name(name)
    return {path: text.replace("NAME", name).replace(f"RELEASE-{name}", "RELEASE-NAME") for path, text in _FILES.items()}
