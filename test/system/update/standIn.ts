/** How an executable behaves that stands in for the agent: what is tested is the updater. */
export type Behaviour =
  /** Starts, and the control plane accepts its heartbeat. */
  | "good"
  /** Ends as soon as it is started as a service. */
  | "crashing"
  /** Runs, and no heartbeat is accepted. */
  | "silent"
  /** Does not understand the configuration. */
  | "unfit"

/** A program with the verbs that the updater needs. As the daemon it writes `status.json` where `state` is beside `bin`. */
export const standIn = (version: string, behaviour: Behaviour = "good", padding = 0): string => `#!/bin/bash
case "$*" in
--version) echo "patchctl v${version}" ;;
*"selftest --update") ${behaviour === "unfit" ? 'echo "config failed: api_url is not understood"; exit 1' : "exit 0"} ;;
run)
  ${behaviour === "crashing" ? "exit 1" : ""}
  state="$(dirname "$0")/../state"
  identity="$(cat /proc/sys/kernel/random/boot_id):$$:$(cut -d " " -f 22 "/proc/$$/stat")"
  cat >"$state/status.json.$$" <<EOT
{"agentVersion":"${version}","processIdentity":"$identity","loops":[{"name":"heartbeat"${behaviour === "good" ? ',"lastSuccessAt":"2026-11-22T12:00:00Z"' : ""}}]}
EOT
  mv "$state/status.json.$$" "$state/status.json"
  exec sleep 600 ;;
*) exit 64 ;;
esac
exit
${"#".repeat(padding)}
`

/** Ends the daemon that it has started before, and starts the executable in use: a supervisor in a few lines. */
export const restartProgram = `#!/bin/bash
here="$(dirname "$0")"
if [ -f "$here/pid" ]; then kill -KILL "$(cat "$here/pid")" 2>/dev/null; rm "$here/pid"; fi
setsid "$here/bin/patchctl-agent" run </dev/null >/dev/null 2>&1 &
pid=$!
echo $pid >"$here/pid"
# What is left in the process group of whoever runs this would be ended with it.
until [ "$(cut -d " " -f 6 "/proc/$pid/stat" 2>/dev/null)" = "$pid" ] || ! kill -0 "$pid" 2>/dev/null; do sleep 0.01; done
`
