import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as PlatformError from "effect/PlatformError"

/** What the paths of a tree hold: a text, a symbolic link's target, or something this user may not open. */
export type Tree = Readonly<Record<string, string | { readonly link: string } | { readonly denied: true }>>

export const denied = { denied: true } as const

const failure = (_tag: PlatformError.SystemErrorTag, method: string, path: string) =>
  Effect.fail(PlatformError.systemError({ _tag, module: "FileSystem", method, pathOrDescriptor: path }))

/** A read-only filesystem with these entries and the directories above them. */
export const layerFileTree = (tree: Tree) => {
  const childrenOf = (directory: string) => {
    const prefix = directory === "/" ? directory : `${directory}/`
    return [
      ...new Set(
        Object.keys(tree)
          .filter((path) => path.startsWith(prefix))
          .map((path) => path.slice(prefix.length).split("/")[0] ?? ""),
      ),
    ]
  }
  const lookUp = <A>(
    method: string,
    path: string,
    take: (entry: Tree[string]) => A | undefined,
  ): Effect.Effect<A, PlatformError.PlatformError> => {
    const entry = tree[path]
    if (entry === undefined) return failure("NotFound", method, path)
    if (typeof entry === "object" && "denied" in entry) return failure("PermissionDenied", method, path)
    const taken = take(entry)
    return taken === undefined ? failure("InvalidData", method, path) : Effect.succeed(taken)
  }
  const textOf = (entry: Tree[string]) => (typeof entry === "string" ? entry : undefined)
  const targetOf = (entry: Tree[string]) =>
    typeof entry === "object" && "link" in entry ? entry.link : undefined
  return FileSystem.layerNoop({
    readFileString: (path) => lookUp("readFile", path, textOf),
    readLink: (path) => lookUp("readLink", path, targetOf),
    exists: (path) => Effect.succeed(path in tree || childrenOf(path).length > 0),
    readDirectory: (path) => {
      const children = childrenOf(path)
      return children.length > 0
        ? Effect.succeed(children)
        : lookUp<Array<string>>("readDirectory", path, () => undefined)
    },
  })
}
