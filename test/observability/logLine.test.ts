import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { HostUnreadable } from "../../src/host/Host.ts"
import { TlsRefused } from "../../src/transport/ControlPlane.ts"
import { logLine, type LogEvent } from "../../src/observability/logLine.ts"

const event = (...message: ReadonlyArray<unknown>): LogEvent => ({
  message,
  cause: Cause.empty,
  annotations: {},
})

const line = (logged: LogEvent, debug = false) => {
  const { event: name, fields } = logLine(logged, debug)
  return `${name} ${fields}`.trimEnd()
}

const secret = "pk_live_Abcdefgh12345678"

describe("logLine", () => {
  it("names an error by tag and stable code before its message", () => {
    assert.strictEqual(
      line(event("heartbeat.lost", new TlsRefused({ code: "pin_mismatch", host: "api.example.org" }))),
      'heartbeat.lost error=TlsRefused code=pin_mismatch reason="api.example.org has a key that is not among the configured pins; check for interception, then pins"',
    )
  })

  it("is the event, its fields, its annotations", () => {
    assert.strictEqual(
      line({ ...event("scan.finished", { updates: 12, complete: true }), annotations: { manager: "apt" } }),
      "scan.finished updates=12 complete=true manager=apt",
    )
  })

  it.each([
    [{ a: "two words" }, 'a="two words"'],
    [{ a: "" }, 'a=""'],
    [{ a: "x=y" }, 'a="x=y"'],
    [{ a: 'say "no"' }, String.raw`a="say \"no\""`],
    [{ a: "line\nlevel=error" }, String.raw`a="line\nlevel=error"`],
    [{ a: "\u001b[2Jgone" }, String.raw`a="\u001b[2Jgone"`],
    [{ a: "\u009b2J\u202egnp\u2028" }, String.raw`a="\u009b2J\u202egnp\u2028"`],
    [{ a: "Müller" }, 'a="Müller"'],
    [{ a: null, b: undefined }, "a=null b=null"],
    [{ a: ["x", 1] }, String.raw`a="[\"x\",1]"`],
    [{ a: DateTime.makeUnsafe("2026-11-22T12:00:00Z") }, "a=2026-11-22T12:00:00.000Z"],
    [{ a: Duration.seconds(90) }, 'a="1m 30s"'],
    [{ "a b=c": 1 }, "a_b_c=1"],
    ["a plain word", 'detail="a plain word"'],
  ])("writes %j as a field that cannot break the line", (value, expected) => {
    assert.strictEqual(line(event("e", value)), `e ${expected}`)
  })

  it("cuts what nobody would read", () => {
    assert.isBelow(line(event("e", { a: "x".repeat(100_000) })).length, 2100)
  })

  it("quotes a message that is no event name, and names one that has none", () => {
    assert.strictEqual(line(event("Disabling exporter")), '"Disabling exporter"')
    assert.strictEqual(line(event({ a: 1 })), "log a=1")
  })

  const error = new HostUnreadable({ path: "/proc/stat", cause: new Error("EACCES") })
  const told =
    'error=HostUnreadable reason="/proc/stat cannot be read: check that /proc is mounted and that ProcSubset= in the ' +
    'unit does not hide it"'

  it("tells an error by tag and message, wherever it comes from", () => {
    assert.strictEqual(line(event("e", error)), `e ${told}`)
    assert.strictEqual(line(event("e", Cause.fail(error))), `e ${told}`)
    assert.strictEqual(line({ ...event("e"), cause: Cause.fail(error) }), `e ${told}`)
    assert.strictEqual(line({ ...event("e"), cause: Cause.die(error) }), `e defect=true ${told}`)
    assert.strictEqual(line({ ...event("e"), cause: Cause.interrupt() }), "e interrupted=true")
    assert.strictEqual(line({ ...event("e"), cause: Cause.fail("only words") }), 'e error="only words"')
  })

  it("keeps stack and origin for debugging", () => {
    assert.notInclude(line(event("e", error)), "stack=")
    const debugging = line(event("e", error), true)
    assert.include(debugging, "caused_by=EACCES")
    assert.include(debugging, "logLine.test.ts")
  })

  it("never tells a secret: not as a field, inside a value, in an error, nor in somebody else's text", () => {
    const redacted = Redacted.make(secret, { label: "license_key" })
    const lines = [
      event("e", redacted),
      event("e", { license_key: redacted }),
      event("e", { config: { license_key: redacted, list: [redacted] } }),
      { ...event("e"), annotations: { key: redacted } },
      event("e", new Error(`Expected a key, got "${secret}"`)),
      event("e", { detail: `Authorization: Bearer ${secret}.x` }),
      event(`refused ${secret}`),
    ].map((logged) => line(logged, true))
    for (const text of lines) {
      assert.notInclude(text, "Abcdefgh")
      assert.include(text, "<redacted")
    }
    assert.strictEqual(lines[1], "e license_key=<redacted>")
  })

  it("hides what stands before the host of an address, and bearer tokens", () => {
    assert.strictEqual(
      line(event("e", { proxy: "http://user:pass@proxy.example:3128/" })),
      "e proxy=http://<redacted>@proxy.example:3128/",
    )
    assert.strictEqual(line(event("e", { h: "Bearer abcdef.ghijkl-mnopqr" })), 'e h="Bearer <redacted>"')
    assert.strictEqual(line(event("e", { h: "basic authentication" })), 'e h="basic authentication"')
  })

  it.prop("is one printable line whatever is logged", [Schema.String, Schema.Json], ([text, json]) => {
    const written = line({ ...event(text, json, { [text]: text }), annotations: { [text]: json } }, true)
    // oxlint-disable-next-line no-control-regex
    assert.notMatch(written, /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/)
  })
})
