{{/* What a pod of the service may reach. */}}
{{- define "service.egress" -}}
- to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}]
  ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
- to: [{podSelector: {}}]
- ports: [{port: 443}]
# Managed databases, by their private addresses: DigitalOcean's ports of PostgreSQL and Valkey, and of its pools.
- to: {{- range list "10.0.0.0/8" "172.16.0.0/12" "192.168.0.0/16" }}
    - ipBlock: {cidr: {{ . }}}
    {{- end }}
  ports: [{port: 25060}, {port: 25061}]
{{- with .Values.networkPolicy.extraEgress }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Who may call the service from inside the namespace: everyone, or the clients that are named, and its own test. */}}
{{- define "service.clients" -}}
{{- if kindIs "invalid" .Values.networkPolicy.clients }}
- podSelector: {}
{{- else }}
- podSelector:
    matchExpressions:
      - key: app.kubernetes.io/instance
        operator: In
        values:
          {{- range append .Values.networkPolicy.clients (printf "%s-test" (include "service.name" .)) }}
          - {{ . | quote }}
          {{- end }}
{{- end }}
{{- end }}

{{- define "service.openPorts" -}}
- port: http
{{- range .Values.ports }}
- port: {{ .name | quote }}
{{- end }}
{{- end }}
