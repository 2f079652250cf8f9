{{/* What a pod of the service may reach. */}}
{{- define "service.egress" -}}
- to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}]
  ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
- to: [{podSelector: {}}]
{{- if .Values.networkPolicy.publicOnly }}
# Not the nodes' metadata (RFC 3927), nor what is in the VPC and the cluster (RFC 1918, RFC 6598, RFC 4193, RFC 4291).
- to:
    - ipBlock:
        cidr: 0.0.0.0/0
        except: [10.0.0.0/8, 100.64.0.0/10, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16]
    - ipBlock: {cidr: "::/0", except: ["fc00::/7", "fe80::/10"]}
  ports: [{port: 443}]
{{- else }}
- ports: [{port: 443}]
# Managed databases, by their private addresses: DigitalOcean's ports of PostgreSQL and Valkey, and of its pools.
- to: {{- range list "10.0.0.0/8" "172.16.0.0/12" "192.168.0.0/16" }}
    - ipBlock: {cidr: {{ . }}}
    {{- end }}
  ports: [{port: 25060}, {port: 25061}]
{{- end }}
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
