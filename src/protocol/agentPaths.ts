/** Where the calls of an agent go, all by POST. Apart from `AgentApi`, which costs the daemon 1 MB to load. */
export const agentPaths = {
  enrol: "/v1/agents",
  heartbeat: "/v1/heartbeats",
  uploadScan: "/v1/scans",
  deliverResult: "/v1/results",
} as const

/** Where a file of the published vulnerability feeds is, by GET. They are public: the request is not signed. */
export const feedPath = (file: string) => `/v1/feeds/${file}`
