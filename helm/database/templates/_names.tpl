{{- define "database.name" -}}
{{ .Values.name | default .Release.Name }}
{{- end }}

{{- define "database.selector" -}}
app.kubernetes.io/name: {{ include "database.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "database.labels" -}}
{{ include "database.selector" . }}
app.kubernetes.io/component: database
app.kubernetes.io/part-of: todo-app
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
{{- with .Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* What the engine's file says; see engines/. */}}
{{- define "database.engine" -}}
{{ .Files.Get (printf "engines/%s.yaml" .Values.engine) }}
{{- end }}

{{- define "database.image" -}}
{{ with .root.Values.imageRegistry }}{{ . }}/{{ end }}{{ .engine.image }}
{{- end }}

{{- define "database.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ .user }}
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "database.containerSecurity" -}}
allowPrivilegeEscalation: false
capabilities: {drop: [ALL]}
readOnlyRootFilesystem: true
{{- end }}
