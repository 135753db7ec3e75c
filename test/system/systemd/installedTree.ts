import * as Effect from "effect/Effect"
import { BoxError } from "../lab/hostProcess.ts"
import { onHost } from "../lab/machine.ts"
import type { SystemdBox } from "./SystemdBox.ts"

/** Every file of a matrix box by its path: type, mode, owner, link target, file capabilities and a digest of its content. */
export type Tree = ReadonlyMap<string, string>

/** What two installations on two machines may differ in: the pattern of the path, and what of it is compared all the same. */
interface Known {
  readonly path: RegExp
  readonly compare: "nothing" | "all but content"
  readonly reason: string
}

/** Each differs between any two machines, sandbox or not; of each at least that it is there counts, where it outlives a boot. */
const known: ReadonlyArray<Known> = [
  { path: /^(dev|proc|run|sys|tmp)\//, compare: "nothing", reason: "gone with the next boot" },
  { path: /^var\/tmp\//, compare: "nothing", reason: "each service's private folder has a random name" },
  { path: /^var\/log\/journal\//, compare: "nothing", reason: "named by the machine id" },
  {
    path: /^var\/log\/(syslog|(auth|cron|kern|mail|user)\.log)$/,
    compare: "nothing",
    reason: "rsyslog makes each with the first line for it, which may come later",
  },
  { path: /^var\/log\//, compare: "all but content", reason: "times and process ids" },
  { path: /^etc\/machine-id$/, compare: "all but content", reason: "random" },
  { path: /^etc\/ssh\/ssh_host_\w+_key(\.pub)?$/, compare: "all but content", reason: "random" },
  { path: /\/ssl-cert-snakeoil\.(key|pem)$/, compare: "all but content", reason: "random" },
  { path: /^boot\/initrd\.img-/, compare: "all but content", reason: "times; compared file by file below" },
  {
    path: /^etc\/aliases\.db$/,
    compare: "all but content",
    reason: "Berkeley DB numbers each file at random",
  },
  { path: /^var\/cache\/ldconfig\/aux-cache$/, compare: "all but content", reason: "inode numbers" },
  { path: /^var\/lib\/postfix\/master\.lock$/, compare: "all but content", reason: "a process id" },
  { path: /^var\/spool\/postfix\/pid\//, compare: "all but content", reason: "process ids" },
  { path: /^var\/lib\/patchctl-executor$/, compare: "nothing", reason: "made by the unit" },
]

/** Contents are read of what the box has written only: the rest is one root that all boxes share. */
const read = Effect.fnUntraced(function* (box: SystemdBox) {
  const root = `/proc/${yield* box.leader}/root`
  const script = `cd "$1"
    find . -xdev -printf 'stat\\t%P\\t%y %m %U:%G %l\\n'
    find . -xdev -type f -cnewer root/matrix-built -printf '%P\\0' | xargs -0 sha256sum --zero | tr '\\0' '\\n' | sed -E 's/^([0-9a-f]{64})  (.*)$/hash\\t\\2\\t\\1/'
    find . -xdev -type f -printf '%P\\0' | xargs -0 getcap -- | sed -E 's/^(.*) (\\S+)$/caps\\t\\1\\t\\2/'`
  const { exitCode, stdout, stderr } = yield* onHost(["bash", "-euo", "pipefail", "-c", script, "bash", root])
  if (exitCode !== 0) return yield* new BoxError({ what: `cannot read the tree: ${stderr}` })
  return stdout
})

/** Mode, links, owner, group, size and name of each file in the initramfs images, without their times. */
const initramfs = (box: SystemdBox) =>
  box.must(["sh", "-euc", "for image in /boot/initrd.img-*; do lsinitramfs -l $image; done"]).pipe(
    Effect.map((text) =>
      text
        .split("\n")
        .map((line) => line.replace(/ [A-Z][a-z]{2} +\d+ +[\d:]+ /, " "))
        .map((line) => `stat\tinitramfs ${line.split(" ").at(-1)}\t${line}`),
    ),
  )

/** The tree of a machine, and that of its initramfs, without what `known` leaves out. */
export const installedTree = (box: SystemdBox): Effect.Effect<Tree, BoxError> =>
  Effect.map(Effect.all([read(box), initramfs(box)]), ([text, images]) => {
    const tree = new Map<string, string>()
    for (const line of [...text.split("\n"), ...images]) {
      const [kind = "", path = "", fact = ""] = line.split("\t")
      const rule = known.find((entry) => entry.path.test(path))
      if (path === "" || rule?.compare === "nothing" || (kind === "hash" && rule !== undefined)) continue
      tree.set(path, `${tree.get(path) ?? ""}${kind} ${fact} `)
    }
    return tree
  })

/** One line for each file that is not the same in both: `path: left | right`. */
export const differences = (left: Tree, right: Tree): ReadonlyArray<string> =>
  [...new Set([...left.keys(), ...right.keys()])]
    .toSorted()
    .filter((path) => left.get(path) !== right.get(path))
    .map((path) => `${path}: ${left.get(path) ?? "absent"} | ${right.get(path) ?? "absent"}`)
