import type { Plugin } from "esbuild"

/**
 * What `src/bin.ts` loads with `import()`: in the executable each is a script of its own, so that the one does not wait for
 * the other.
 */
export const parts: ReadonlyArray<string> = ["statusMain", "main"]

/** Turns the `import()` of a part into `loadPart`. */
export const importParts: Plugin = {
  name: "import-parts",
  setup: (build) => {
    build.onResolve({ filter: /^\.\// }, ({ kind, path }) =>
      kind === "dynamic-import" ? { path: path.slice(2, -".ts".length), namespace: "part" } : undefined,
    )
    build.onLoad({ filter: /.*/, namespace: "part" }, ({ path }) => {
      return parts.includes(path)
        ? {
            contents: `import { loadPart } from "./loadPart.ts"\nmodule.exports = loadPart("${path}")`,
            resolveDir: import.meta.dirname,
            loader: "js",
          }
        : { errors: [{ text: `${path} is not in scripts/build/parts.ts` }] }
    })
  },
}

/** A part as an expression: a function of what a CommonJS module is given. */
export const asFunction = {
  banner: { js: "(function(require,module,exports){" },
  footer: { js: "})" },
}
