// An ELF file without symbols and debugging information, as `strip --strip-all` makes it; by ourselves because that one has
// to be made for the processor of the file, and is not on every machine that builds.

/** The file is not what Node's executables are. */
export class NotElf extends Error {
  override readonly name = "NotElf"
}

const allocated = 2n
const noBits = 8
const headerBytes = 64

interface Section {
  readonly header: Buffer
  readonly index: number
  readonly type: number
  readonly isLoaded: boolean
  readonly end: number
}

const sectionsOf = (file: Buffer): ReadonlyArray<Section> => {
  const offset = Number(file.readBigUInt64LE(0x28))
  return Array.from({ length: file.readUInt16LE(0x3c) }, (_, index) => {
    const header = Buffer.from(
      file.subarray(offset + index * headerBytes, offset + (index + 1) * headerBytes),
    )
    const type = header.readUInt32LE(4)
    const begin = Number(header.readBigUInt64LE(0x18))
    return {
      header,
      index,
      type,
      isLoaded: (header.readBigUInt64LE(8) & allocated) !== 0n,
      end: type === noBits ? begin : begin + Number(header.readBigUInt64LE(0x20)),
    }
  })
}

/** Keeps what is loaded, in its place, and the headers of that. Little-endian, 64 bits. */
export const strip = (file: Buffer): Buffer => {
  if (file.readUInt32BE(0) !== 0x7f454c46 || file[4] !== 2 || file[5] !== 1) throw new NotElf()
  const sections = sectionsOf(file)
  const names = sections[file.readUInt16LE(0x3e)]
  const nothing = sections[0]
  if (names === undefined || nothing === undefined) throw new NotElf()
  const loaded = sections.filter(({ isLoaded }) => isLoaded)
  const kept = [nothing, ...loaded, names]
  const position = new Map(kept.map(({ index }, now) => [index, now]))

  const contentEnd = Math.max(...loaded.map(({ end }) => end))
  const namesBegin = Number(names.header.readBigUInt64LE(0x18))
  const nameBytes = file.subarray(namesBegin, names.end)
  const tableBegin = Math.ceil((contentEnd + nameBytes.length) / 8) * 8
  const stripped = Buffer.alloc(tableBegin + kept.length * headerBytes)
  file.copy(stripped, 0, 0, contentEnd)
  nameBytes.copy(stripped, contentEnd)
  for (const [now, { header, index }] of kept.entries()) {
    // sh_link and, where it is one, sh_info are numbers of sections.
    header.writeUInt32LE(position.get(header.readUInt32LE(0x28)) ?? 0, 0x28)
    const infoIsSection = (header.readBigUInt64LE(8) & 0x40n) !== 0n
    if (infoIsSection) header.writeUInt32LE(position.get(header.readUInt32LE(0x2c)) ?? 0, 0x2c)
    if (index === names.index) header.writeBigUInt64LE(BigInt(contentEnd), 0x18)
    header.copy(stripped, tableBegin + now * headerBytes)
  }
  stripped.writeBigUInt64LE(BigInt(tableBegin), 0x28)
  stripped.writeUInt16LE(kept.length, 0x3c)
  stripped.writeUInt16LE(kept.length - 1, 0x3e)
  return stripped
}
