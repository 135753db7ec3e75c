import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { readFileSync } from "node:fs"
import {
  cpuCount,
  cpuModel,
  cpuTicks,
  cpuUsedPercent,
  leadingNumber,
  memory,
  sinceBoot,
} from "../../src/host/procText.ts"

const fixture = (name: string) => readFileSync(new URL(`../fixtures/host/${name}`, import.meta.url), "utf8")

describe("/proc/stat", () => {
  it("adds up the ticks, guest time not counted twice", () => {
    assert.deepStrictEqual(cpuTicks("cpu  100 20 30 800 50 0 0 10 60 5\ncpu0 1 1 1 1 1 1 1 1 1 1\n"), {
      total: 1010,
      idle: 850,
    })
  })

  it("reads a real one", () => {
    const stat = fixture("vm.stat")
    assert.strictEqual(cpuCount(stat), 2)
    const ticks = cpuTicks(stat)
    assert.isDefined(ticks)
    assert.isAbove(cpuUsedPercent(sinceBoot, ticks ?? sinceBoot), 0)
  })

  it("says nothing about another text", () => {
    assert.isUndefined(cpuTicks("cpu  1 2 3\n"))
    assert.isUndefined(cpuTicks(`cpu  ${"9".repeat(400)} 2 3 4\n`))
    assert.isUndefined(cpuCount("cpu  1 2 3 4\n"))
  })

  it.each([
    [{ total: 100, idle: 90 }, { total: 200, idle: 115 }, 75],
    [{ total: 100, idle: 90 }, { total: 100, idle: 90 }, 0],
    [{ total: 100, idle: 90 }, { total: 103, idle: 92 }, 33.3],
    // iowait ran backwards
    [{ total: 100, idle: 90 }, { total: 110, idle: 85 }, 100],
    [{ total: 100, idle: 10 }, { total: 110, idle: 30 }, 0],
    // counters started anew, as after a live migration
    [{ total: 100, idle: 90 }, { total: 50, idle: 40 }, 0],
  ])("between %j and %j is the share %d", (before, now, percent) => {
    assert.strictEqual(cpuUsedPercent(before, now), percent)
  })
})

describe("/proc/meminfo", () => {
  it("reads a real one in bytes", () => {
    assert.deepStrictEqual(memory(fixture("vm.meminfo")), {
      total: Number(/MemTotal: +(\d+)/.exec(fixture("vm.meminfo"))?.[1]) * 1024,
      available: Number(/MemAvailable: +(\d+)/.exec(fixture("vm.meminfo"))?.[1]) * 1024,
      swapUsed: 0,
    })
  })

  it("estimates what an old kernel does not say", () => {
    const old =
      "MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 20 kB\nCached: 300 kB\nSwapTotal: 50 kB\nSwapFree: 10 kB\n"
    assert.deepStrictEqual(memory(old), { total: 1_024_000, available: 430_080, swapUsed: 40_960 })
  })

  it("says nothing about another text", () => {
    assert.isUndefined(memory("MemFree: 100 kB\n"))
  })
})

describe("/proc/cpuinfo", () => {
  it("finds the name on x86 and on a board that gives one", () => {
    assert.strictEqual(cpuModel(fixture("x86_64.cpuinfo")), "Intel(R) Xeon(R) Processor")
    assert.strictEqual(cpuModel(fixture("arm64.cpuinfo")), "Raspberry Pi 4 Model B Rev 1.5")
    assert.isUndefined(cpuModel("processor\t: 0\nCPU part\t: 0xd0c\n"))
  })
})

describe("numbers at the start", () => {
  it("reads load and uptime", () => {
    assert.strictEqual(leadingNumber("0.47 0.28 0.16 1/92 23568\n"), 0.47)
    assert.strictEqual(leadingNumber("1213.26 2209.15\n"), 1213.26)
    assert.isUndefined(leadingNumber("nan"))
  })
})

describe("any text", () => {
  it.prop("makes no reader throw, and every answer is a finite number", [Schema.String], ([text]) => {
    for (const candidate of [text, `cpu  ${text}`, `MemTotal: ${text} kB`, `model name : ${text}`]) {
      const numbers = [
        cpuCount(candidate),
        ...Object.values(cpuTicks(candidate) ?? {}),
        ...Object.values(memory(candidate) ?? {}),
        leadingNumber(candidate),
      ]
      for (const number of numbers) assert.isTrue(number === undefined || Number.isFinite(number))
      cpuModel(candidate)
    }
  })
})
