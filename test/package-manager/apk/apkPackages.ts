import { createHash, sign, type KeyObject } from "node:crypto"
import { gzipSync } from "node:zlib"
import type { LabPackage } from "./alpineScenarios.ts"

// Builds packages as apk-v2(5) describes them: a signature, the control section and the data, each its own gzip
// stream, together one tar archive.

/** A file, or a folder where the name ends with a slash. */
interface TarEntry {
  readonly name: string
  readonly content: Buffer
  readonly mode: number
}

/** A header of the entry after it, by pax(5). */
const paxHeader = "PaxHeaders"

const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, "0")}\0`

/** An entry with its header, as tar(5) describes ustar archives. */
const tarEntry = ({ name, content, mode }: TarEntry): Buffer => {
  const header = Buffer.alloc(512)
  header.write(name, 0)
  header.write(octal(mode, 8), 100)
  header.write(octal(0, 8), 108)
  header.write(octal(0, 8), 116)
  header.write(octal(content.length, 12), 124)
  header.write(octal(1_760_000_000, 12), 136)
  header.write("        ", 148)
  header.write(name.endsWith("/") ? "5" : name === paxHeader ? "x" : "0", 156)
  header.write("ustar\u000000", 257)
  const checksum = header.reduce((sum, byte) => sum + byte, 0)
  header.write(`${octal(checksum, 7)} `, 148)
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)])
}

const tar = (entries: ReadonlyArray<TarEntry>) => Buffer.concat(entries.map(tarEntry))

/** apk takes no file without its checksum in a header. */
const checksum = (content: Buffer): TarEntry => {
  const text = ` APK-TOOLS.checksum.SHA1=${createHash("sha1").update(content).digest("hex")}\n`
  return { name: paxHeader, content: Buffer.from(`${text.length + 2}${text}`), mode: 0o644 }
}

const endOfArchive = Buffer.alloc(1024)

/** The stream that goes before a signed one. The name of the key is that of its file in /etc/apk/keys. */
export const signature = (signed: Buffer, key: KeyObject, keyName: string): Buffer =>
  gzipSync(tar([{ name: `.SIGN.RSA.${keyName}`, content: sign("RSA-SHA1", signed, key), mode: 0o644 }]))

const scripts: Readonly<Record<NonNullable<LabPackage["postUpgrade"]>, string>> = {
  fails: "echo it went wrong >&2\nexit 3\n",
  // Opening a pipe waits for the other end.
  "hangs once": "if [ -p /tmp/hang ]; then read -r line </tmp/hang; fi\n",
}

/** A signed package with one file, whose content is the version. */
export const buildPackage = (row: LabPackage, key: KeyObject, keyName: string): Buffer => {
  const file = { name: `usr/share/lab/${row.name}`, content: Buffer.from(`${row.version}\n`), mode: 0o644 }
  const folders = ["usr/", "usr/share/", "usr/share/lab/"].map((name) => ({
    name,
    content: Buffer.alloc(0),
    mode: 0o755,
  }))
  const data = gzipSync(Buffer.concat([tar([...folders, checksum(file.content), file]), endOfArchive]))
  const info = [
    `pkgname = ${row.name}`,
    `pkgver = ${row.version}`,
    `pkgdesc = Package ${row.name} of the lab`,
    `url = https://lab.example.org/${row.name}`,
    "builddate = 1760000000",
    `size = ${file.content.length}`,
    "arch = x86_64",
    `origin = ${row.name}`,
    "license = MIT",
    ...(row.depends ?? []).map((name) => `depend = ${name}`),
    `datahash = ${createHash("sha256").update(data).digest("hex")}`,
  ]
  const control = gzipSync(
    tar([
      { name: ".PKGINFO", content: Buffer.from(`${info.join("\n")}\n`), mode: 0o644 },
      ...(row.postUpgrade === undefined
        ? []
        : [
            {
              name: ".post-upgrade",
              content: Buffer.from(`#!/bin/sh\n${scripts[row.postUpgrade]}`),
              mode: 0o755,
            },
          ]),
    ]),
  )
  return Buffer.concat([signature(control, key, keyName), control, data])
}
