import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { execFileSync, spawn } from "node:child_process"
import { generateKeyPairSync } from "node:crypto"
import * as Fs from "node:fs"
import { createServer } from "node:http"
import * as Path from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as NodeSubprocess from "../../../src/host/NodeSubprocess.ts"
import { Subprocess } from "../../../src/host/Subprocess.ts"
import * as ApkPackageManager from "../../../src/package-manager/apk/ApkPackageManager.ts"
import { PackageManager } from "../../../src/package-manager/PackageManager.ts"
import { ManagerWorld, WorldError, type Scenario, type World } from "../suite/ManagerWorld.ts"
import { from, stateOf, to, type LabPackage } from "./alpineScenarios.ts"
import { buildPackage, signature } from "./apkPackages.ts"

// A throw-away Alpine of nothing but a real, static apk and a shell for scripts, entered with chroot(1), so root is
// needed. Its repository is served by this process under a name of its own, as a proxy for it.

const keyName = "lab.rsa.pub"
const address = "http://repo.example.org/lab"
const environment = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" }

/** Where the host's index lies: both generations keep one file for the one repository. */
const cachedIndexes = (root: string) =>
  Fs.readdirSync(`${root}/var/cache/apk`)
    .filter((name) => name.startsWith("APKINDEX."))
    .map((name) => `${root}/var/cache/apk/${name}`)

const copyProgram = (root: string, program: string, as: string) => {
  const libraries = execFileSync("ldd", [program], { encoding: "utf8" }).match(/\/\S+/g) ?? []
  for (const file of libraries) {
    Fs.mkdirSync(root + Path.dirname(file), { recursive: true })
    Fs.copyFileSync(file, root + file)
  }
  Fs.copyFileSync(program, root + as)
}

class RealAlpine {
  readonly root: string
  readonly port: number
  readonly repository: string
  private readonly keys = generateKeyPairSync("rsa", { modulusLength: 2048 })

  constructor(folder: string, binary: string, port: number) {
    this.root = `${folder}/root`
    this.repository = `${folder}/repository`
    this.port = port
    for (const path of ["bin", "sbin", "etc/apk/keys", "dev", "proc", "tmp", "var/cache/apk", "var/log"]) {
      Fs.mkdirSync(`${this.root}/${path}`, { recursive: true })
    }
    copyProgram(this.root, "/bin/sh", "/bin/sh")
    Fs.copyFileSync(binary, `${this.root}/sbin/apk`)
    Fs.writeFileSync(
      `${this.root}/etc/apk/keys/${keyName}`,
      this.keys.publicKey.export({ type: "spki", format: "pem" }),
    )
    Fs.writeFileSync(`${this.root}/etc/apk/arch`, "x86_64\n")
    Fs.writeFileSync(`${this.root}/etc/apk/repositories`, `${address}\n`)
  }

  readonly argv = (...args: ReadonlyArray<string>) => [this.root, "/sbin/apk", ...args]

  get proxy() {
    return { http_proxy: `http://127.0.0.1:${this.port}` }
  }

  /** apk while the world is made: without the agent's hands. */
  readonly apk = (...args: ReadonlyArray<string>) =>
    Effect.callback<string, WorldError>((resume) => {
      const child = spawn("chroot", this.argv(...args), {
        env: { ...environment, ...this.proxy },
        stdio: ["ignore", "pipe", "pipe"],
      })
      let said = ""
      child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()))
      child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()))
      child.on("close", (code) =>
        resume(
          code === 0
            ? Effect.succeed(said)
            : Effect.fail(new WorldError({ what: `apk ${args.join(" ")}: ${said}` })),
        ),
      )
    })

  /** Replaces what the repository offers. */
  offer(packages: ReadonlyArray<LabPackage>) {
    const folder = `${this.repository}/lab/x86_64`
    Fs.rmSync(folder, { recursive: true, force: true })
    Fs.mkdirSync(folder, { recursive: true })
    const names = packages.map((row) => {
      const name = `${row.name}-${row.version}.apk`
      Fs.writeFileSync(`${folder}/${name}`, buildPackage(row, this.keys.privateKey, keyName))
      return name
    })
    const args = ["index", "--allow-untrusted", "--description", "lab", "--output", "unsigned"]
    execFileSync(`${this.root}/sbin/apk`, [...args, ...names], { cwd: folder, stdio: "ignore" })
    const index = Fs.readFileSync(`${folder}/unsigned`)
    Fs.writeFileSync(
      `${folder}/APKINDEX.tar.gz`,
      Buffer.concat([signature(index, this.keys.privateKey, keyName), index]),
    )
  }

  /** The host's own files are below the root; the kernel's are the kernel's. */
  private readonly inside = (path: string) => (path.startsWith("/proc/") ? path : this.root + path)

  get manager() {
    const { inside, argv, proxy } = this
    const fs = Layer.effect(
      FileSystem.FileSystem,
      Effect.map(FileSystem.FileSystem, (real) =>
        FileSystem.FileSystem.of({
          ...real,
          exists: (path) => real.exists(inside(path)),
          stat: (path) => real.stat(inside(path)),
          stream: (path, options) => real.stream(inside(path), options),
          readDirectory: (path, options) => real.readDirectory(inside(path), options),
          readFileString: (path, encoding) => real.readFileString(inside(path), encoding),
        }),
      ),
    )
    const subprocess = Layer.effect(
      Subprocess,
      Effect.map(Subprocess, ({ run }) =>
        Subprocess.of({
          run: (request) =>
            request.program === "apk"
              ? run({ ...request, program: "chroot", args: argv(...request.args), env: proxy })
              : run({
                  ...request,
                  args: request.args.map((word) => (word.startsWith("/") ? inside(word) : word)),
                }),
        }),
      ),
    )
    return PackageManager.pipe(
      Effect.provide(
        ApkPackageManager.layer.pipe(
          Layer.provide([fs, subprocess]),
          Layer.provide(NodeSubprocess.layer),
          Layer.provide(NodeServices.layer),
        ),
      ),
    )
  }
}

const startServer = (folder: string, isDown: () => boolean) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly port: number; readonly close: () => void }>((resume) => {
      const server = createServer((request, response) => {
        const path = new URL(request.url ?? "/", address).pathname
        const file = `${folder}/repository${path}`
        const status = isDown() ? 503 : Fs.existsSync(file) ? 200 : 404
        response.writeHead(status)
        response.end(status === 200 ? Fs.readFileSync(file) : "")
      })
      server.listen(0, "127.0.0.1", () => {
        const bound = server.address()
        const port = typeof bound === "object" && bound !== null ? bound.port : 0
        resume(Effect.succeed({ port, close: () => server.close().closeAllConnections() }))
      })
    }),
    ({ close }) => Effect.sync(close),
  )

/** Starts an upgrade that waits in lab-hangpost's script, and kills it with all that it started. */
const interruptUpgrade = Effect.fnUntraced(function* (host: RealAlpine) {
  execFileSync("mkfifo", [`${host.root}/tmp/hang`])
  const child = spawn("chroot", host.argv("upgrade"), {
    env: { ...environment, ...host.proxy },
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
  })
  let said = ""
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()))
  yield* Effect.suspend(() =>
    said.includes("Executing") ? Effect.void : Effect.fail(new WorldError({ what: "no script began" })),
  ).pipe(Effect.retry(Schedule.spaced("50 millis").pipe(Schedule.upTo({ duration: "20 seconds" }))))
  // The script opens its pipe right after apk has said so.
  yield* Effect.sleep("300 millis")
  yield* Effect.callback<void>((resume) => {
    child.on("close", () => resume(Effect.void))
    process.kill(-(child.pid ?? 0), "SIGKILL")
  })
  Fs.rmSync(`${host.root}/tmp/hang`)
})

const tenDays = 10 * 24 * 60 * 60

/** The world of a real apk, by the path of a static binary. */
export const layerRealAlpine = (binary: string) =>
  Layer.succeed(
    ManagerWorld,
    ManagerWorld.of({
      id: "apk",
      traits: {
        security: "none",
        partialUpgrades: true,
        from,
        to,
        fix: to,
        removesOnRequest: true,
        repairs: true,
      },
      inState: Effect.fnUntraced(function* (scenario: Scenario) {
        const folder = yield* Effect.acquireRelease(
          Effect.sync(() => Fs.mkdtempSync("/tmp/patchctl-apk-")),
          (path) =>
            Effect.sync(() => {
              // apk 2 mounts it for scripts, and cannot unmount it when it is killed.
              execFileSync("umount", ["--quiet", `${path}/root/proc`], { stdio: "ignore" })
            }).pipe(
              Effect.ignoreCause,
              Effect.andThen(Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true }))),
            ),
        )
        let isDown = false
        const { port } = yield* startServer(folder, () => isDown)
        const host = new RealAlpine(folder, binary, port)
        const state = stateOf(scenario)
        host.offer(state.installed)
        yield* host.apk("add", "--initdb", ...state.world)
        host.offer(state.offered)
        yield* host.apk("update", "--update-cache")
        let mend: Effect.Effect<void> = Effect.void
        if (scenario === "stale index") {
          const then = (Fs.statSync(host.root).mtimeMs - tenDays * 1000) / 1000
          for (const file of cachedIndexes(host.root)) Fs.utimesSync(file, then, then)
        }
        if (scenario === "missing index") for (const file of cachedIndexes(host.root)) Fs.rmSync(file)
        if (scenario === "repository down") {
          isDown = true
          mend = Effect.sync(() => void (isDown = false))
        }
        if (scenario === "half-installed") yield* interruptUpgrade(host)
        if (scenario === "locked") {
          const lock = spawn("flock", [`${host.root}/lib/apk/db/lock`, "sleep", "600"], { detached: true })
          const release = Effect.callback<void>((resume) => {
            lock.on("close", () => resume(Effect.void))
            process.kill(-(lock.pid ?? 0), "SIGKILL")
          })
          mend = yield* Effect.cached(release)
          yield* Effect.addFinalizer(() => mend)
          yield* Effect.sleep("300 millis")
        }
        const installed = (name: string) =>
          Effect.map(host.apk("list", "--installed", name), (said) =>
            said === "" ? "" : (said.split(" ")[0] ?? "").slice(name.length + 1),
          )
        const world: World = { manager: yield* host.manager, installed, mend }
        return world
      }),
    }),
  )
