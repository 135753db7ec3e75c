import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import type { X509Certificate } from "node:crypto"
import type { SelfCheck } from "../../domain/SelfCheck.ts"
import { signatureSkewSeconds } from "../../protocol/requestSignature.ts"
import type { RequestFailed, TlsRefused } from "../ControlPlane.ts"
import type { Inspection } from "./inspectConnection.ts"
import { pinOf } from "./serverIdentity.ts"

const steps = ["dns", "tcp", "tls", "certificate", "pins", "clock"] as const
type Step = (typeof steps)[number]

/** How far the way to the server was gone. The host is the proxy where there is one. */
export interface Findings {
  readonly host: string
  readonly addresses: ReadonlyArray<string>
  /** What the server presented; absent when no TLS connection came about. */
  readonly inspection?: Inspection
  /** Why the agent would not go on; absent when it would. */
  readonly problem?: TlsRefused | RequestFailed
}

const ok = (name: Step, detail: string): SelfCheck => ({ name, outcome: "ok", detail })
const warning = (name: Step, detail: string, remedy: string): SelfCheck => ({
  name,
  outcome: "warning",
  detail,
  remedy,
})

/** The step at which the way ends. */
const stepOf = (problem: TlsRefused | RequestFailed): Step => {
  switch (problem.code) {
    case "dns":
      return "dns"
    case "tls_version":
    case "handshake_failed":
      return "tls"
    case "pin_mismatch":
      return "pins"
    default:
      return problem._tag === "TlsRefused" ? "certificate" : "tcp"
  }
}

const remedies: Readonly<Record<Step, string>> = {
  dns: "check api_url (or proxy) and /etc/resolv.conf",
  tcp: "check route, firewall and proxy: outbound HTTPS to this address must be open",
  tls: "the server, or a proxy that opens TLS on the way, must offer TLS 1.3",
  certificate: "set ca_file if the issuer is your own; else somebody intercepts the connection",
  pins: "add the right key to pins if it changed on purpose; else somebody intercepts the connection",
  clock: "set the clock, for instance with systemd-timesyncd or chrony",
}

/** What mends a certificate depends on what is wrong with it: a wrong clock is no interception. */
const certificateRemedies: Partial<Record<(TlsRefused | RequestFailed)["code"], string>> = {
  certificate_not_yet_valid: "set the clock of this host, for instance with systemd-timesyncd or chrony",
  certificate_expired: "check the clock of this host; if it is right, renew the server's certificate",
  wrong_name: "correct api_url, or the names in the server's certificate",
}

/** A distinguished name on one line. */
const nameOf = (name: string) => name.split("\n").join(", ")

const describe = (certificate: X509Certificate) =>
  `${nameOf(certificate.subject)} by ${nameOf(certificate.issuer)} until ${certificate.validToDate.toISOString().slice(0, 10)}`

/** What was shown, for the step that failed because of it. */
const evidence = (step: Step, inspection: Inspection | undefined): string => {
  const chain = inspection?.chain ?? []
  if (step === "certificate") return ` (${chain.map(describe).join("; ")})`
  if (step === "pins") return ` (${chain.map((link) => `${nameOf(link.subject)} ${pinOf(link)}`).join("; ")})`
  return ""
}

const daysLeft = (certificate: X509Certificate, now: DateTime.Utc) =>
  Math.floor((certificate.validToDate.getTime() - DateTime.toEpochMillis(now)) / 86_400_000)

/** Certificates are renewed at least two weeks before they expire, unless nobody looks after them. */
const certificateCheck = ({ chain }: Inspection, now: DateTime.Utc): SelfCheck => {
  const [leaf] = chain
  if (leaf === undefined) return ok("certificate", "is trusted")
  const days = daysLeft(leaf, now)
  return days < 14
    ? warning("certificate", `${describe(leaf)}: ${days} days left`, "have the server's certificate renewed")
    : ok("certificate", describe(leaf))
}

const clockCheck = ({ date }: Inspection, now: DateTime.Utc): SelfCheck => {
  const at = date === undefined ? Option.none() : DateTime.make(date)
  if (Option.isNone(at))
    return warning("clock", "the server does not tell its time", "compare the clocks by hand")
  const skew = Math.round((DateTime.toEpochMillis(now) - DateTime.toEpochMillis(at.value)) / 1000)
  const detail = `this host is ${Math.abs(skew)} s ${skew < 0 ? "behind" : "ahead of"} the server`
  if (Math.abs(skew) > signatureSkewSeconds) {
    return { name: "clock", outcome: "failed", detail, remedy: remedies.clock }
  }
  return Math.abs(skew) > 30 ? warning("clock", detail, remedies.clock) : ok("clock", detail)
}

const untried = (name: Step): SelfCheck => ({
  name,
  outcome: "skipped",
  detail: "an earlier step failed",
  remedy: "mend that first",
})

const passed = (
  step: Step,
  findings: Findings,
  pins: ReadonlyArray<string>,
  now: DateTime.Utc,
): SelfCheck => {
  const { host, addresses, inspection } = findings
  if (step === "dns") return ok(step, `${host} is ${addresses.join(", ")}`)
  if (step === "tcp") return ok(step, `connected to ${inspection?.remoteAddress ?? host}`)
  if (inspection === undefined) return untried(step)
  switch (step) {
    case "tls":
      return ok(step, `${inspection.protocol}, ${inspection.cipher}`)
    case "certificate":
      return certificateCheck(inspection, now)
    case "pins":
      return ok(step, pins.length === 0 ? "none are configured" : "one of them is in the server's chain")
    case "clock":
      return clockCheck(inspection, now)
  }
}

/** The findings as one result for each step of the way, in its order. */
export const connectionChecks = (
  findings: Findings,
  pins: ReadonlyArray<string>,
  now: DateTime.Utc,
): ReadonlyArray<SelfCheck> => {
  const { problem } = findings
  if (problem === undefined) return steps.map((step) => passed(step, findings, pins, now))
  const end = steps.indexOf(stepOf(problem))
  return steps.map((name, index) => {
    if (index > end) return untried(name)
    if (index < end) return passed(name, findings, pins, now)
    const detail = `${problem.message}${evidence(name, findings.inspection)}`
    return { name, outcome: "failed", detail, remedy: certificateRemedies[problem.code] ?? remedies[name] }
  })
}

/** Not even a connection can be tried: ca_file or the proxy is not usable. */
export const unusableConfig = (message: string): ReadonlyArray<SelfCheck> => [
  { name: "config", outcome: "failed", detail: message, remedy: "mend the configuration first" },
  ...steps.map(untried),
]
