/** Where the calls of an agent go, all by POST. Apart from `AgentApi`, which costs the daemon 1 MB to load. */
export const agentPaths = {
  enrol: "/v1/agents",
  heartbeat: "/v1/heartbeats",
  uploadScan: "/v1/scans",
  deliverResult: "/v1/results",
} as const

/** Where a file of the published vulnerability feeds is, by GET. They are public: the request is not signed. */
export const feedPath = (file: string) => `/v1/feeds/${file}`

/** Where the metadata of the agent's releases are, and its executables, by GET and unsigned too. */
export const releasePath = (file: string) => `/v1/releases/${file}`
export const releaseTargetPath = (file: string) => `/v1/releases/targets/${file}`
