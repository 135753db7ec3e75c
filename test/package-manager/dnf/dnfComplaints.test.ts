import { assert, describe, it } from "@effect/vitest"
import { listenForComplaints } from "../../../src/package-manager/dnf/dnfComplaints.ts"

// Lines that dnf 4.23 (with rpm 4.20) and dnf5 5.4 (with rpm 6.1) wrote.

const heard = (...lines: ReadonlyArray<string>) => {
  const { hear, complaints, scriptFailures } = listenForComplaints()
  for (const line of lines) hear(line)
  return { complaints: Object.fromEntries(complaints), scriptFailures: [...scriptFailures] }
}

describe("listenForComplaints", () => {
  it("a script that fails after the files are in place", () => {
    const expected = {
      complaints: { "lab-failpost": "its %post script failed: exit status 4" },
      scriptFailures: ["lab-failpost"],
    }
    assert.deepStrictEqual(
      heard(
        "  Running scriptlet: lab-failpost-1.1-1.noarch                              1/4 ",
        "lab-failpost: cannot be configured",
        "warning: %post(lab-failpost-1.1-1.noarch) scriptlet failed, exit status 4",
        "Error in POSTIN scriptlet in rpm package lab-failpost",
      ),
      expected,
    )
    assert.deepStrictEqual(
      heard(
        ">>> Non-critical error in %post scriptlet: lab-failpost-0:1.1-1.noarch",
        ">>> [RPM] %post(lab-failpost-1.1-1.noarch) scriptlet failed, exit status 4",
      ),
      expected,
    )
    for (const script of ["posttrans", "postun"]) {
      const { scriptFailures } = heard(`warning: %${script}(x-1.0-1.noarch) scriptlet failed, signal 15`)
      assert.deepStrictEqual(scriptFailures, ["x"])
    }
  })

  it("a script that fails before the files are in place is the cause of all that follows", () => {
    for (const prefix of ["error: ", ">>> [RPM] "]) {
      assert.deepStrictEqual(
        heard(
          `${prefix}%prein(lab-failpre-1.1-1.noarch) scriptlet failed, exit status 3`,
          `${prefix}lab-failpre-1.1-1.noarch: install failed`,
          `${prefix}lab-failpre-1.0-1.noarch: erase skipped`,
        ),
        { complaints: { "lab-failpre": "its %prein script failed: exit status 3" }, scriptFailures: [] },
      )
    }
  })

  it("a package that could not be unpacked is told with rpm's reason", () => {
    assert.deepStrictEqual(
      heard(
        "error: unpacking of archive failed on file /opt/lab-huge;6b03160f: cpio: write failed - No space left on device",
        "  Upgrading        : innocent2-1.1-1.noarch                                 2/4 ",
        "error: lab-huge-1.1-1.noarch: install failed",
      ).complaints,
      {
        "lab-huge":
          "unpacking of archive failed on file /opt/lab-huge;6b03160f: cpio: write failed - No space left on device",
      },
    )
  })

  it("signatures, checksums and downloads, by name of the package or of its file", () => {
    assert.deepStrictEqual(
      heard(
        "Package a-1.2-1.noarch.rpm is not signed",
        "Problem opening package b-1.2-1.noarch.rpm",
        'OpenPGP check for package "c-1.2-1.noarch" (/var/cache/libdnf5/lab-a1/packages/c-1.2-1.noarch.rpm) from repo "lab" has failed: The package is not signed.',
        'Package "d-1.1-1.noarch" from local repository "lab" has incorrect checksum',
        " Librepo error: Cannot download Packages/e/e-1.1-1.noarch.rpm: All mirrors were tried",
        "[FAILED] f-2:1.1-1.noarch.rpm: No more mirrors to try - All mirrors were already tried without success",
        "  g-1.1-1.noarch: [Errno 256] No more mirrors to try.",
      ).complaints,
      {
        a: "Package a-1.2-1.noarch.rpm is not signed",
        b: "Problem opening package b-1.2-1.noarch.rpm",
        c: "its signature is not accepted: The package is not signed.",
        d: "cannot be downloaded: incorrect checksum",
        e: "cannot be downloaded: All mirrors were tried",
        f: "cannot be downloaded: No more mirrors to try - All mirrors were already tried without success",
        g: "cannot be downloaded: [Errno 256] No more mirrors to try.",
      },
    )
  })

  it("a file that two packages have, but not a full disk, for which rpm blames the innocent too", () => {
    const conflict =
      "file /usr/share/x from install of x-fa-1.1-1.noarch conflicts with file from package x-fb-1.0-1.noarch"
    assert.deepStrictEqual(
      heard(
        `  ${conflict}`,
        `  - ${conflict}`,
        "  installing package lab-huge-1.1-1.noarch needs 22MB more space on the / filesystem",
        "  installing package innocent2-1.1-1.noarch needs 22MB more space on the / filesystem",
      ).complaints,
      { "x-fa": conflict },
    )
  })
})
