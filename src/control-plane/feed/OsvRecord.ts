import * as Schema from "effect/Schema"

/** Some exporters write `null` for what they do not know. */
const lenient = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

const Event = Schema.Struct({
  introduced: lenient(Schema.String),
  fixed: lenient(Schema.String),
  last_affected: lenient(Schema.String),
})

const Range = Schema.Struct({ type: Schema.String, events: lenient(Schema.Array(Event)) })

const Rating = Schema.Struct({ type: Schema.String, score: Schema.String })

/** One package of one release. Each distribution is an ecosystem of its own: `AlmaLinux:9`, `Ubuntu:Pro:24.04:LTS`. */
export const Affected = Schema.Struct({
  package: lenient(
    Schema.Struct({ ecosystem: Schema.String, name: Schema.String, purl: lenient(Schema.String) }),
  ),
  ranges: lenient(Schema.Array(Range)),
  versions: lenient(Schema.Array(Schema.String)),
  severity: lenient(Schema.Array(Rating)),
  ecosystem_specific: lenient(Schema.Unknown),
  database_specific: lenient(Schema.Unknown),
})
export type Affected = typeof Affected.Type

/**
 * A record of the OSV schema, 1.x (https://ossf.github.io/osv-schema/), as far as a feed needs it. Everything else in
 * it is passed over.
 */
export const OsvRecord = Schema.Struct({
  id: Schema.NonEmptyString,
  modified: lenient(Schema.String),
  published: lenient(Schema.String),
  withdrawn: lenient(Schema.String),
  summary: lenient(Schema.String),
  details: lenient(Schema.String),
  aliases: lenient(Schema.Array(Schema.String)),
  upstream: lenient(Schema.Array(Schema.String)),
  related: lenient(Schema.Array(Schema.String)),
  severity: lenient(Schema.Array(Rating)),
  affected: lenient(Schema.Array(Affected)),
  database_specific: lenient(Schema.Unknown),
})
export type OsvRecord = typeof OsvRecord.Type

/** What distributions put into the free part of an entry or a record; anything may be missing. */
export const Specifics = Schema.Struct({
  /** Debian: `unimportant`, `low`, `not yet assigned`, `end-of-life`. */
  urgency: lenient(Schema.String),
  /** Ubuntu up to schema 1.6; later a rating of type `Ubuntu`. */
  ubuntu_priority: lenient(Schema.String),
  severity: lenient(Schema.String),
  /** Ubuntu: which subscription the fix takes. */
  availability: lenient(Schema.String),
  /**
   * Ubuntu: `{binary_name, binary_version}` of each package built from the source, or `{name: version}` in older
   * records. SUSE: `{name: version}` of all packages of the advisory, the same under every source.
   */
  binaries: lenient(Schema.Array(Schema.Record(Schema.String, Schema.String))),
})
export type Specifics = typeof Specifics.Type
