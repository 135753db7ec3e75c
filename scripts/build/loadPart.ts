import { getRawAsset } from "node:sea"
import { Script } from "node:vm"
import { zstdDecompressSync } from "node:zlib"

/** The bytes are the executable's own, not a copy. */
const unpacked = (name: string): Buffer => zstdDecompressSync(Buffer.from(getRawAsset(name)))

/** Inside the executable: runs the script of a part, with the code that V8 made of it at build time, and answers its exports. */
export const loadPart = (name: string): unknown => {
  const cachedData = unpacked(`${name}.cache`)
  const script = new Script(unpacked(`${name}.cjs`).toString("latin1"), {
    filename: `${name}.cjs`,
    // Empty in an executable for another processor than that of the machine which built it.
    ...(cachedData.length > 0 && { cachedData }),
  })
  const part = { exports: {} }
  script.runInThisContext()(process.getBuiltinModule, part, part.exports)
  return part.exports
}
