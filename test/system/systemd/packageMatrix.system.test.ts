import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { BoxError } from "../lab/hostProcess.ts"
import { differences, installedTree } from "./installedTree.ts"
import { installUnits, make, type SystemdBox } from "./SystemdBox.ts"

// The sandbox of the root units against a plain root shell: the same hundred real packages, whose scripts make users, set
// modes and capabilities, build an initramfs and start services, must leave the same machine behind.

const install = `#!/bin/bash
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
xargs apt-get -q -y --no-download --no-install-recommends install </root/matrix-packages >/var/log/matrix 2>&1
echo $? >/var/log/matrix-exit
`

/** The unit as it is, but with the installation in the place of the agent's program. */
const dropIn = `[Service]
ExecStart=
ExecStart=/root/matrix
StandardInput=null
StandardOutput=journal
`

const installOutside = (box: SystemdBox) => box.must(["/root/matrix"])

const installInside = (template: string) => (box: SystemdBox) =>
  box
    .writeFile(`/run/systemd/system/${template}@matrix.service.d/matrix.conf`, dropIn)
    .pipe(
      Effect.andThen(box.must(["systemctl", "daemon-reload"])),
      Effect.andThen(box.must(["systemctl", "start", "--wait", `${template}@matrix.service`])),
    )

const machineAfter = (release: string, installed: (box: SystemdBox) => Effect.Effect<unknown, BoxError>) =>
  Effect.gen(function* () {
    const box = yield* make(`${release}-matrix`, { diskSize: "4g" })
    yield* installUnits(box)
    yield* box.writeFile("/root/matrix", install, "755")
    yield* installed(box)
    const code = yield* box.must(["cat", "/var/log/matrix-exit"])
    if (code.trim() !== "0")
      return yield* new BoxError({ what: yield* box.must(["tail", "-n", "30", "/var/log/matrix"]) })
    // Services that packages started still write their first files.
    yield* box.bootedAfter("none")
    const states = yield* box.must(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Abbrev}${Version}\n"])
    const units = yield* box.must(["systemctl", "list-unit-files", "--no-legend", "--no-pager"])
    const failed = yield* box.must([
      "systemctl",
      "list-units",
      "--failed",
      "--no-legend",
      "--plain",
      "--no-pager",
    ])
    return { tree: yield* installedTree(box), states, units, failed }
  }).pipe(Effect.scoped)

const releases = process.env["PATCHCTL_LONG"] === "1" ? ["bookworm", "trixie"] : ["bookworm"]

describe.each(releases)("about a hundred packages of %s", (release) => {
  it.live(
    "leave the same machine behind when installed by the sandboxed units as by a root shell",
    () =>
      Effect.gen(function* () {
        const [outside, executor, installer] = yield* Effect.all(
          [
            machineAfter(release, installOutside),
            machineAfter(release, installInside("patchctl-executor")),
            machineAfter(release, installInside("patchctl-installer")),
          ],
          { concurrency: "unbounded" },
        )
        assert.isAbove(outside.tree.size, 15_000)
        assert.isAbove(outside.states.split("\n").length, 200)
        assert.match(outside.tree.get("usr/bin/fping") ?? "", /caps cap_net_raw=ep/)
        assert.match(outside.tree.get("usr/bin/sudo") ?? "", /stat f 4755 0:0/)
        assert.isAbove([...outside.tree.keys()].filter((path) => path.startsWith("initramfs ")).length, 150)
        for (const sandboxed of [executor, installer]) {
          assert.strictEqual(sandboxed.states, outside.states)
          assert.strictEqual(sandboxed.units, outside.units)
          assert.strictEqual(sandboxed.failed, outside.failed)
        }
        assert.deepStrictEqual(
          {
            executor: differences(outside.tree, executor.tree),
            installer: differences(outside.tree, installer.tree),
          },
          { executor: [], installer: [] },
        )
      }),
    1_200_000,
  )
})
