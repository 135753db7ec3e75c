import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { parseRepositories } from "../../../src/package-manager/apt/aptRepositories.ts"
import { updateOutcomes } from "../../../src/package-manager/apt/aptUpdateOutput.ts"

const repositories = [
  "http://a.example/debian lab",
  "http://a.example/debian lab-updates",
  "http://b.example/flat ./",
]

const outcomes = (stdout: string, stderr = "") => {
  const found = updateOutcomes(repositories, { stdout, stderr })
  return { ...found, kinds: found.repositories.map(({ outcome }) => outcome) }
}

const quiet = `Hit:1 http://a.example/debian lab InRelease
Get:2 http://a.example/debian lab-updates InRelease [55.4 kB]
Ign:3 http://b.example/flat ./ InRelease
Hit:4 http://b.example/flat ./ Release
Get:5 http://a.example/debian lab-updates/main amd64 Packages [11.6 kB]
Fetched 67.0 kB in 1s (67.0 kB/s)
Reading package lists...
`

describe("updateOutcomes", () => {
  it("tells fetched, unchanged and not tried apart", () => {
    assert.deepStrictEqual(outcomes(quiet).kinds, ["unchanged", "fetched", "unchanged"])
    assert.deepStrictEqual(outcomes("Reading package lists...\n").kinds, [
      "not_tried",
      "not_tried",
      "not_tried",
    ])
  })

  it("lets a failure outweigh what was fetched before the signature was looked at", () => {
    const stdout = `${quiet}Err:2 http://a.example/debian lab-updates InRelease
  The following signatures couldn't be verified because the public key is not available: NO_PUBKEY 64BC2BC0DE13A7C4
`
    const { repositories: rows, kinds } = outcomes(stdout)
    assert.deepStrictEqual(kinds, ["unchanged", "failed", "unchanged"])
    assert.match(
      rows[1]?.message ?? "",
      /^The key that signs .* Signed-By\. apt: .*NO_PUBKEY 64BC2BC0DE13A7C4$/,
    )
  })

  it("reads failures that are on stderr only, and does not mix up suites that begin alike", () => {
    const stderr = `E: Repository 'http://a.example/debian lab InRelease' changed its 'Label' value from 'A' to 'B'
W: Target Packages (main/binary-amd64/Packages) is configured multiple times in /etc/apt/sources.list:1
`
    const { kinds, otherErrors, repositories: rows } = outcomes(quiet, stderr)
    assert.deepStrictEqual(kinds, ["failed", "fetched", "unchanged"])
    assert.include(rows[0]?.message ?? "", "--allow-releaseinfo-change")
    assert.deepStrictEqual(otherErrors, [])
  })

  it.each([
    [
      "W: An error occurred during the signature verification. The repository is not updated and the previous index files will be used. GPG error: http://a.example/debian lab InRelease: The following signatures were invalid: EXPKEYSIG 64BC2BC0DE13A7C4",
      "has expired",
    ],
    [
      "W: An error occurred during the signature verification. The repository is not updated and the previous index files will be used. OpenPGP signature verification failed: http://a.example/debian lab InRelease: Sub-process /usr/bin/sqv returned an error code (1), error message is: Missing key E6EC07BD5D5BCC498E38AAFA64BC2BC0DE13A7C4, which is needed to verify signature.",
      "is not installed",
    ],
    [
      "E: Release file for http://a.example/debian/dists/lab/InRelease is expired (invalid since 3d 2h 1min 4s). Updates for this repository will not be applied.",
      "moved to an archive",
    ],
    [
      "E: Release file for http://a.example/debian/dists/lab/InRelease is not valid yet (invalid for another 2h 3min). Updates for this repository will not be applied.",
      "this host's clock",
    ],
    [
      "E: The repository 'http://a.example/debian lab Release' does not have a Release file.",
      "not at this address",
    ],
    ["E: The repository 'http://a.example/debian lab Release' is no longer signed.", "not properly signed"],
    [
      "E: Failed to fetch http://a.example/debian/dists/lab/InRelease  Temporary failure resolving 'a.example'",
      "check DNS",
    ],
    [
      "E: Failed to fetch http://a.example/debian/dists/lab/main/binary-amd64/Packages.xz  Hash Sum mismatch",
      "try again later",
    ],
  ])("explains %s", (stderr, words) => {
    const { repositories: rows, kinds } = outcomes(
      quiet,
      `${stderr}\nE: Some index files failed to download. They have been ignored, or old ones used instead.\n`,
    )
    assert.deepStrictEqual(kinds, ["failed", "fetched", "unchanged"])
    assert.include(rows[0]?.message ?? "", words)
    assert.isAtMost(rows[0]?.message?.length ?? 0, 512)
  })

  it("keeps errors that concern no repository, and hides passwords", () => {
    const stderr = `E: Malformed entry 1 in list file /etc/apt/sources.list.d/x.list (Suite)
E: Failed to fetch http://user:secret@a.example/debian/dists/lab/InRelease  Connection timed out
`
    const { otherErrors, repositories: rows, kinds } = outcomes("", stderr)
    assert.deepStrictEqual(otherErrors, [
      "Malformed entry 1 in list file /etc/apt/sources.list.d/x.list (Suite)",
    ])
    assert.deepStrictEqual(kinds, ["failed", "not_tried", "not_tried"])
    assert.notInclude(JSON.stringify(rows), "secret")
  })

  it.prop("takes any output", [Schema.String, Schema.String], ([stdout, stderr]) => {
    assert.strictEqual(outcomes(stdout, stderr).repositories.length, 3)
  })
})

describe("parseRepositories", () => {
  it("names every configured repository once, downloaded or not, without credentials", () => {
    const stdout = `'http://user:secret@a.example/debian/dists/stable/updates/InRelease' a.example_debian_dists_stable_updates_InRelease 0 
'copy:/srv/lab/dists/lab/InRelease' _srv_lab_dists_lab_InRelease 0 
'http://b.example/flat/./InRelease' b.example_flat_._InRelease 0 
'copy:/srv/lab/dists/lab/main/binary-amd64/Packages.xz' _srv_lab_dists_lab_main_binary-amd64_Packages 0 
'copy:/srv/lab/dists/lab/InRelease' _srv_lab_dists_lab_InRelease 0 
`
    assert.deepStrictEqual(parseRepositories(stdout), [
      {
        name: "http://a.example/debian stable/updates",
        releaseFile: "a.example_debian_dists_stable_updates_InRelease",
      },
      { name: "copy:/srv/lab lab", releaseFile: "_srv_lab_dists_lab_InRelease" },
      { name: "http://b.example/flat ./", releaseFile: "b.example_flat_._InRelease" },
    ])
  })
})
