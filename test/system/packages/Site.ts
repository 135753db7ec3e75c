import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { AgentStatus } from "../../../src/domain/AgentStatus.ts"
import { eventually } from "../../eventually.ts"
import { type BoxControlPlane, controlPlaneBinds, startControlPlane } from "../systemd/BoxControlPlane.ts"
import { make, type SystemdBox } from "../systemd/SystemdBox.ts"
import { must, type BuiltRelease, type Releases } from "./releases.ts"

// A machine with a real systemd and a control plane, and nothing of the agent. Both releases are in /srv.

const decodeStatus = Schema.decodeUnknownEffect(Schema.fromJsonString(AgentStatus))

export interface Site extends BoxControlPlane {
  readonly box: SystemdBox
  /** The version and process that the daemon says it is. */
  readonly daemon: Effect.Effect<AgentStatus, unknown>
}

/** A flat archive of apt's with the newer package, as a company would serve it. */
const aptArchive = Effect.fnUntraced(function* ({ folder }: BuiltRelease) {
  yield* must("sh", "-euc", 'cd "$1"; apt-ftparchive packages . >Packages', "sh", folder)
})

export const makeSite = Effect.fnUntraced(function* (
  { older, newer, updates }: Releases["Service"],
  root = "bookworm-service",
) {
  yield* aptArchive(newer)
  const box = yield* make(root, {
    diskSize: "4g",
    binds: [
      ...(yield* controlPlaneBinds(older.controlPlane)),
      [older.folder, "/srv/older"],
      [newer.folder, "/srv/newer"],
      [newer.executable, "/srv/newer-agent"],
      [updates.folder, "/srv/updates"],
    ],
  })
  const site: Site = {
    ...(yield* startControlPlane(box)),
    box,
    daemon: Effect.flatMap(box.must(["cat", "/var/lib/patchctl/status.json"]), decodeStatus),
  }
  return site
})

/** Waits until the package script of unit-slow waits for `/run/unit-slow-may-end`. */
export const slowScriptRuns = ({ box }: Site) =>
  eventually(
    "the script of unit-slow runs",
    box.run(["grep", "-q", "^unit-slow begins", "/var/log/unit-scripts"]),
    ({ exitCode }) => exitCode === 0,
  )

/** What using a machine changes anyway: databases of packages, caches, logs, copies that user tools keep, units of systemd. */
const restless = [
  "/var/cache",
  "/var/log",
  "/var/lib/apt",
  "/var/lib/dpkg",
  "/var/lib/dnf",
  "/var/lib/rpm",
  "/var/lib/control-plane",
  "/var/lib/unit-*",
  "/var/tmp/systemd-private-*",
  "/etc/passwd-",
  "/etc/group-",
  "/etc/shadow-",
  "/etc/gshadow-",
  "/etc/.pwd.lock",
  "/etc/ld.so.cache",
]

/** Every file of the machine with type, mode, owner, link target, and for /etc its digest; without what is restless. */
export const filesOf = Effect.fnUntraced(function* (box: Pick<SystemdBox, "must">) {
  const skip = restless.flatMap((path, index) => [...(index === 0 ? [] : ["-o"]), "-path", path])
  const find = ["find", "/", "-xdev", "(", ...skip, ")", "-prune", "-o"]
  const facts = yield* box.must([...find, "-printf", "%p %y %m %u:%G %l\\n"])
  const etc = yield* box.must(["find", "/etc", "-xdev", "-type", "f", "-exec", "sha256sum", "{}", "+"])
  const digests = etc.split("\n").filter((line) => !restless.some((path) => line.endsWith(` ${path}`)))
  return new Set([...facts.split("\n"), ...digests])
})

/** Lines of either that the other lacks. */
export const changes = (before: ReadonlySet<string>, after: ReadonlySet<string>): ReadonlyArray<string> => [
  ...[...before.difference(after)].map((line) => `- ${line}`),
  ...[...after.difference(before)].map((line) => `+ ${line}`),
]
