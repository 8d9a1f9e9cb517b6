{{- define "shop.env" -}}
- name: SHOP_VERSION
  value: {{ .Values.global.image.tag | quote }}
- name: ORDERS_URL
  value: http://orders:8080
{{- end }}
