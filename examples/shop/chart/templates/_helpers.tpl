{{- define "shop.env" -}}
- name: SHOP_VERSION
  value: {{ .Values.global.image.tag | quote }}
- name: POD_IP
  valueFrom:
    fieldRef: {fieldPath: status.podIP}
{{- end }}
