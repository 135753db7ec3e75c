import manifest from "../package.json" with { type: "json" }

/** The version of this build, as sent in heartbeats and printed by `--version`. */
export const agentVersion: string = manifest.version
