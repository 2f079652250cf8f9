{{/*
The probes of a container. A start is over when the service lives, so that its probe is the liveness probe, asked more
often. A web service that says nothing is asked at /livez and /readyz.
*/}}
{{- define "service.probes" -}}
{{- if has .Values.kind (list "web" "worker") }}
{{- $health := include "service.health" . | fromJson }}
{{- with $health.liveness }}
startupProbe:
  {{- include "service.probe" . | nindent 2 }}
  periodSeconds: 1
  timeoutSeconds: 3
  failureThreshold: {{ $.Values.startupSeconds }}
livenessProbe:
  {{- include "service.probe" . | nindent 2 }}
  periodSeconds: 10
  timeoutSeconds: 3
{{- end }}
{{- with $health.readiness }}
readinessProbe:
  {{- include "service.probe" . | nindent 2 }}
  periodSeconds: 3
  timeoutSeconds: 3
{{- end }}
{{- end }}
{{- end }}

{{- define "service.probe" -}}
{{- if kindIs "string" . -}}
httpGet: {path: {{ . | quote }}, port: http}
{{- else if .http -}}
httpGet: {path: {{ .http | quote }}, port: {{ .port | default "http" }}}
{{- else if .tcp -}}
tcpSocket: {port: {{ .tcp }}}
{{- else if .grpc -}}
grpc: {port: {{ .grpc }}}
{{- else -}}
exec:
  command: {{- include "service.command" .command | nindent 4 }}
{{- end }}
{{- end }}

{{- define "service.health" -}}
{{- $health := eq .Values.kind "web" | ternary (dict "liveness" "/livez" "readiness" "/readyz") dict }}
{{- range $key, $value := .Values.health }}
{{- $_ := set $health $key $value }}
{{- end }}
{{- toJson $health }}
{{- end }}

{{/* The path of the service's own port that answers when it is ready; empty where another port or a command does. */}}
{{- define "service.readyPath" -}}
{{- $readiness := (include "service.health" . | fromJson).readiness }}
{{- if kindIs "string" $readiness }}
{{- $readiness }}
{{- else if and (kindIs "map" $readiness) (not $readiness.port) }}
{{- $readiness.http | default "" }}
{{- end }}
{{- end }}
