import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { InstallPlan, InstallReport } from "../../src/domain/InstallPlan.ts"
import { ProbeAnswer, ProbeQuestion } from "./aptProbe.ts"
import * as Box from "./lab/Box.ts"
import { eventually } from "./lab/eventually.ts"
import { keepOnly, labRoots, status, statuses, version } from "./lab/labState.ts"

// The apt backend against real apt and dpkg: plan, preflight, apply, repair and refresh in a throw-away machine.

const encodeQuestion = Schema.encodeEffect(Schema.fromJsonString(ProbeQuestion))
const decodeQuestion = Schema.decodeUnknownEffect(ProbeQuestion)
const decodeAnswer = Schema.decodeEffect(Schema.fromJsonString(ProbeAnswer))

/** Asks the backend inside the box. Questions are given as they would come over the wire. */
const ask = Effect.fnUntraced(function* (box: Box.Box, question: unknown, user = "root") {
  const [node] = box.agentArgv([])
  const text = yield* encodeQuestion(yield* decodeQuestion(question))
  const program = "/opt/lab/checkout/test/system/aptProbe.ts"
  const result = yield* box.run([node, program, text], { timeout: "150 seconds", user })
  assert.strictEqual(result.exitCode, 0, result.stderr)
  return yield* decodeAnswer(result.stdout)
})

const planned = Effect.fnUntraced(function* (box: Box.Box, request: object, user = "root") {
  const answer = yield* ask(box, { ask: "plan", request }, user)
  return answer.kind === "planned" ? answer : assert.fail(JSON.stringify(answer))
})

const applied = Effect.fnUntraced(function* (box: Box.Box, request: object) {
  const answer = yield* ask(box, { ask: "apply", request })
  return answer.kind === "applied" ? answer : assert.fail(JSON.stringify(answer))
})

const packages = (...names: ReadonlyArray<string>) => ({
  selection: { kind: "packages", packages: names.map((name) => ({ name, version: "1.1-1" })) },
})
const all = { selection: { kind: "all" } }
const security = { selection: { kind: "security" } }

const installs = (plan: InstallPlan) => Object.fromEntries(plan.installs.map(({ name, to }) => [name, to]))
const leftOut = (plan: InstallPlan) =>
  Object.fromEntries(plan.leftOut.map(({ name, reason }) => [name, reason]))
const outcomes = (report: InstallReport) =>
  Object.fromEntries(report.outcomes.map(({ name, outcome }) => [name, outcome]))
const messageOf = (report: InstallReport, name: string) =>
  report.outcomes.find((row) => row.name === name)?.message ?? ""

const innocents = ["innocent1", "innocent2", "innocent3", "innocent4", "innocent5"]
const automatic = (box: Box.Box) => box.run(["apt-mark", "showauto"]).pipe(Effect.map(({ stdout }) => stdout))

describe.each(labRoots)("%s: installing", (root) => {
  it.live("one named package at its exact version, and nothing else; marks, progress and evidence", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      const marks = yield* automatic(box)
      assert.include(marks, "lab-autodep")
      const { report, steps } = yield* applied(box, packages("lab-plain", "lab-autodep"))
      assert.deepStrictEqual(report.preflight, [])
      assert.deepStrictEqual(outcomes(report), { "lab-plain": "installed", "lab-autodep": "installed" })
      assert.strictEqual(yield* version(box, "lab-plain"), "1.1-1")
      assert.strictEqual(yield* version(box, "lab-both"), "1.0-1")
      assert.strictEqual(yield* automatic(box), marks)
      assert.includeMembers(steps, ["unpack lab-plain", "configure lab-plain"])
      assert.deepStrictEqual(
        report.evidence.map(({ step, exitCode }) => ({ step, exitCode })),
        [{ step: "install 2 packages", exitCode: 0 }],
      )
    }),
  )

  it.live("security only, also the fix that a newer feature update hides", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      const { report } = yield* applied(box, security)
      const done = outcomes(report)
      assert.deepStrictEqual(Object.keys(done).toSorted(), [
        "lab-both",
        "lab-cve",
        "lab-hidden",
        "lab-secfix",
        "linux-image-lab",
      ])
      assert.deepStrictEqual([...new Set(Object.values(done))], ["installed"])
      assert.strictEqual(yield* version(box, "lab-hidden"), "1.0-1+sec1")
      assert.strictEqual(yield* version(box, "lab-plain"), "1.0-1")
      assert.strictEqual(leftOut(report.plan)["lab-plain"], "not_security")
      assert.strictEqual(report.plan.rebootExpected, "yes")
    }),
  )

  it.live("all: what cannot be installed is left out with its reason, the rest is installed", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      yield* box.run(["apt-mark", "hold", "lab-held"])
      yield* box.writeFile(
        "/etc/apt/preferences.d/lab",
        "Package: lab-pinned\nPin: version 1.1-1\nPin-Priority: -1\n",
      )
      const request = {
        ...all,
        exclude: ["lab-huge-*", "lab-fail*", "lab-hang*", "innocent5", "nonsuch*"],
      }
      const marks = yield* automatic(box)
      const { report } = yield* applied(box, request)
      assert.deepStrictEqual(report.preflight, [])
      const reasons = leftOut(report.plan)
      assert.strictEqual(reasons["lab-held"], "held")
      assert.strictEqual(reasons["lab-pinned"], "pinned")
      assert.strictEqual(reasons["lab-phased"], "phased")
      assert.strictEqual(reasons["lab-conflict"], "needs_removal")
      assert.strictEqual(reasons["lab-unsat"], "conflict")
      assert.strictEqual(reasons["innocent5"], "excluded_by_policy")
      assert.strictEqual(reasons["lab-hangpost"], "excluded_by_policy")
      assert.deepStrictEqual(report.plan.unmatchedExcludes, ["nonsuch*"])
      const done = outcomes(report)
      assert.deepStrictEqual([...new Set(Object.values(done))], ["installed"])
      assert.containsAllKeys(done, [
        "lab-plain",
        "lab-newdep",
        "lab-newdep-lib",
        "lab-daemon",
        "lab-conffile",
      ])
      assert.deepStrictEqual(yield* statuses(box, ["lab-victim", "lab-newdep-lib", "lab-daemon"]), [
        "ii",
        "ii",
        "ii",
      ])
      // what the administrator changed stays, and is named
      assert.strictEqual(yield* box.readFile("/etc/lab-conffile.conf"), "setting = changed by the admin\n")
      assert.deepStrictEqual(report.newConfigurationFiles, ["/etc/lab-conffile.conf.dpkg-dist"])
      // the new dependency is automatic, everything else as before
      const automaticNow = (yield* automatic(box)).split("\n").filter((name) => name !== "lab-newdep-lib")
      assert.deepStrictEqual(automaticNow, marks.split("\n"))
    }),
  )

  it.live("a failing preinst costs only its own package: innocent ones are configured", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      const { report } = yield* applied(box, packages(...innocents, "lab-failpre"))
      const done = outcomes(report)
      for (const name of innocents) assert.strictEqual(done[name], "installed")
      assert.deepStrictEqual(yield* statuses(box, innocents), ["ii", "ii", "ii", "ii", "ii"])
      assert.strictEqual(done["lab-failpre"], "failed")
      assert.include(messageOf(report, "lab-failpre"), "exit status 3")
      assert.strictEqual(yield* version(box, "lab-failpre"), "1.0-1")
      assert.isTrue(report.evidence.some(({ output }) => output.includes("refusing to unpack")))
    }),
  )

  it.live("a failing postinst leaves its package half-configured and says so", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      const { report } = yield* applied(box, packages("innocent1", "lab-failpost", "innocent2"))
      assert.deepStrictEqual(outcomes(report), {
        innocent1: "installed",
        innocent2: "installed",
        "lab-failpost": "half_configured",
      })
      assert.include(messageOf(report, "lab-failpost"), "exit status 4")

      // now the host has a fault, which the next plan names and repair does not hide
      const next = yield* planned(box, packages("innocent3"))
      assert.deepStrictEqual(
        next.preflight.map(({ code }) => code),
        ["half_configured"],
      )
      assert.include(next.preflight[0]?.detail ?? "", "lab-failpost")
      const mended = yield* applied(box, { ...packages("innocent3"), repair: true })
      assert.strictEqual(outcomes(mended.report)["innocent3"], "installed")
      assert.strictEqual(yield* status(box, "lab-failpost"), "iF")
    }),
  )

  it.live("repair ends an interrupted dpkg and installs what is asked for", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      const apt = yield* box.spawn([
        "apt-get",
        "-y",
        "-o",
        "Dpkg::Use-Pty=0",
        "install",
        "innocent1",
        "lab-hangpost",
      ])
      yield* eventually(
        "the postinst hangs",
        box.exists("/run/lab-hangpost.pid"),
        (there) => there,
        "60 seconds",
      )
      yield* box.run(["bash", "-c", 'kill -KILL -- -"$0"', String(yield* apt.pid)])
      yield* apt.exit
      yield* box.writeFile("/var/lib/dpkg/info/lab-hangpost.postinst", "#!/bin/sh\nexit 0\n", "755")
      const { preflight } = yield* planned(box, packages("innocent2"))
      assert.includeMembers(
        preflight.map(({ code }) => code),
        ["half_configured", "interrupted_transaction"],
      )
      const { report } = yield* applied(box, { ...packages("innocent2"), repair: true })
      assert.deepStrictEqual(outcomes(report), { innocent2: "installed" })
      assert.strictEqual(yield* status(box, "lab-hangpost"), "ii")
    }),
  )

  it.live("names who holds dpkg's lock, and waits for it", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      // struct flock of Linux on 64 bit: type, whence, start, length, pid
      const lock =
        "open F, '>', '/var/lib/dpkg/lock-frontend' or die; $l = pack('s s x4 q q i x4', 1, 0, 0, 0, 0); fcntl(F, 6, $l) or die; $| = 1; print 'locked'; sleep"
      const holder = yield* box.spawn(["perl", "-e", lock])
      yield* eventually("the lock is held", holder.stdout, (said) => said === "locked")
      const { preflight } = yield* planned(box, packages("lab-plain"))
      assert.deepStrictEqual(
        preflight.map(({ code, holder: who }) => [code, who?.program, who?.pid, who?.lock]),
        [["locked", "perl", yield* holder.pid, "/var/lib/dpkg/lock-frontend"]],
      )
      const release = eventually(
        "apt waits",
        box.run(["bash", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"]),
        ({ stdout }) => stdout.includes("DPkg::Lock::Timeout"),
        "60 seconds",
      ).pipe(Effect.andThen(holder.signal("SIGKILL")))
      const [{ report }] = yield* Effect.all([applied(box, packages("lab-plain")), release], {
        concurrency: "unbounded",
      })
      assert.deepStrictEqual(outcomes(report), { "lab-plain": "installed" })
    }),
  )

  it.live("says what it does not know or will not change", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      yield* box.run(["apt-mark", "hold", "lab-held"])
      const { plan } = yield* planned(box, {
        selection: {
          kind: "packages",
          packages: [
            { name: "lab-plain", version: "7" },
            { name: "lab-held", version: "1.1-1" },
            { name: "lab-nonesuch", version: "1.1-1" },
            { name: "lab-newdep-lib", version: "1.0-1" },
            { name: "lab-victim", version: "1.0-1" },
            { name: "lab-unsat", version: "1.1-1" },
            { name: "lab-conflict", version: "1.1-1" },
            { name: "lab-hidden", version: "1.0-1+sec1" },
            { name: "lab-phased", version: "1.1-1" },
          ],
        },
      })
      assert.deepStrictEqual(leftOut(plan), {
        "lab-plain": "unknown_version",
        "lab-held": "held",
        "lab-nonesuch": "unknown_package",
        "lab-newdep-lib": "not_installed",
        "lab-victim": "already_current",
        "lab-unsat": "conflict",
        "lab-conflict": "needs_removal",
      })
      // an exact version is a decision: neither a newer one nor a phased roll-out stands in its way
      assert.deepStrictEqual(installs(plan), { "lab-hidden": "1.0-1+sec1", "lab-phased": "1.1-1" })
    }),
  )

  it.live("removes only what was allowed, and only by the plan", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      const kept = yield* planned(box, {
        ...packages("lab-conflict"),
        allow_removals: true,
        exclude: ["lab-victim"],
      })
      assert.deepStrictEqual(leftOut(kept.plan), { "lab-conflict": "excluded_by_policy" })
      const { report } = yield* applied(box, { ...packages("lab-conflict"), allow_removals: true })
      assert.deepStrictEqual(
        report.plan.removals.map(({ name }) => name),
        ["lab-victim"],
      )
      assert.deepStrictEqual(outcomes(report), { "lab-conflict": "installed", "lab-victim": "removed" })
    }),
  )

  it.live("preflight: disk space, deadline, plan digest, root", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      const codes = (found: { readonly preflight: ReadonlyArray<{ readonly code: string }> }) =>
        found.preflight.map(({ code }) => code)
      const first = yield* planned(box, packages("lab-plain"))
      const again = yield* planned(box, { ...packages("lab-plain"), plan_digest: first.plan.digest })
      assert.deepStrictEqual(codes(again), [])
      assert.strictEqual(again.plan.digest, first.plan.digest)
      const other = yield* planned(box, { ...packages("lab-both"), plan_digest: first.plan.digest })
      assert.deepStrictEqual(codes(other), ["plan_changed"])
      const late = { ...packages("lab-plain"), deadline: "2020-01-01T00:00:00.000Z" }
      assert.deepStrictEqual(codes(yield* planned(box, late)), ["deadline_passed"])
      const missed = yield* applied(box, late)
      assert.deepStrictEqual(outcomes(missed.report), { "lab-plain": "unchanged" })
      assert.deepStrictEqual(missed.report.evidence, [])
      const huge = yield* planned(box, packages("lab-huge-installed"))
      assert.deepStrictEqual(codes(huge), ["disk_space"])
      assert.isAbove(huge.plan.installedSizeChangeBytes ?? 0, 900_000_000_000_000)
      const download = yield* planned(box, packages("lab-huge-download"))
      assert.deepStrictEqual(codes(download), ["disk_space"])
      assert.deepStrictEqual(codes(yield* planned(box, packages("lab-plain"), "nobody")), ["not_root"])
      const refused = yield* ask(box, { ask: "apply", request: packages("lab-plain") }, "nobody")
      assert.deepInclude(refused, { kind: "error", reason: "needs_root" })
    }),
  )

  it.live("min_age_hours lets through what a repository has listed for long enough", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      const young = yield* planned(box, { ...packages("lab-plain"), min_age_hours: 8000 })
      assert.deepStrictEqual(leftOut(young.plan), { "lab-plain": "too_young" })
      yield* box.run([
        "bash",
        "-c",
        "sed -i 's/^Date:.*/Date: Mon, 01 Jan 2024 00:00:00 UTC/' /var/lib/apt/lists/*InRelease",
      ])
      const old = yield* planned(box, { ...packages("lab-plain"), min_age_hours: 8000 })
      assert.deepStrictEqual(installs(old.plan), { "lab-plain": "1.1-1" })
    }),
  )

  it.live("isolates the one archive that cannot be downloaded", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      yield* box.run(["rm", "/srv/lab/pool/updates/innocent3_1.1-1.deb"])
      const { report } = yield* applied(box, packages(...innocents))
      const done = outcomes(report)
      assert.deepStrictEqual(done, {
        innocent1: "installed",
        innocent2: "installed",
        innocent3: "failed",
        innocent4: "installed",
        innocent5: "installed",
      })
      assert.include(messageOf(report, "innocent3"), "cannot be downloaded")
    }),
  )
})

describe.each(labRoots)("%s: refreshing", (root) => {
  const refreshed = Effect.fnUntraced(function* (box: Box.Box, policy: unknown = "always", user = "root") {
    const answer = yield* ask(box, { ask: "refresh", policy }, user)
    return answer.kind === "refreshed" ? answer : assert.fail(JSON.stringify(answer))
  })

  it.live("tells each repository's outcome, and asks again only when the policy says so", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      const first = yield* refreshed(box)
      assert.isTrue(first.refreshed)
      assert.deepStrictEqual(
        first.repositories.map(({ repository, outcome }) => [repository, outcome]),
        [
          ["copy:/srv/lab lab", "fetched"],
          ["copy:/srv/lab lab-updates", "fetched"],
          ["copy:/srv/lab lab-security", "fetched"],
        ],
      )
      assert.isFalse((yield* refreshed(box, "never")).refreshed)
      assert.isFalse((yield* refreshed(box, { if_older_than_seconds: 3600 })).refreshed)
      yield* box.run(["bash", "-c", "rm /var/lib/apt/lists/*lab-security*"])
      assert.isTrue((yield* refreshed(box, { if_older_than_seconds: 3600 })).refreshed)
      const refused = yield* ask(box, { ask: "refresh", policy: "always" }, "nobody")
      assert.deepInclude(refused, { kind: "error", reason: "needs_root" })
    }),
  )

  it.live("never calls it a success when a repository failed, and says why in words that help", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      const failure = Effect.fnUntraced(function* (repository: string) {
        const answer = yield* refreshed(box)
        assert.isFalse(answer.refreshed)
        const found = answer.repositories.find((row) => row.repository === repository)
        assert.strictEqual(found?.outcome, "failed")
        assert.isTrue(
          answer.reasons.some(
            ({ code, detail }) => code === "repository_failed" && detail.includes(repository),
          ),
        )
        return found?.message ?? ""
      })
      yield* box.run([
        "bash",
        "-c",
        "sed -i 's/^Label:.*/Label: Other/' /var/lib/apt/lists/*lab-updates_InRelease",
      ])
      assert.include(yield* failure("copy:/srv/lab lab-updates"), "--allow-releaseinfo-change")
      yield* box.run([
        "bash",
        "-c",
        "sed -i 's/^Label: Other/Label: LabOS/' /var/lib/apt/lists/*lab-updates_InRelease",
      ])

      yield* box.writeFile(
        "/etc/apt/sources.list.d/x.list",
        "deb [trusted=yes] http://user:secret@127.0.0.1:9/debian x main\n",
      )
      const unreachable = yield* failure("http://127.0.0.1:9/debian x")
      assert.include(unreachable, "Could not connect")
      assert.notInclude(unreachable, "secret")

      yield* box.writeFile(
        "/etc/apt/sources.list.d/x.list",
        "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] copy:/srv/lab lab-security main\n",
      )
      yield* box.run(["sed", "-i", "/lab-security/d", "/etc/apt/sources.list"])
      assert.include(
        yield* failure("copy:/srv/lab lab-security"),
        "key that signs this repository is not installed",
      )

      yield* box.writeFile("/etc/apt/sources.list.d/x.list", "deb copy:/srv/lab nosuch main\n")
      assert.isAbove((yield* failure("copy:/srv/lab nosuch")).length, 0)
    }),
  )
})
