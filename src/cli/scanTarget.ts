import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import * as Flag from "effect/cli/Flag"
import { type Release, releaseNamed } from "../vulnerability/release.ts"
import { usageExitCode } from "./exitCodes.ts"

/** Flags that do not go together, or lack each other. */
export class WrongFlags extends Schema.TaggedError<WrongFlags>()("WrongFlags", { detail: Schema.String }) {
  override readonly [Runtime.errorExitCode] = usageExitCode
  override get message() {
    return `${this.detail}\nSee: patchctl scan --help`
  }
}

const path = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description), Flag.optional)

/** What to scan instead of this host, and what to judge it by. */
export const targetFlags = {
  root: path("root", "DIR", "Scan the system mounted at DIR instead of this host; runs nothing of it"),
  inventory: path(
    "inventory",
    "FILE",
    "Scan a list of packages instead of this host: tab separated, with a header line of name, version and any of arch, source, source_version, module; needs --release, --feed and --trust",
  ),
  release: path("release", "NAME", "With --inventory or --root: the feed to use, such as almalinux-9"),
  feed: path(
    "feed",
    "DIR",
    "With --inventory or --root: the directory that holds manifest.json and the feeds",
  ),
  trust: path(
    "trust",
    "KEYFILE",
    "With --feed: the public key that must have signed it, such as feed-key.pub",
  ),
}

export interface TargetFlags {
  readonly root: Option.Option<string>
  readonly inventory: Option.Option<string>
  readonly release: Option.Option<string>
  readonly feed: Option.Option<string>
  readonly trust: Option.Option<string>
}

/** A directory of feeds and the file with the keys that count there. */
export interface NamedFeeds {
  readonly directory: string
  readonly keyFile: string
}

export type ScanTarget =
  | { readonly kind: "host" }
  | {
      readonly kind: "root"
      readonly root: string
      readonly release: Option.Option<Release>
      readonly feeds: Option.Option<NamedFeeds>
    }
  | {
      readonly kind: "inventory"
      readonly path: string
      readonly release: Release
      readonly feeds: NamedFeeds
    }

const wrong = (detail: string) => new WrongFlags({ detail })

const namedRelease = Effect.fnUntraced(function* (name: Option.Option<string>) {
  if (Option.isNone(name)) return Option.none<Release>()
  const release = releaseNamed(name.value)
  if (Option.isNone(release)) {
    return yield* wrong(
      `--release ${name.value} is no release that vendors publish data for: write the ID of its /etc/os-release and the version, such as almalinux-9, debian-12, ubuntu-24.04, alpine-3.20 or arch`,
    )
  }
  return release
})

const namedFeeds = Effect.fnUntraced(function* ({ feed, trust }: TargetFlags) {
  if (Option.isSome(feed) !== Option.isSome(trust)) {
    return yield* wrong("--feed and --trust go together: a feed is only as good as the key that signed it")
  }
  return Option.map(Option.all({ directory: feed, keyFile: trust }), (feeds): NamedFeeds => feeds)
})

/** What the flags ask to scan. */
export const scanTarget = Effect.fnUntraced(function* (flags: TargetFlags) {
  const { root, inventory } = flags
  if (Option.isSome(root) && Option.isSome(inventory)) {
    return yield* wrong("--root and --inventory are two ways to say what is installed: choose one")
  }
  const release = yield* namedRelease(flags.release)
  const feeds = yield* namedFeeds(flags)
  if (Option.isSome(root)) {
    const target: ScanTarget = { kind: "root", root: root.value, release, feeds }
    return target
  }
  if (Option.isSome(inventory)) {
    if (Option.isNone(release) || Option.isNone(feeds)) {
      return yield* wrong(
        "--inventory needs --release, --feed and --trust: a list of packages does not say them",
      )
    }
    const target: ScanTarget = {
      kind: "inventory",
      path: inventory.value,
      release: release.value,
      feeds: feeds.value,
    }
    return target
  }
  if (Option.isSome(release) || Option.isSome(feeds)) {
    return yield* wrong(
      "--release, --feed and --trust go with --inventory or --root: this host has a feed of its own",
    )
  }
  const target: ScanTarget = { kind: "host" }
  return target
})
