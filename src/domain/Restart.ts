import * as Schema from "effect/Schema"

/** A restart that a command asked for, and what came of it: the `after` fields are there once the host is back. */
export const Restart = Schema.Struct({
  requestedAt: Schema.DateTimeUtcFromString,
  /** What the kernel calls this boot, random(4); another one afterwards is the proof of a restart. */
  bootIdBefore: Schema.String,
  kernelBefore: Schema.String,
  bootIdAfter: Schema.optionalKey(Schema.String),
  kernelAfter: Schema.optionalKey(Schema.String),
}).annotate({ identifier: "Restart" })
export type Restart = typeof Restart.Type
