import { assert, describe, it } from "@effect/vitest"
import { packageComplaints } from "../../../src/package-manager/pacman/transactionComplaints.ts"

describe("packageComplaints", () => {
  it.each([
    [
      "error: failed retrieving file 'lab-plain-1.1-1-any.pkg.tar.zst' from disk : Couldn't open file /srv/x",
      { "lab-plain": "cannot be downloaded: disk : Couldn't open file /srv/x" },
    ],
    [
      "error: failed retrieving file 'lab-epoch-1:1.0-1-any.pkg.tar.zst.sig' from mirror : 404",
      { "lab-epoch": "cannot be downloaded: mirror : 404" },
    ],
    [
      ":: File /var/cache/pacman/pkg/lab-plain-1.1-1-any.pkg.tar.zst is corrupted (invalid or corrupted package (checksum)).",
      { "lab-plain": "is damaged: invalid or corrupted package (checksum)" },
    ],
    [
      'error: lab-plain: signature from "LabOS archive <lab@example.invalid>" is invalid',
      { "lab-plain": 'signature from "LabOS archive <lab@example.invalid>" is invalid' },
    ],
    ["error: lab-plain: missing required signature", { "lab-plain": "missing required signature" }],
    [
      "lab-plain: /usr/share/lab-plain/version exists in filesystem (owned by other)",
      { "lab-plain": "file conflict: /usr/share/lab-plain/version exists in filesystem (owned by other)" },
    ],
    [
      "/etc/lab.conf exists in both 'a' and 'b'",
      { a: "file conflict: /etc/lab.conf is also in b", b: "file conflict: /etc/lab.conf is also in a" },
    ],
    [
      "error: problem occurred while upgrading lab-bloat",
      { "lab-bloat": "problem occurred while upgrading lab-bloat" },
    ],
    ["warning: lab-newer: local (2.0-1) is newer than lab (1.0-1)", {}],
    ["error: failed to commit transaction (conflicting files)", {}],
  ])("reads %s", (line, expected) => {
    // pacman 6 says some of it on stdout, pacman 7 all of it on stderr.
    assert.deepStrictEqual(
      Object.fromEntries(packageComplaints({ stdout: `${line}\n`, stderr: "" })),
      expected,
    )
    assert.deepStrictEqual(
      Object.fromEntries(packageComplaints({ stdout: "", stderr: `${line}\n` })),
      expected,
    )
  })
})
