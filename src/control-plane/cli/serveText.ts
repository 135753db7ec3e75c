import type { ServeReport } from "./serve.ts"

/** What to do after a start. The licence key itself is not printed: logs and terminals remember. */
export const serveText = (report: ServeReport): string => `PatchCTL control plane at ${report.api_url}

Set up an agent: copy ${report.ca_file} to its host as /etc/patchctl/ca.pem and write /etc/patchctl/config.json (mode 600):

  {
    "api_url": "${report.api_url}",
    "ca_file": "/etc/patchctl/ca.pem",
    "license_key": "<content of ${report.license_key_file}>"
  }

See your servers:

  patchctl-control-plane servers --data ${report.data_directory}

Back up ${report.data_directory} and keep it secret: it holds the keys that sign commands.`
