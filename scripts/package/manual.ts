import { fillIn } from "./tree.ts"

/** The help of each verb in docs/reference/cli.md, which a test holds to what the program prints. */
const verbs = (reference: string, program: string) =>
  [...reference.matchAll(/^## (patchctl(?:-agent)?) (\S+)\n\n```text\n(.*?)\n```$/gms)].flatMap(
    ([, name, verb = "", help = ""]) => (name === program ? [{ verb, help }] : []),
  )

/** Text that troff leaves as it is. */
const literal = (text: string): string =>
  text
    .replaceAll("\\", String.raw`\e`)
    .replaceAll("-", String.raw`\-`)
    .replaceAll("'", String.raw`\(aq`)
    .replaceAll(/^(?=[.'])/gm, String.raw`\&`)

const globalFlags = /\n\nGLOBAL FLAGS\n.*/s

const section =
  (program: string) =>
  ({ verb, help }: { readonly verb: string; readonly help: string }) =>
    `.SH ${literal(`${program} ${verb}`).toUpperCase()}\n.nf\n${literal(help.replace(globalFlags, ""))}\n.fi`

/** A manual page from its template and the help of its verbs. `date`: as man(7) wants it, 2026-11-23. */
export const manualPage = (
  template: string,
  reference: string,
  { program, version, date }: { readonly program: string; readonly version: string; readonly date: string },
): string =>
  fillIn(template, {
    VERSION: version,
    DATE: date,
    VERBS: verbs(reference, program).map(section(program)).join("\n"),
  })
