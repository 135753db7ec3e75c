import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SemVer from "effect/SemVer"

/** The version of an agent: Semantic Versioning 2.0.0 without build metadata. It becomes the name of a directory. */
export const ReleaseVersion = Schema.String.check(
  Schema.isPattern(/^(?=.{5,64}$)\d+\.\d+\.\d+(?:-[0-9A-Za-z][0-9A-Za-z.-]*)?$/, {
    expected: "a version such as 1.4.0 or 1.5.0-rc.1",
  }),
  Schema.makeFilter((text: string) => Result.isSuccess(SemVer.parse(text)), {
    expected: "a version of Semantic Versioning",
  }),
).pipe(Schema.brand("ReleaseVersion"))
export type ReleaseVersion = typeof ReleaseVersion.Type

/** Processor architectures that the agent is built for, in Node's words. */
export const ReleaseArch = Schema.Literals(["x64", "arm64"])
export type ReleaseArch = typeof ReleaseArch.Type

/** What the signed metadata of a release say about its executable. */
export const ReleaseAbout = Schema.Struct({ version: ReleaseVersion, arch: ReleaseArch })
export type ReleaseAbout = typeof ReleaseAbout.Type

/** The name of an executable in the metadata of releases. */
export const releaseName = ({ version, arch }: ReleaseAbout): string =>
  `patchctl-agent-${version}-linux-${arch}`

/** By precedence, Semantic Versioning 2.0.0 section 11. */
export const compareReleases = (a: ReleaseVersion, b: ReleaseVersion): number =>
  SemVer.Order(SemVer.parseUnsafe(a), SemVer.parseUnsafe(b))

/** A version for those who ask for it: `1.5.0-rc.1`. */
export const isTrial = (version: ReleaseVersion): boolean => SemVer.isPrerelease(SemVer.parseUnsafe(version))
