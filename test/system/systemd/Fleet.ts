import * as Effect from "effect/Effect"
import { built, buildOnce } from "../executable/built.ts"
import { type BoxControlPlane, controlPlaneBinds, startControlPlane } from "./BoxControlPlane.ts"
import { installUnits, make, type SystemdBox } from "./SystemdBox.ts"

// One machine with a real systemd, the agent installed as its package would install it, and a control plane beside it.

export interface Fleet extends BoxControlPlane {
  readonly box: SystemdBox
}

/** The agent started by `systemctl enable --now patchctl`, and its first heartbeat at the control plane. */
export const makeFleet = Effect.fnUntraced(function* (release: string) {
  yield* buildOnce
  const box = yield* make(`${release}-service`, {
    binds: [...(yield* controlPlaneBinds(built.controlPlaneBundle)), [built.folder, "/srv/built"]],
  })
  const controlPlane = yield* startControlPlane(box)
  const { apiUrl, caFile, licenseKey, settings } = controlPlane
  yield* installUnits(box)
  // A copy: another build may replace the original meanwhile.
  const executable = ["/srv/built/patchctl-agent", "/opt/patchctl/bin/patchctl-agent"]
  yield* box.must(["install", "-D", "-m", "755", ...executable])
  const config = {
    license_key: licenseKey,
    api_url: apiUrl,
    ca_file: "/etc/patchctl/ca.pem",
    ...settings,
    scan_seconds: 600,
  }
  yield* box.must(["install", "-D", "-m", "644", caFile, config.ca_file])
  yield* box.writeFile("/etc/patchctl/config.json", JSON.stringify(config), "600")
  yield* box.must(["systemctl", "enable", "--quiet", "--now", "patchctl"])
  yield* controlPlane.server("the first heartbeat", ({ heartbeats }) => heartbeats > 0)
  const fleet: Fleet = { ...controlPlane, box }
  return fleet
})
