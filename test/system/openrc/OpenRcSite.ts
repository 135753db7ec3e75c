import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { AgentStatus } from "../../../src/domain/AgentStatus.ts"
import { eventually } from "../../eventually.ts"
import { built } from "../executable/built.ts"
import {
  type BoxControlPlane,
  controlPlaneBinds,
  operateControlPlane,
  serveArgv,
} from "../systemd/BoxControlPlane.ts"
import { makeOpenRcBox, type OpenRcBox } from "./OpenRcBox.ts"

// A machine with OpenRC, a control plane, and a release in /srv/release; nothing of the agent.

const decodeStatus = Schema.decodeUnknownEffect(Schema.fromJsonString(AgentStatus))

export interface OpenRcSite extends BoxControlPlane {
  readonly box: OpenRcBox
  /** As `curl … | sh -s -- …` runs install.sh: it comes on stdin. */
  readonly runScript: (...options: ReadonlyArray<string>) => ReturnType<OpenRcBox["run"]>
  /** What the daemon says it is. */
  readonly daemon: Effect.Effect<AgentStatus, unknown>
}

/** Programs in `firstPrograms`, a folder of the machine, are those that install.sh finds first. */
export const makeOpenRcSite = Effect.fnUntraced(function* (release: string, firstPrograms = "/usr/sbin") {
  const box = yield* makeOpenRcBox([
    ...(yield* controlPlaneBinds(built.controlPlaneBundle)),
    [release, "/srv/release"],
  ])
  const path = `PATH=${firstPrograms}:/usr/sbin:/usr/bin:/sbin:/bin`
  const server = yield* box.start(serveArgv)
  const said = yield* eventually("the control plane serves", server.stdout, (text) => text.includes("\n"))
  const log = box.must(["sh", "-c", "tail -n 60 /opt/patchctl/log/agent.log; rc-status --all; ps ax"])
  const script = yield* box.must(["cat", "/srv/release/install.sh"])
  const site: OpenRcSite = {
    ...(yield* operateControlPlane(box, said.split("\n")[0], log)),
    box,
    runScript: (...options) => box.run(["env", path, "sh", "-s", "--", ...options], script),
    daemon: Effect.flatMap(box.must(["cat", "/var/lib/patchctl/status.json"]), decodeStatus),
  }
  return site
})
