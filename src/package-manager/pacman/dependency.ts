import { compare } from "../../version/pacman.ts"

/** `NAME`, or `NAME=VERSION` with one of `=`, `<`, `>`, `<=`, `>=`. */
export interface Dependency {
  readonly name: string
  readonly operator?: "=" | "<" | ">" | "<=" | ">="
  readonly version?: string
}

/** What a package is called and what else it stands for, `NAME` or `NAME=VERSION`. */
export interface Provider {
  readonly name: string
  readonly version: string
  readonly provides: ReadonlyArray<string>
}

const operators = ["<=", ">=", "=", "<", ">"] as const

export const parseDependency = (text: string): Dependency => {
  const at = text.search(/[<>=]/)
  const operator = operators.find((candidate) => text.startsWith(candidate, at))
  return at === -1 || operator === undefined
    ? { name: text }
    : { name: text.slice(0, at), operator, version: text.slice(at + operator.length) }
}

const isWithin = (version: string, { operator, version: bound = "" }: Dependency): boolean => {
  if (operator === undefined) return true
  const order = compare(version, bound)
  return order === 0 ? operator.includes("=") : operator.includes(order < 0 ? "<" : ">")
}

/** Whether the package itself, not something it provides, is meant (`_alpm_depcmp_literal` in libalpm's deps.c). */
export const isMeant = (provider: Pick<Provider, "name" | "version">, dependency: Dependency): boolean =>
  provider.name === dependency.name && isWithin(provider.version, dependency)

/** Whether a package fits a dependency or conflict. What it provides without a version fits none that names one. */
export const fits = (provider: Provider, dependency: Dependency): boolean =>
  isMeant(provider, dependency) ||
  provider.provides.some((text) => {
    const { name, operator, version } = parseDependency(text)
    if (name !== dependency.name) return false
    if (dependency.operator === undefined) return true
    return operator === "=" && version !== undefined && isWithin(version, dependency)
  })
