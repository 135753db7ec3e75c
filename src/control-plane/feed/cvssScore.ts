import type { Severity } from "../../domain/Finding.ts"

const attackVector = { N: 0.85, A: 0.62, L: 0.55, P: 0.2 } as const
const complexity = { L: 0.77, H: 0.44 } as const
const privileges = { N: 0.85, L: 0.62, H: 0.27 } as const
/** The same privileges are worth more where the scope changes. */
const privilegesBeyondScope = { N: 0.85, L: 0.68, H: 0.5 } as const
const interaction = { N: 0.85, R: 0.62 } as const
const impactOf = { H: 0.56, L: 0.22, N: 0 } as const

const metrics =
  /^CVSS:3\.[01]\/AV:([NALP])\/AC:([LH])\/PR:([NLH])\/UI:([NR])\/S:([UC])\/C:([HLN])\/I:([HLN])\/A:([HLN])(?:\/|$)/

const weightOf = (weights: Readonly<Record<string, number>>, letter: string | undefined): number =>
  weights[letter ?? ""] ?? 0

/** Up to one decimal, guarded against floating point: `Roundup` of CVSS 3.1, appendix A. */
const roundUp = (value: number): number => {
  const scaled = Math.round(value * 100_000)
  return scaled % 10_000 === 0 ? scaled / 100_000 : (Math.floor(scaled / 10_000) + 1) / 10
}

/**
 * The base score of a CVSS 3.0 or 3.1 vector, 0 to 10, by the equations of the 3.1 specification, section 7.1; undefined
 * for other versions and for what is no vector.
 */
export const cvssScore = (vector: string): number | undefined => {
  const found = metrics.exec(vector)
  if (found === null) return undefined
  const [, av, ac, pr, ui, s, c, i, a] = found
  const changed = s === "C"
  const base = 1 - [c, i, a].reduce((left, letter) => left * (1 - weightOf(impactOf, letter)), 1)
  const impact = changed ? 7.52 * (base - 0.029) - 3.25 * (base - 0.02) ** 15 : 6.42 * base
  if (impact <= 0) return 0
  const exploitability =
    8.22 *
    weightOf(attackVector, av) *
    weightOf(complexity, ac) *
    weightOf(changed ? privilegesBeyondScope : privileges, pr) *
    weightOf(interaction, ui)
  return roundUp(Math.min((changed ? 1.08 : 1) * (impact + exploitability), 10))
}

/** The qualitative rating of a score (CVSS 3.1, section 5) in the words of vendors; 0 has none. */
export const severityOfScore = (score: number): Severity | undefined => {
  if (score >= 9) return "critical"
  if (score >= 7) return "important"
  if (score >= 4) return "moderate"
  return score > 0 ? "low" : undefined
}
