{{/*
The pod of a service, of every kind: what this chart says of it, and `pod` and `container` of the values merged into that.
*/}}
{{- define "service.pod" -}}
{{- $pod := include "service.podSpec" . | fromYaml }}
{{- include "service.check" $pod }}
{{- $container := include "service.container" . | fromYaml }}
{{- include "service.check" $container }}
{{- include "service.merge" (dict "into" $pod "changes" (deepCopy .Values.pod)) }}
{{- include "service.merge" (dict "into" $container "changes" (deepCopy .Values.container)) }}
{{- range $pod.initContainers }}
{{- $security := include "service.containerSecurity" $ | fromYaml }}
{{- include "service.merge" (dict "into" $security "changes" (.securityContext | default dict)) }}
{{- $_ := set . "securityContext" $security }}
{{- end }}
{{- $_ := set $pod "containers" (list $container) }}
{{- include "service.write" $pod }}
{{- end }}

{{/*
A mapping as JSON, which is YAML but for the characters that a YAML text may not have as they are:
https://yaml.org/spec/1.2.2/#51-character-set. (Of these toYaml makes nothing at all, without a word.)
*/}}
{{- define "service.write" -}}
{{- $text := toPrettyJson . }}
{{- range $code := concat (untilStep 127 160 1) (list 65279 65534 65535) }}
{{- $text = replace (printf "%c" $code) (printf "\\u%04x" $code) $text }}
{{- end }}
{{- $text }}
{{- end }}

{{/* Helm gives a text that is no YAML as a mapping with one key. */}}
{{- define "service.check" -}}
{{- with .Error }}{{ fail . }}{{ end }}
{{- end }}

{{/*
Merge `changes` into `into`. Lists of volumes, mounts and tolerations are added to the chart's own; another list, and a
handler of which a hook may have one, takes the place of the chart's.
*/}}
{{- define "service.merge" -}}
{{- $into := .into }}
{{- range $key, $value := .changes }}
{{- $own := get $into $key }}
{{- if and (kindIs "map" $value) (kindIs "map" $own) (ne $key "preStop") }}
{{- include "service.merge" (dict "into" $own "changes" $value) }}
{{- else if and (has $key (list "volumes" "volumeMounts" "tolerations")) (kindIs "slice" $value) (kindIs "slice" $own) }}
{{- $_ := set $into $key (concat $own $value) }}
{{- else }}
{{- $_ := set $into $key $value }}
{{- end }}
{{- end }}
{{- end }}

{{- define "service.podSpec" -}}
{{- if has .Values.kind (list "cron" "job") }}
restartPolicy: Never
{{- end }}
{{- if ne .Values.kind "job" }}
serviceAccountName: {{ include "service.name" . | quote }}
{{- end }}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
securityContext: {{- include "service.podSecurity" . | nindent 2 }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- include "service.placement" . }}
{{- include "service.spread" . }}
{{- with include "service.volumes" . }}
volumes: {{- . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "service.container" -}}
name: {{ include "service.name" . | quote }}
image: {{ include "service.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy | quote }}
{{- with .Values.command }}
command: {{- include "service.command" . | nindent 2 }}
{{- end }}
{{- with .Values.args }}
args: {{- include "service.command" . | nindent 2 }}
{{- end }}
{{- if eq .Values.kind "web" }}
ports:
  - {name: http, containerPort: {{ .Values.port }}}
  {{- range .Values.ports }}
  - {name: {{ .name | quote }}, containerPort: {{ .port }}}
  {{- end }}
{{- end }}
{{- include "service.environment" (dict "root" . "written" (eq .Values.kind "job")) }}
resources: {{- toYaml .Values.resources | nindent 2 }}
{{- include "service.probes" . }}
{{- if eq .Values.kind "web" }}
lifecycle:
  # Endpoints lose a pod at the same time as the pod gets its signal: it keeps serving until no requests come.
  preStop: {sleep: {seconds: {{ .Values.drainSeconds }}}}
{{- end }}
securityContext: {{- include "service.containerSecurity" . | nindent 2 }}
{{- with include "service.mounts" . }}
volumeMounts: {{- . | nindent 2 }}
{{- end }}
{{- end }}

{{/*
What a container gets as environment. `written`: variable by variable, as a hook may run before the ConfigMap is there.
*/}}
{{- define "service.environment" -}}
{{- $root := .root }}
env:
  {{- if eq $root.Values.kind "web" }}
  - {name: PORT, value: {{ $root.Values.port | quote }}}
  {{- end }}
  - {name: RELEASE_SHA, value: {{ $root.Values.release.sha | quote }}}
  {{- if .written }}
  {{- range $key, $value := $root.Values.environment }}
  - {name: {{ $key | quote }}, value: {{ include "service.literal" $value | quote }}}
  {{- end }}
  {{- end }}
{{- if or (not .written) $root.Values.secretEnvironment }}
envFrom:
  {{- if not .written }}
  - configMapRef: {name: {{ include "service.name" $root | quote }}}
  {{- end }}
  {{- range $root.Values.secretEnvironment }}
  - secretRef: {name: {{ . | quote }}}
  {{- end }}
{{- end }}
{{- end }}

{{- define "service.containerSecurity" -}}
allowPrivilegeEscalation: false
capabilities: {drop: [ALL]}
readOnlyRootFilesystem: true
{{- end }}

{{- define "service.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ int64 .Values.runAsUser }}
runAsGroup: {{ int64 .Values.runAsUser }}
fsGroup: {{ int64 .Values.runAsUser }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "service.mounts" -}}
{{- include "service.ownMounts" . }}
{{- if .Values.persistence.enabled }}
- {name: data, mountPath: {{ .Values.persistence.mountPath | quote }}}
{{- end }}
{{- end }}

{{/* Without the volume, which one pod has at a time: of what runs beside the service. */}}
{{- define "service.ownMounts" -}}
{{- range $at, $path := .Values.writableDirectories }}
- {name: writable-{{ $at }}, mountPath: {{ $path | quote }}}
{{- end }}
{{- range $at, $files := .Values.secretFiles }}
- {name: secret-{{ $at }}, mountPath: {{ $files.mountPath | quote }}, readOnly: true}
{{- end }}
{{- end }}

{{- define "service.volumes" -}}
{{- include "service.ownVolumes" . }}
{{- if .Values.persistence.enabled }}
- {name: data, persistentVolumeClaim: {claimName: {{ include "service.name" . | quote }}}}
{{- end }}
{{- end }}

{{- define "service.ownVolumes" -}}
{{- range $at, $path := .Values.writableDirectories }}
- {name: writable-{{ $at }}, emptyDir: {}}
{{- end }}
{{- range $at, $files := .Values.secretFiles }}
- {name: secret-{{ $at }}, secret: {secretName: {{ $files.secret | quote }}, defaultMode: 0440}}
{{- end }}
{{- end }}

{{/* Where pods run; empty where nothing is said. */}}
{{- define "service.placement" -}}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Where there are several pods: not all of them on one node or in one zone, while there are others. */}}
{{- define "service.spread" -}}
{{- if and (has .Values.kind (list "web" "worker")) (gt (include "service.most" . | int) 1) }}
topologySpreadConstraints:
  {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "service.selector" $ | nindent 8 }}
  {{- end }}
{{- end }}
{{- end }}

{{/* The most pods that there may be. */}}
{{- define "service.most" -}}
{{ ternary .Values.autoscaling.maxReplicas .Values.replicas .Values.autoscaling.enabled }}
{{- end }}

{{/* Whether something runs before a release of what runs on: a migration, seed data, or both. */}}
{{- define "service.prepares" -}}
{{- if and (or .Values.migration.enabled .Values.seed.enabled) (ne .Values.kind "job") }}true{{ end }}
{{- end }}

{{/* A container of that Job: {root, name, command}. */}}
{{- define "service.preparation" -}}
{{- $values := .root.Values -}}
- name: {{ .name }}
  image: {{ include "service.image" .root | quote }}
  command: {{- include "service.command" .command | nindent 4 }}
  # Written out: a first install runs this before the ConfigMap is there.
  {{- include "service.environment" (dict "root" .root "written" true) | nindent 2 }}
  resources: {{- toYaml $values.resources | nindent 4 }}
  securityContext: {{- include "service.containerSecurity" .root | nindent 4 }}
  {{- with include "service.ownMounts" .root }}
  volumeMounts: {{- . | nindent 4 }}
  {{- end }}
{{- end }}
