/** Where the calls of an agent go, all by POST. Apart from `AgentApi`, which costs the daemon 1 MB to load. */
export const agentPaths = {
  enrol: "/v1/agents",
  heartbeat: "/v1/heartbeats",
  uploadScan: "/v1/scans",
  deliverResult: "/v1/results",
} as const
