import * as Effect from "effect/Effect"
import { createHmac, createPublicKey } from "node:crypto"
import type { RefusalCode } from "../../src/domain/Command.ts"
import { commandType } from "../../src/protocol/CommandEnvelope.ts"
import { agentId, claims, commandId, issuer, makeSigner, otherAgentId } from "../fakes/CommandSigning.ts"

const install = { name: "install_updates", parameters: { selection: { kind: "all" } } }

const base64url = (value: unknown) =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url")

/** The text of good claims, into which a piece can be put that JSON.stringify would not write. */
const claimsText = (number: number, command = JSON.stringify(install)) =>
  `{"jti":"${commandId(number)}","iss":"${issuer}","aud":"${agentId}","iat":0,"nbf":0,"exp":3600,"seq":${number},"command":${command}}`

type Signer = Effect.Success<typeof makeSigner>

/** Every way of making an envelope that is not what it seems, by what must become of it. */
export const forgeries = Effect.fn("forgeries")(function* (signer: Signer) {
  const { key, seal } = signer
  const stranger = yield* makeSigner
  const good = claims(1, install)
  const refused = (what: string, code: RefusalCode, text: string) => ({ what, code, envelope: text })
  /** A header that no library would sign, over good claims, under a genuine signature. */
  const odd = (what: string, headers: unknown) =>
    Effect.map(signer.sealRaw(headers, Buffer.from(JSON.stringify(good))), (text) =>
      refused(what, "bad_signature", text),
    )
  const header = { alg: "EdDSA", typ: commandType, kid: key.kid }
  const envelope = yield* seal(good)
  const [protectedPart = "", payload = "", signature = ""] = envelope.split(".")
  const hmac = (secret: string | Buffer) => {
    const input = `${base64url({ ...header, alg: "HS256" })}.${base64url(good)}`
    return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`
  }
  const pem = createPublicKey({ key: { ...key }, format: "jwk" }).export({ type: "spki", format: "pem" })
  const deep = `{"name":"install_updates","parameters":${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}}`
  /** Genuinely signed, and one of the two parts has a last digit that means the same: base64 leaves bits unused there. */
  const respelt = (which: 0 | 1) => {
    const parts = [header, good].map((part) => {
      const text = JSON.stringify(part)
      return Buffer.from(text.padEnd(text.length + ((4 - (text.length % 3)) % 3), " ")).toString("base64url")
    })
    const spellings = parts.map((part, index) => {
      const last = Buffer.from(part.slice(-2), "base64url")[0] ?? 0
      const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
      return index === which ? `${part.slice(0, -1)}${digits[((last & 3) << 4) + 1]}` : part
    })
    return signer.sealText(spellings.join("."))
  }
  const sealed = (text: string, headers: Record<string, string> = {}) => seal(text, headers)

  return [
    refused("nothing", "bad_signature", ""),
    refused("dots", "bad_signature", ".."),
    refused("only a payload", "bad_signature", base64url(good)),
    refused("an empty signature", "bad_signature", `${protectedPart}.${payload}.`),
    refused("a fourth part", "bad_signature", `${envelope}.${signature}`),
    refused(
      "the signature of another envelope",
      "bad_signature",
      `${protectedPart}.${base64url(claims(2, install))}.${signature}`,
    ),
    refused("padding", "bad_signature", `${envelope}==`),
    refused("a line break in it", "bad_signature", `${protectedPart}.\n${payload}.${signature}`),
    refused(
      "the other base64 alphabet",
      "bad_signature",
      `${protectedPart}.${payload}.${signature.replaceAll("-", "+").replaceAll("_", "/")}=`,
    ),
    refused(
      "the JSON form of JWS",
      "bad_signature",
      JSON.stringify({ protected: protectedPart, payload, signature }),
    ),
    refused("another key", "bad_signature", yield* stranger.seal(good)),
    refused(
      "another key under the pinned key's name",
      "bad_signature",
      yield* stranger.seal(good, { kid: key.kid }),
    ),
    refused(
      "the name of a key that is not pinned",
      "bad_signature",
      yield* seal(good, { kid: stranger.key.kid }),
    ),
    yield* odd("no key name", { alg: "EdDSA", typ: commandType }),
    refused("alg none", "bad_signature", `${base64url({ ...header, alg: "none" })}.${payload}.`),
    refused(
      "alg none with a signature",
      "bad_signature",
      `${base64url({ ...header, alg: "none" })}.${payload}.${signature}`,
    ),
    refused(
      "HS256 with the public key's x as secret",
      "bad_signature",
      hmac(Buffer.from(key.x, "base64url")),
    ),
    refused("HS256 with the public key's PEM as secret", "bad_signature", hmac(String(pem))),
    refused("HS256 with the public JWK as secret", "bad_signature", hmac(JSON.stringify(key))),
    yield* odd("alg Ed25519 instead of EdDSA", { ...header, alg: "Ed25519" }),
    yield* odd("a key in the header", { ...header, jwk: stranger.key }),
    yield* odd("a key in the header without a name", { alg: "EdDSA", typ: commandType, jwk: stranger.key }),
    yield* odd("a certificate in the header", { ...header, x5c: ["MIIB"] }),
    yield* odd("the address of a key in the header", { ...header, jku: "https://example.org/keys" }),
    refused(
      "a genuine signature over a header with a key in it",
      "bad_signature",
      yield* sealed(JSON.stringify(good), { jku: "https://example.org/keys" }),
    ),
    refused(
      "a stranger's key in the header, which fits the signature",
      "bad_signature",
      yield* stranger.sealRaw({ ...header, jwk: stranger.key }, Buffer.from(JSON.stringify(good))),
    ),
    yield* odd("crit", { ...header, crit: ["exp"], exp: 1 }),
    yield* odd("an unencoded payload (b64 false)", { ...header, b64: false, crit: ["b64"] }),
    refused("another type", "bad_signature", yield* seal(good, { typ: "JWT" })),
    refused("a key rotation", "bad_signature", yield* seal(good, { typ: "patchctl-key-rotation+jws" })),
    yield* odd("a header that is a list", [header]),
    yield* odd(
      "a header that names alg twice",
      `{"alg":"none","alg":"EdDSA","typ":"${commandType}","kid":"${key.kid}"}`,
    ),
    refused("a header in another spelling", "bad_signature", yield* respelt(0)),
    refused("claims in another spelling", "invalid", yield* respelt(1)),
    refused("another issuer", "bad_signature", yield* seal(claims(1, install, { iss: "cp_other" }))),
    refused("another audience", "wrong_audience", yield* seal(claims(11, install, { aud: otherAgentId }))),
    refused("an expired command", "expired", yield* seal(claims(12, install, { exp: -1 }))),
    refused("one that expires this second", "expired", yield* seal(claims(13, install, { exp: 0 }))),
    refused("one of tomorrow", "not_yet_valid", yield* seal(claims(14, install, { nbf: 86_400 }))),
    refused("one signed tomorrow", "not_yet_valid", yield* seal(claims(15, install, { iat: 86_400 }))),
    refused(
      "a claim twice",
      "invalid",
      yield* sealed(claimsText(16).replace('"seq":16', '"seq":1,"seq":16')),
    ),
    refused(
      "a claim twice, once in disguise",
      "invalid",
      yield* sealed(claimsText(16).replace('"seq":16', '"s\\u0065q":1,"seq":16')),
    ),
    refused(
      "a command twice",
      "invalid",
      yield* sealed(
        claimsText(16).replace('"command"', '"command":{"name":"health_check","parameters":{}},"command"'),
      ),
    ),
    refused(
      "a parameter twice",
      "invalid",
      yield* sealed(
        claimsText(
          16,
          '{"name":"install_updates","parameters":{"selection":{"kind":"security"},"selection":{"kind":"all"}}}',
        ),
      ),
    ),
    refused(
      "a parameter twice, deep inside",
      "invalid",
      yield* sealed(
        claimsText(
          16,
          '{"name":"install_updates","parameters":{"selection":{"kind":"security","kind":"all"}}}',
        ),
      ),
    ),
    refused("10,000 levels", "invalid", yield* sealed(claimsText(16, deep))),
    refused("10,000 lists", "invalid", yield* sealed(claimsText(16, "[".repeat(10_000)))),
    refused("claims that are a list", "invalid", yield* sealed(`[${claimsText(16)}]`)),
    refused("claims after a byte order mark", "invalid", yield* sealed(`\ufeff${claimsText(16)}`)),
    refused(
      "claims in Latin-1",
      "invalid",
      yield* signer.sealRaw(
        header,
        Buffer.from(claimsText(16, '{"name":"caf\u00e9","parameters":{}}'), "latin1"),
      ),
    ),
    refused("an extra claim", "invalid", yield* seal({ ...good, admin: true })),
    refused(
      "__proto__ among the claims",
      "invalid",
      yield* sealed(claimsText(16).replace('"seq"', '"__proto__":{"seq":1},"seq"')),
    ),
    refused("a counter as text", "invalid", yield* sealed(claimsText(16).replace('"seq":16', '"seq":"16"'))),
    refused(
      "a counter that is no number any more",
      "invalid",
      yield* sealed(claimsText(16).replace('"seq":16', '"seq":1e999')),
    ),
    refused(
      "a counter above what counts exactly",
      "invalid",
      yield* sealed(claimsText(16).replace('"seq":16', '"seq":9007199254740993')),
    ),
    refused("a negative counter", "invalid", yield* seal(claims(16, install, { seq: -1 }))),
    refused(
      "an expiry beyond all time",
      "invalid",
      yield* sealed(claimsText(16).replace('"exp":3600', '"exp":9e307')),
    ),
    refused(
      "an id of another shape",
      "invalid",
      yield* sealed(claimsText(16).replace(commandId(16), "../../etc/passwd")),
    ),
    refused("more than the limit", "invalid", yield* seal({ ...good, padding: "x".repeat(300_000) })),
    refused("a megabyte of dots", "invalid", ".".repeat(1_048_576)),
    ...(yield* Effect.forEach(disguises, ([what, name], at) =>
      Effect.map(seal(claims(100 + at, { name, parameters: install.parameters })), (text) =>
        refused(`the name ${what}`, "unknown_command", text),
      ),
    )),
    ...(yield* Effect.forEach(impostors, (name, at) =>
      Effect.map(
        seal(
          claims(200 + at, {
            name: "install_updates",
            parameters: { selection: { kind: "packages", packages: [{ name, version: "1" }] } },
          }),
        ),
        (text) => refused(`the package ${JSON.stringify(name)}`, "invalid", text),
      ),
    )),
    ...(yield* Effect.forEach(excesses, (parameters, at) =>
      Effect.map(seal(claims(300 + at, { name: "install_updates", parameters })), (text) =>
        refused(`the parameters ${JSON.stringify(parameters)}`, "invalid", text),
      ),
    )),
  ]
})

/** Names that look like a command, or become one when somebody cleans them up. */
const disguises = [
  ["in capitals", "INSTALL_UPDATES"],
  ["with a space", "install_updates "],
  ["with a NUL", "install_updates\0"],
  ["in full width", "ｉnstall_updates"],
  ["with a Cyrillic letter", "instаll_updates"],
  ["with a zero width space", "install_\u200bupdates"],
  ["backwards", "\u202esetadpu_llatsni"],
  ["with a combining mark", "install_updates\u0301"],
  ["of a property of every object", "__proto__"],
  ["of a method of every object", "constructor"],
  ["of no command", "reboot"],
  ["that is empty", ""],
] as const

const impostors = [
  "-o",
  "--allow-unauthenticated",
  "\u2010o",
  "a b",
  "a\tb",
  "a\n",
  "a\0",
  "a;id",
  "$(id)",
  "`id`",
  "../x",
  "/etc/passwd",
  "а",
  "ａ",
  "e\u0301",
  "x\u202e",
  "x".repeat(257),
  "",
  "a=1",
  "a/stable",
  "a|b",
  "a\\b",
]

const excesses = [
  { selection: { kind: "all", force: true } },
  { selection: { kind: "all" }, options: ["-o"] },
  { selection: { kind: "all" }, dry_run: "false" },
  { selection: { kind: "all" }, exclude: ["-o"] },
  { selection: { kind: "packages", packages: [] } },
  { selection: { kind: "packages", packages: [{ name: "a", version: "1", architecture: "-x" }] } },
  { selection: { kind: "all" }, deadline: "tomorrow" },
  { selection: ["all"] },
  {},
]
