{{- define "huiying.name" -}}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{- end }}
{{- define "huiying.selector" -}}
app.kubernetes.io/name: huiying
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
{{- define "huiying.labels" -}}
{{ include "huiying.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}
{{- define "huiying.secret" -}}{{ .Values.secret.existing | default (include "huiying.name" .) }}{{- end }}
{{- define "huiying.claim" -}}{{ .Values.shared.existingClaim | default (printf "%s-shared" (include "huiying.name" .)) }}{{- end }}
{{- define "huiying.config" -}}
{{ mustMergeOverwrite (deepCopy .Values.config) (dict "data" "/data" "county" "/shared/county" "attachments" "/shared/attachments" "listen" (list ":8080")) | toYaml }}
{{- end }}
{{- define "huiying.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}
{{- define "huiying.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}
