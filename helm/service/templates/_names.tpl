{{/* What everything is called: the release's name, or one of its own where a release has several services. */}}
{{- define "service.name" -}}
{{ .Values.name | default .Release.Name }}
{{- end }}

{{/* Whose pods these are, to other services' policies: of a canary, the service's that it is one of. */}}
{{- define "service.instance" -}}
{{ .Values.canaryOf | default (include "service.name" .) }}
{{- end }}

{{- define "service.selector" -}}
app.kubernetes.io/name: {{ include "service.name" . | quote }}
app.kubernetes.io/instance: {{ include "service.instance" . | quote }}
{{- end }}

{{/* What a pod carries: only what is the service's own, so that another service's release does not replace it. */}}
{{- define "service.podLabels" -}}
{{ include "service.selector" . }}
{{ include "service.releaseLabels" . }}
{{- end }}

{{/*
What a pod of a hook carries: a name of its own, so that neither traffic nor a rollout takes it for one of the service,
and the service that it works for.
*/}}
{{- define "service.hookLabels" -}}
app.kubernetes.io/name: {{ .name | quote }}
app.kubernetes.io/instance: {{ .instance | quote }}
app.kubernetes.io/component: {{ .component }}
slipway/service: {{ include "service.name" .root | quote }}
{{ include "service.releaseLabels" .root }}
{{- end }}

{{/* Of which release a pod is, and of which stack. */}}
{{- define "service.releaseLabels" -}}
app.kubernetes.io/part-of: {{ .Values.release.partOf | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
{{- with .Values.release.sha }}
app.kubernetes.io/version: {{ . | quote }}
{{- end }}
{{- with .Values.release.stack }}
slipway/stack: {{ . | quote }}
{{- end }}
{{- with .Values.release.owner }}
slipway/owner: {{ . | quote }}
{{- end }}
{{- end }}

{{- define "service.labels" -}}
{{ include "service.podLabels" . }}
{{- end }}

{{- define "service.podAnnotations" -}}
{{- range $key, $value := .Values.podAnnotations }}
{{ $key | quote }}: {{ $value | quote }}
{{- end }}
{{- end }}

{{- define "service.image" -}}
{{ required "image.repository is missing" .Values.image.repository }}@{{ required "image.digest is missing" .Values.image.digest }}
{{- end }}

{{/* A text that Kubernetes would expand ($(NAME), $$), so that it arrives as it is written. */}}
{{- define "service.literal" -}}
{{ . | replace "$" "$$" }}
{{- end }}

{{/* A command, each word as it is written. */}}
{{- define "service.command" -}}
{{- range . }}
- {{ include "service.literal" . | quote }}
{{- end }}
{{- end }}

{{/*
How many pods. With an autoscaler: as many as there are now, and not fewer than its least. Without a number Kubernetes
would make it 1 when the autoscaler is switched on, and until it acts. A canary has its share of the service's present pods:
the autoscaler of a busy service may have many more than the least.
*/}}
{{- define "service.replicas" -}}
{{- if .Values.autoscaling.enabled }}
{{- $live := lookup "apps/v1" "Deployment" .Release.Namespace (include "service.name" .) }}
{{- $share := 0 }}
{{- with .Values.canaryOf }}
{{- $service := lookup "apps/v1" "Deployment" $.Release.Namespace . }}
{{- $share = div (add 99 (mul (int (dig "spec" "replicas" 0 ($service | default dict))) (int $.Values.canaryPercent))) 100 }}
{{- end }}
{{- max (int (dig "spec" "replicas" 0 ($live | default dict))) (int .Values.autoscaling.minReplicas) (int $share) }}
{{- else }}
{{- .Values.replicas }}
{{- end }}
{{- end }}
