import type { Plugin } from "esbuild"
import { builtinModules } from "node:module"

/** These are loaded at Node's own start, or are looked at while our modules load. */
const loadedAnyway = new Set(["node:buffer", "node:events", "node:path", "node:process"])

const withPrefix = (name: string) => (name.startsWith("node:") ? name : `node:${name}`)
const builtins = new Set([...builtinModules, "node:sea", "node:sqlite"].map(withPrefix))

const stub = (name: string) => {
  const id = JSON.stringify(name)
  const keys = JSON.stringify(Object.keys(process.getBuiltinModule(name) ?? {}))
  return `let loaded
for (const key of ${keys}) {
  Object.defineProperty(exports, key, { enumerable: true, get: () => (loaded ??= process.getBuiltinModule(${id}))[key] })
}`
}

/**
 * Loads a module of Node's when something of it is first used, not when it is imported: crypto, TLS and the like cost more
 * than most of our own code, all the more under --lite-mode, which makes Node compile them from source.
 */
export const lazyBuiltins: Plugin = {
  name: "lazy-builtins",
  setup: (build) => {
    // It takes what it exports out of the modules at once; this way it passes them on as they are.
    build.onLoad({ filter: /platform-node\/dist\/internal\/http\.js$/ }, () => ({
      contents: `import * as http from "node:http"; import * as https from "node:https"; export { http, https }`,
    }))
    build.onResolve({ filter: /^(?:node:)?[a-z_0-9/]+$/ }, ({ path }) => {
      const name = withPrefix(path)
      return builtins.has(name) && !loadedAnyway.has(name) ? { path: name, namespace: "lazy" } : undefined
    })
    build.onLoad({ filter: /.*/, namespace: "lazy" }, ({ path }) => ({ contents: stub(path), loader: "js" }))
  },
}
