import * as Effect from "effect/Effect"
import { type BuildOptions, build, type Metafile, type Plugin } from "esbuild"
import { agentVersion } from "../../src/agentVersion.ts"
import { BuildError } from "./BuildError.ts"
import { lazyBuiltins } from "./lazyBuiltins.ts"

const checkout = `${import.meta.dirname}/../..`

/** Of package.json the programs read the version alone. */
const onlyVersion: Plugin = {
  name: "only-version",
  setup: (build) =>
    build.onLoad({ filter: /\/package\.json$/ }, ({ path }) =>
      path.includes("/node_modules/")
        ? undefined
        : { contents: JSON.stringify({ version: agentVersion }), loader: "json" },
    ),
}

/** One JavaScript file for this Node, the same bytes for the same sources, and what went into it. */
export const bundle = (
  entry: string,
  output: string,
  options: BuildOptions = {},
): Effect.Effect<Metafile, BuildError> =>
  Effect.tryPromise({
    try: () =>
      build({
        absWorkingDir: checkout,
        entryPoints: [entry],
        outfile: output,
        bundle: true,
        minify: true,
        charset: "ascii",
        legalComments: "none",
        platform: "node",
        target: "node24",
        format: "cjs",
        logLevel: "error",
        ...options,
        metafile: true,
        plugins: [onlyVersion, ...(options.plugins ?? [lazyBuiltins])],
      }),
    catch: (cause) => new BuildError({ what: `${entry} cannot be bundled`, cause }),
  }).pipe(Effect.map(({ metafile }) => metafile))
