/** One line of `/etc/apk/world`: what the administrator asked for. */
export interface WorldConstraint {
  /** As it stands there, such as `nginx=1.26.2-r0` or `linux-lts<6.13`. */
  readonly text: string
  /** The comparison with a version, if any. */
  readonly operator: string
}

/** Constraints by package name. Names that are asked to be absent (`!name`) are not in it. */
export type World = ReadonlyMap<string, WorldConstraint>

/** apk-world(5): `[!]name{@tag}{[<>~=]version}`, one a line or separated by blanks. */
const constraint = /^([^!@<>=~\s][^@<>=~\s]*)(?:@[^<>=~\s]+)?(?:([<>=~]+)\S+)?$/

/** Reads `/etc/apk/world`. */
export const parseWorld = (text: string): World =>
  new Map(
    text.split(/\s+/).flatMap((word) => {
      const [, name, operator = ""] = constraint.exec(word) ?? []
      return name === undefined ? [] : [[name, { text: word, operator }] as const]
    }),
  )

/**
 * What the world says against newer versions of a package: `held` to exactly one version or one file (`=`, `><`), or
 * `pinned` below a version or to a prefix of it (`<`, `~`). A lower bound (`>`) keeps nothing back.
 */
export const worldObjection = (world: World, name: string): "held" | "pinned" | undefined => {
  const operator = world.get(name)?.operator ?? ""
  if (operator === "=" || operator === "><") return "held"
  return operator.includes("<") || /^[~=]+$/.test(operator) ? "pinned" : undefined
}
