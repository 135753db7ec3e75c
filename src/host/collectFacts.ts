import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { HostFacts } from "../domain/Host.ts"
import { containerOf } from "./container.ts"
import { readIfPossible, readParsed, readText } from "./hostFiles.ts"
import { distribution, osRelease } from "./osRelease.ts"
import { cpuCount, cpuModel, memory } from "./procText.ts"
import { SystemCalls } from "./SystemCalls.ts"

/** os-release(5): /etc first, /usr/lib where that is missing. */
export const readOsRelease = Effect.gen(function* () {
  const text =
    (yield* readIfPossible("/etc/os-release")) ?? (yield* readIfPossible("/usr/lib/os-release")) ?? ""
  return osRelease(text)
})

export const readKernelRelease = Effect.map(readText("/proc/sys/kernel/osrelease"), (text) => text.trim())

/** `none` or the kind of container. */
export const readContainer = Effect.fnUntraced(function* (kernelRelease: string) {
  const fs = yield* FileSystem.FileSystem
  const present = (path: string) => Effect.orElseSucceed(fs.exists(path), () => false)
  return containerOf({
    manager:
      (yield* readIfPossible("/run/host/container-manager")) ??
      (yield* readIfPossible("/run/systemd/container")),
    initEnvironment: yield* readIfPossible("/proc/1/environ"),
    kernelRelease,
    openvz: (yield* present("/proc/vz")) && !(yield* present("/proc/bc")),
    dockerenv: yield* present("/.dockerenv"),
    containerenv: yield* present("/run/.containerenv"),
    pidNamespace: yield* Effect.orElseSucceed(fs.readLink("/proc/self/ns/pid"), () => undefined),
  })
})

export const collectFacts = Effect.gen(function* () {
  const system = yield* SystemCalls
  const kernelRelease = yield* readKernelRelease
  const model = cpuModel((yield* readIfPossible("/proc/cpuinfo")) ?? "")
  const facts: HostFacts = {
    hostname: (yield* readText("/proc/sys/kernel/hostname")).trim(),
    ...distribution(yield* readOsRelease),
    kernelRelease,
    architecture: yield* system.machine,
    addresses: yield* system.addresses,
    cpuCount: yield* readParsed("/proc/stat", cpuCount),
    ...(model === undefined ? {} : { cpuModel: model }),
    memoryTotalBytes: (yield* readParsed("/proc/meminfo", memory)).total,
    container: yield* readContainer(kernelRelease),
  }
  return facts
})
