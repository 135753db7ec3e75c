import { isSelfUpdateUnit, type Payload } from "./payload.ts"
import type { TreeFile } from "./tree.ts"

const fileName = (path: string): string => path.slice(path.lastIndexOf("/") + 1)

/** Debian wants links from one top-level folder to another absolute, rpm's distributions want every link relative. */
const executableLink = {
  deb: "/opt/patchctl/bin/patchctl-agent",
  rpm: "../../opt/patchctl/bin/patchctl-agent",
} as const

/** What deb and rpm put into the system alike; `format` is who updates it. */
export const installedTree = (payload: Payload, format: "deb" | "rpm"): ReadonlyArray<TreeFile> => [
  { path: "opt/patchctl/bin/patchctl-agent", mode: 0o755, content: { copyOf: payload.executable } },
  { path: "opt/patchctl/installed-by", content: { text: `${format}\n` } },
  { path: "opt/patchctl/log", content: { folder: true } },
  { path: "etc/patchctl", content: { folder: true } },
  { path: "usr/bin/patchctl", content: { linkTo: executableLink[format] } },
  ...payload.units
    .filter((unit) => !isSelfUpdateUnit(unit))
    .map((unit) => ({
      path: `usr/lib/systemd/system/${fileName(unit)}`,
      content: { copyOf: unit },
    })),
  { path: "usr/lib/sysusers.d/patchctl.conf", content: { copyOf: payload.sysusers } },
  { path: "usr/share/man/man1/patchctl.1.gz", content: { packed: payload.manuals["patchctl.1"] } },
  {
    path: "usr/share/man/man8/patchctl-agent.8.gz",
    content: { packed: payload.manuals["patchctl-agent.8"] },
  },
  {
    path: "usr/share/bash-completion/completions/patchctl",
    content: { text: payload.completions.bash },
  },
  {
    path: "usr/share/fish/vendor_completions.d/patchctl.fish",
    content: { text: payload.completions.fish },
  },
  {
    path: `usr/share/zsh/${format === "deb" ? "vendor-completions" : "site-functions"}/_patchctl`,
    content: { text: payload.completions.zsh },
  },
]
