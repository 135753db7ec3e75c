import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { messagesOf, readStream } from "../../../src/package-manager/zypper/zypperStream.ts"
import { recorded, versions } from "./recordedZypper.ts"

const stream = (body: string) => `<?xml version='1.0'?>\n<stream>\n${body}\n</stream>\n`
const update = (name: string) =>
  `<update kind="package" name="${name}" edition="2-1" arch="noarch" edition-old="1-1"><summary>s</summary><source url="u" alias="a"/></update>`

describe("readStream", () => {
  it.effect.each(versions)("understands every element that zypper %s prints", (version) =>
    Effect.gen(function* () {
      for (const file of [
        "update.xml",
        "list-patches.xml",
        "info-patch.xml",
        "install-scripts.xml",
        "install-failing.xml",
      ]) {
        const { begun, broken, notUnderstood } = yield* readStream(recorded(version, file))
        assert.deepStrictEqual(
          { begun, broken, notUnderstood },
          { begun: true, broken: undefined, notUnderstood: 0 },
          file,
        )
      }
    }),
  )

  it.effect("keeps what stands before the place where a document breaks off", () =>
    Effect.gen(function* () {
      const whole = stream(
        `<update-status><update-list>${update("a")}${update("b")}</update-list></update-status>`,
      )
      const cut = yield* readStream(whole.slice(0, whole.indexOf('name="b"')))
      assert.deepStrictEqual(
        cut.elements.map(({ attributes }) => attributes["name"]),
        ["a"],
      )
      assert.isString(cut.broken)
    }),
  )

  it.effect("counts what others print between zypper's elements, and reads on", () =>
    Effect.gen(function* () {
      const read = yield* readStream(
        `plugin: hello\n${stream(`<message type="error">no</message>\nhook: 1\n\nhook: 2\n<surprise><message type="info">?</message></surprise>`)}`,
      )
      assert.strictEqual(read.notUnderstood, 4)
      assert.isUndefined(read.broken)
      assert.deepStrictEqual(messagesOf(read, "info", "error"), ["no"])
    }),
  )

  it.effect("stops at what is not XML, and says where", () =>
    Effect.gen(function* () {
      const read = yield* readStream(stream(`${update("a")}\nwarning: 1 < 2 && 3\n${update("b")}`))
      assert.strictEqual(read.elements.length, 1)
      assert.match(read.broken ?? "", /line 4/)
    }),
  )

  it.effect("expands no entity of the document's own, and reads nothing else for it", () =>
    Effect.gen(function* () {
      const bomb = `<?xml version='1.0'?><!DOCTYPE stream [<!ENTITY a "aaaa"><!ENTITY b SYSTEM "file:///etc/passwd">]><stream><message type="info">&b;</message></stream>`
      const read = yield* readStream(bomb)
      assert.deepStrictEqual(messagesOf(read, "info"), [""])
      assert.isString(read.broken)
    }),
  )

  it.effect("takes nothing for an answer that is no document of zypper's", () =>
    Effect.gen(function* () {
      for (const text of [
        "",
        "No updates found.\n",
        "<html><body>",
        "\u0000\u0001\u00ff<?xml",
        "<?xml version='1.0'?><html/>",
      ]) {
        assert.isFalse((yield* readStream(text)).begun, text)
      }
    }),
  )

  it.effect("reads the same wherever the pieces of a long document end", () =>
    Effect.gen(function* () {
      // 64 Ki units each: a pair of surrogates lies across one end, an element across the next.
      const text = `${"x".repeat(65_000)}${"😀".repeat(1000)}`
      const read = yield* readStream(stream(`<message type="info">${text}</message>${update("é")}`.repeat(3)))
      assert.isUndefined(read.broken)
      assert.deepStrictEqual(messagesOf(read, "info"), [text, text, text])
    }),
  )

  it.effect("gives up on what is too deep or too long to be true", () =>
    Effect.gen(function* () {
      const deep = yield* readStream(stream("<a>".repeat(100_000)))
      assert.match(deep.broken ?? "", /deep|depth|nested/i)
      const long = yield* readStream(
        `<?xml version='1.0'?>\n<stream><message type="info">${"x".repeat(3_000_000)}`,
      )
      assert.isString(long.broken)
      assert.isEmpty(long.elements.filter(({ text }) => text.length > 0))
    }),
  )

  it.effect.prop("never fails, whatever it is given", [Schema.String], ([text]) =>
    Effect.gen(function* () {
      yield* readStream(text)
      yield* readStream(`<?xml version='1.0'?>\n<stream>${text}`)
    }),
  )
})
