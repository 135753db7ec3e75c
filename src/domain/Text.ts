import * as Schema from "effect/Schema"

/**
 * Text that a program on the host said: well-formed Unicode, because RFC 8785 digests are not defined for lone
 * surrogates, and at most 1,024 characters.
 */
export const Text = Schema.String.check(
  Schema.isPattern(/^\P{Surrogate}*$/u, { expected: "well-formed Unicode" }),
  Schema.isMaxLength(1024),
)
