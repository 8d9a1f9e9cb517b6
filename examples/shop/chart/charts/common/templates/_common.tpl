{{/* Labels of everything: {{ include "common.labels" (dict "root" $ "component" "web") }} */}}
{{- define "common.labels" -}}
{{ include "common.selector" . }}
app.kubernetes.io/version: {{ .root.Values.global.image.tag | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "common.selector" -}}
app.kubernetes.io/name: {{ .component }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{- define "common.image" -}}
{{ printf "%s/%s:%s" .root.Values.global.image.registry .component .root.Values.global.image.tag }}
{{- end }}
