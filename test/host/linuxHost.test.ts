import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { readFileSync } from "node:fs"
import { InstalledPackage } from "../../src/domain/Package.ts"
import { Host } from "../../src/host/Host.ts"
import * as LinuxHost from "../../src/host/LinuxHost.ts"
import { SystemCalls } from "../../src/host/SystemCalls.ts"
import { denied, layerFileTree, type Tree } from "../fakes/fileTree.ts"

const fixture = (name: string) => readFileSync(new URL(`../fixtures/host/${name}`, import.meta.url), "utf8")

const debian: Tree = {
  "/etc/os-release": fixture("debian-12.os-release"),
  "/proc/cpuinfo": fixture("x86_64.cpuinfo"),
  "/proc/loadavg": "0.47 0.28 0.16 1/92 23568\n",
  "/proc/meminfo": "MemTotal: 2000 kB\nMemAvailable: 1500 kB\nSwapTotal: 100 kB\nSwapFree: 40 kB\n",
  "/proc/self/mountinfo": fixture("server.mountinfo"),
  "/proc/self/ns/pid": { link: "pid:[4026531836]" },
  "/proc/stat":
    "cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 50 0 50 400 0 0 0 0 0 0\ncpu1 50 0 50 400 0 0 0 0 0 0\n",
  "/proc/sys/kernel/hostname": "web-1\n",
  "/proc/sys/kernel/osrelease": "6.1.0-27-amd64\n",
  "/proc/sys/kernel/random/boot_id": "7f0c0a52-6a52-4f0e-9a53-4a2f0d1c9a11\n",
  "/proc/uptime": "1213.26 2209.15\n",
  "/proc/version": "Linux version 6.1.0-27-amd64 (x) #1 SMP PREEMPT_DYNAMIC Debian 6.1.115-1 (2024-11-01)\n",
}

/** Answers for `/` and `/home`-like mounts; `asked` remembers every path that statfs(2) was called with. */
const systemCalls = (asked: Array<string> = []) =>
  Layer.succeed(SystemCalls, {
    machine: Effect.succeed("x86_64"),
    addresses: Effect.succeed(["192.0.2.7", "2001:db8::7"]),
    space: (mountPoint) =>
      Effect.sync(() => {
        asked.push(mountPoint)
        return mountPoint === "/tank" ? undefined : { total: 1000, available: 400 }
      }),
    processUsage: Effect.succeed({ rssBytes: 1, cpuSeconds: 2 }),
  })

const onHost = <A, E>(
  tree: Tree,
  use: (host: Host["Service"]) => Effect.Effect<A, E>,
  asked?: Array<string>,
) =>
  Effect.flatMap(Host, use).pipe(
    Effect.provide(LinuxHost.layer.pipe(Layer.provide([layerFileTree(tree), systemCalls(asked)]))),
  )

const installed = (...names: ReadonlyArray<string>) =>
  names.map((name) =>
    Schema.decodeSync(InstalledPackage)({
      manager: "apt",
      name,
      version: "6.1.115-1",
      architecture: "amd64",
    }),
  )

describe("LinuxHost facts", () => {
  it.effect("gathers them from files", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* onHost(debian, (host) => host.facts), {
        hostname: "web-1",
        osId: "debian",
        osVersion: "12",
        osName: "Debian GNU/Linux 12 (bookworm)",
        osCodename: "bookworm",
        kernelRelease: "6.1.0-27-amd64",
        architecture: "x86_64",
        addresses: ["192.0.2.7", "2001:db8::7"],
        cpuCount: 2,
        cpuModel: "Intel(R) Xeon(R) Processor",
        memoryTotalBytes: 2_048_000,
        container: "none",
      })
    }),
  )

  it.effect("takes the vendor's os-release where /etc has none", () =>
    Effect.gen(function* () {
      const { "/etc/os-release": text, ...rest } = debian
      const facts = yield* onHost({ ...rest, "/usr/lib/os-release": text ?? "" }, (host) => host.facts)
      assert.strictEqual(facts.osId, "debian")
    }),
  )

  it.effect("says which file is hidden, and by what", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(onHost({ ...debian, "/proc/meminfo": denied }, (host) => host.facts))
      assert.strictEqual(
        error.message,
        "/proc/meminfo cannot be read: check that /proc is mounted and that ProcSubset= in the unit does not hide it",
      )
    }),
  )

  it.effect("says which file makes no sense", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        onHost({ ...debian, "/proc/stat": "intr 1\n" }, (host) => host.metrics),
      )
      assert.strictEqual(error.message, "/proc/stat does not hold what proc(5) describes")
    }),
  )
})

describe("LinuxHost metrics", () => {
  it.effect("gathers them, leaving out a disk that does not answer", () =>
    Effect.gen(function* () {
      const asked: Array<string> = []
      const metrics = yield* onHost(debian, (host) => host.metrics, asked)
      assert.deepStrictEqual(metrics, {
        cpuUsedPercent: 20,
        load1: 0.47,
        memoryTotalBytes: 2_048_000,
        memoryAvailableBytes: 1_536_000,
        swapUsedBytes: 61_440,
        disks: ["/", "/boot", "/boot/efi", "/data and more", "/srv"].map((mount) => ({
          mount,
          totalBytes: 1000,
          availableBytes: 400,
        })),
        uptimeSeconds: 1213,
      })
      assert.notInclude(asked, "/mnt/backup")
    }),
  )

  it.effect("measures CPU since boot first, then since the sample before", () =>
    Effect.gen(function* () {
      const tree = { ...debian }
      const percentages = yield* onHost(tree, (host) =>
        Effect.gen(function* () {
          const first = yield* host.metrics
          tree["/proc/stat"] = "cpu  190 0 100 810 0 0 0 0 0 0\n"
          const second = yield* host.metrics
          const third = yield* host.metrics
          return [first, second, third].map((metrics) => metrics.cpuUsedPercent)
        }),
      )
      assert.deepStrictEqual(percentages, [20, 90, 0])
    }),
  )
})

describe("LinuxHost boot id", () => {
  it.effect("is the kernel's", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* onHost(debian, (host) => host.bootId), "7f0c0a52-6a52-4f0e-9a53-4a2f0d1c9a11")
    }),
  )

  it.effect("is what systemd hands over, where a service of a container has a /proc of its own", () =>
    Effect.gen(function* () {
      const environ = "HOME=/root\0PATCHCTL_BOOT_ID=c6aafb34526543f7a7aeabb6ec6799f8\0LANG=C\0"
      const inContainer = { ...debian, "/proc/self/environ": environ }
      const own = "c6aafb34-5265-43f7-a7ae-abb6ec6799f8"
      assert.strictEqual(yield* onHost(inContainer, (host) => host.bootId), own)
    }),
  )
})

describe("LinuxHost reboot", () => {
  const modules = { "/lib/modules/6.1.0-27-amd64/modules.dep": "" }
  const newer = { "/lib/modules/6.1.0-28-amd64/modules.dep": "" }
  const images = { "/boot/vmlinuz-6.1.0-27-amd64": "", "/boot/vmlinuz-6.1.0-28-amd64": "" }

  const cases: ReadonlyArray<
    readonly [what: string, tree: Tree, packages: ReadonlyArray<string>, expected: string]
  > = [
    ["nothing at all", {}, [], "no"],
    ["only the running kernel", modules, ["linux-image-6.1.0-27-amd64"], "no"],
    [
      "a newer kernel among the packages",
      modules,
      ["linux-image-6.1.0-27-amd64", "linux-image-6.1.0-28-amd64"],
      "yes newer_kernel_installed",
    ],
    [
      "a newer kernel on disk, before the first scan",
      { ...modules, ...newer, ...images },
      [],
      "yes newer_kernel_installed",
    ],
    [
      "modules that a removed kernel left behind",
      { ...modules, ...newer, "/boot/vmlinuz-6.1.0-27-amd64": "" },
      [],
      "no",
    ],
    ["/boot not mounted", { ...modules, ...newer }, [], "unknown check_failed"],
    ["/lib/modules hidden by a sandbox", { "/lib/modules": denied }, [], "unknown check_failed"],
    ["/lib/modules hidden, packages known", { "/lib/modules": denied }, ["linux-image-6.1.0-27-amd64"], "no"],
    ["the running kernel removed", newer, ["linux-image-6.1.0-28-amd64"], "yes running_kernel_removed"],
    ["the reboot-required file", { "/run/reboot-required": "" }, [], "yes reboot_required_file"],
    ["the same at its old place", { "/var/run/reboot-required": "" }, [], "yes reboot_required_file"],
    ["a container", { "/run/systemd/container": "lxc\n", ...newer }, [], "no container"],
    ["no /proc", { "/proc/sys/kernel/osrelease": denied }, [], "unknown check_failed"],
  ]
  it.effect.each(cases)("judges %s", ([, tree, packages, expected]) =>
    Effect.gen(function* () {
      const state = yield* onHost({ ...debian, ...tree }, (host) => host.reboot(installed(...packages)))
      assert.strictEqual([state.required, ...state.reasons.map((reason) => reason.code)].join(" "), expected)
    }),
  )

  it.effect("lists each package that asks for a reboot once", () =>
    Effect.gen(function* () {
      const tree = { "/run/reboot-required": "", "/run/reboot-required.pkgs": "libc6\ndbus\nlibc6\n\n" }
      const state = yield* onHost({ ...debian, ...tree }, (host) => host.reboot([]))
      assert.deepStrictEqual(state.reasons[0]?.packages, ["libc6", "dbus"])
    }),
  )

  it.effect("compares the running build with the installed one", () =>
    Effect.gen(function* () {
      const version = "Linux version 6.1.0-27-amd64 (x) #1 SMP Debian 6.1.112-1 (2024-09-30)\n"
      const state = yield* onHost({ ...debian, ...modules, "/proc/version": version }, (host) =>
        host.reboot(installed("linux-image-6.1.0-27-amd64")),
      )
      assert.strictEqual(
        state.reasons[0]?.detail,
        "6.1.0-27-amd64 (6.1.112-1) is running, 6.1.0-27-amd64 (6.1.115-1) is the newest installed",
      )
    }),
  )
})
