/** Terminal escape sequences (ECMA-48 CSI and OSC), which maintainer scripts print even without a terminal. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const escapes = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?)/g

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const control = /[\u0000-\u0008\u000b-\u001f\u007f]/g

/** The text as it may be logged and shown: of a line that was overwritten with `\r`, the last writing. */
export const plainText = (text: string): string =>
  text
    .replaceAll(escapes, "")
    .replaceAll(/\r+\n/g, "\n")
    .replaceAll(/^.*\r(?!$)/gm, "")
    .replaceAll(control, "")

/** Addresses without the names and passwords that an administrator may have put into them. */
export const withoutCredentials = (text: string): string => text.replaceAll(/(?<=\w:\/\/)[^\s/@']+@/g, "")

/** The beginning of a text, at most `limit` UTF-16 units, an ellipsis showing a cut. */
export const shortened = (text: string, limit = 512): string =>
  text.length <= limit ? text : `${text.slice(0, limit - 1)}…`

/** The end of what a program said, where its reasons are. */
export const endOf = (text: string, limit: number): string => {
  const plain = plainText(text).trim()
  return plain.length <= limit ? plain : `…${plain.slice(1 - limit)}`
}

/** What a run said last, in one line of at most 512 characters: of stderr, or of stdout where that is empty. */
export const lastWords = (result: { readonly stdout: string; readonly stderr: string }): string =>
  endOf(result.stderr.trim() === "" ? result.stdout : result.stderr, 512).replaceAll(/\s+/g, " ")

const evidenceLimit = 4096

/** What an `InstallReport` keeps of a run: the end of both streams, stderr last. */
export const evidenceText = ({
  stdout,
  stderr,
}: {
  readonly stdout: string
  readonly stderr: string
}): string => {
  const errors = endOf(stderr, evidenceLimit / 2)
  return `${endOf(stdout, evidenceLimit - errors.length - 1)}\n${errors}`.trim()
}
