import * as Schema from "effect/Schema"

const Property = Schema.Struct({ name: Schema.String, value: Schema.String })

const Component = Schema.Struct({
  type: Schema.Literals(["library", "operating-system", "application"]),
  "bom-ref": Schema.optionalKey(Schema.String),
  name: Schema.String,
  version: Schema.optionalKey(Schema.String),
  purl: Schema.optionalKey(Schema.String),
  properties: Schema.optionalKey(Schema.Array(Property)),
})
export type Component = typeof Component.Type

const Source = Schema.Struct({ name: Schema.String, url: Schema.optionalKey(Schema.String) })

const Rating = Schema.Struct({
  source: Schema.optionalKey(Source),
  score: Schema.optionalKey(Schema.Finite),
  severity: Schema.optionalKey(Schema.Literals(["critical", "high", "medium", "low", "info"])),
  method: Schema.Literals(["CVSSv2", "CVSSv3", "CVSSv31", "CVSSv4", "other"]),
  vector: Schema.optionalKey(Schema.String),
})
export type Rating = typeof Rating.Type

const BomVulnerability = Schema.Struct({
  "bom-ref": Schema.String,
  id: Schema.String,
  source: Source,
  references: Schema.Array(Schema.Struct({ id: Schema.String, source: Source })),
  ratings: Schema.Array(Rating),
  recommendation: Schema.optionalKey(Schema.String),
  analysis: Schema.optionalKey(
    Schema.Struct({
      state: Schema.optionalKey(Schema.Literal("in_triage")),
      response: Schema.optionalKey(Schema.Array(Schema.Literals(["update", "will_not_fix"]))),
    }),
  ),
  affects: Schema.Array(Schema.Struct({ ref: Schema.String })),
  properties: Schema.Array(Property),
})
export type BomVulnerability = typeof BomVulnerability.Type

/** The part of CycloneDX 1.6 that a scan fills, as its published JSON schema (`bom-1.6.schema.json`) has it. */
export const CycloneDx = Schema.Struct({
  $schema: Schema.Literal("http://cyclonedx.org/schema/bom-1.6.schema.json"),
  bomFormat: Schema.Literal("CycloneDX"),
  specVersion: Schema.Literal("1.6"),
  serialNumber: Schema.String,
  version: Schema.Literal(1),
  metadata: Schema.Struct({
    timestamp: Schema.DateTimeUtcFromString,
    tools: Schema.Struct({ components: Schema.Array(Component) }),
    component: Schema.optionalKey(Component),
    properties: Schema.Array(Property),
  }),
  components: Schema.Array(Component),
  vulnerabilities: Schema.Array(BomVulnerability),
})
export type CycloneDx = typeof CycloneDx.Type
