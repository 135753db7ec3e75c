import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"

/**
 * Every retry, repeat and timeout of the agent by name. Retries use full jitter (a delay drawn evenly between 0
 * and the exponential step) so that a fleet that lost its server does not come back in one wave.
 */

/** An error, and what it says about trying again. */
export interface Retryable {
  readonly message: string
  readonly retryable?: boolean
  readonly retryAfterSeconds?: number | undefined
}

/**
 * The longest Retry-After that is waited for inside one round; a longer one ends it and delays the next. Well below
 * `shortestBeatRound`, which would cut the wait off.
 */
export const retryAfterWithinRound = Duration.seconds(5)

const worthRetrying = (error: Retryable) =>
  error.retryable === true && (error.retryAfterSeconds ?? 0) <= Duration.toSeconds(retryAfterWithinRound)

/**
 * One request to the control plane: at most 4 more tries, the last begun within 90 s of the first failure, full jitter
 * below 1 s doubling to 20 s, only when the error says it may help, never sooner than the server's Retry-After.
 */
export const controlPlaneRetry = Schedule.min([
  Schedule.exponential("1 second"),
  Schedule.spaced("20 seconds"),
]).pipe(
  Schedule.setInputType<Retryable>(),
  Schedule.while(({ input }) => worthRetrying(input)),
  Schedule.modifyDelay(({ input, duration }) =>
    Effect.map(Random.next, (share) =>
      Duration.max(Duration.times(duration, share), Duration.seconds(input.retryAfterSeconds ?? 0)),
    ),
  ),
  Schedule.upTo({ times: 4, duration: "90 seconds" }),
)

/** From connecting to the last byte of one request, without the time for the bytes that it sends. */
export const requestTimeout = Duration.seconds(30)

/** 8 kbit/s for one request: half of a line of 16 kbit/s, which beats and whatever else the host does share. */
const slowestBytesPerSecond = 1000

/** How much longer a request may take for the bytes that it sends. A whole scan of 3,000 packages has 40 to 700 KB. */
export const sendingTime = (bytes: number) => Duration.seconds(Math.ceil(bytes / slowestBytesPerSecond))

/** One file of a vulnerability feed, from connecting to the last byte: some 100 KB, over any line. */
export const feedDownloadTimeout = Duration.minutes(5)

/** One executable of the agent, from connecting to the last byte: some 110 MB, over 300 kbit/s. */
export const releaseDownloadTimeout = Duration.hours(1)

/** How long a new executable may take to say its version, and to look at configuration and state. */
export const candidateCheckTimeout = Duration.minutes(2)

/** Until the service manager has restarted the agent, which may wait for the old process. */
export const serviceRestartTimeout = Duration.minutes(3)

/** How long a new version has for its first accepted heartbeat, before the one before it comes back. */
export const healthWindow = Duration.minutes(10)

/** How long an attempt to update may hold its lock: a slow download, the proof and the way back. */
export const updateLockTimeout = Duration.hours(2)

/** Between two looks whether a new version has beaten. */
export const healthProbeInterval = Duration.seconds(1)

/** Between two downloads of an executable that came damaged `downloadAttempts` times. */
export const downloadPause = Duration.hours(24)

/** Between two looks for a new vulnerability feed. Each host takes 20 percent more or less, so that a fleet spreads. */
export const feedInterval = Duration.hours(6)

/**
 * The wait after the nth look for a feed in a row that failed: 15 min doubling to `feedInterval`, half of it drawn by
 * lot.
 */
export const feedRetryDelay = (failures: number): Effect.Effect<Duration.Duration> =>
  Effect.map(Random.next, (share) =>
    Duration.times(
      Duration.min(Duration.times(Duration.minutes(15), 2 ** Math.min(failures - 1, 10)), feedInterval),
      0.5 + share / 2,
    ),
  )

/** How long an unused connection is kept; the next one resumes its TLS session. */
export const idleConnectionTimeout = Duration.seconds(60)

/** Between beats after the licence key or this agent was refused. */
export const refusedInterval = Duration.minutes(15)

/** A question to a package manager that reads local files. */
export const managerReadTimeout = Duration.minutes(3)

/** The state of live patches, from a daemon of this host. */
export const livePatchTimeout = Duration.seconds(20)

/** A metadata download. */
export const managerRefreshTimeout = Duration.minutes(10)

/** A package transaction: after this it is reported as still running, never killed. */
export const managerApplyTimeout = Duration.hours(2)

/** How long an executor waits for the line that says what it is to do. */
export const executorRequestTimeout = Duration.seconds(30)

/** Pinning or changing keys: a process is started, a file and a line of the audit log are written. */
export const executorKeysTimeout = Duration.minutes(1)

/** A metadata download and the questions of a scan, for every package manager of a host. */
export const executorCollectTimeout = Duration.minutes(45)

/** A plan in the hands of the installer: longer than one transaction may take, so that its own word comes first. */
export const installerTimeout = Duration.minutes(150)

/** Looks whether a package manager whose end was not seen has let go of its locks. */
export const lockReleaseWait = Schedule.spaced("5 seconds").pipe(
  Schedule.upTo({ duration: managerApplyTimeout }),
)

/** Until the service manager has taken a request to restart the host. */
export const rebootRequestTimeout = Duration.seconds(30)

/** How long a transaction waits for another program's package lock. */
export const managerLockTimeout = Duration.minutes(3)

/** Asks again for a lock the manager cannot wait for by itself, until `managerLockTimeout`. */
export const managerLockRetry = Schedule.spaced("3 seconds").pipe(
  Schedule.upTo({ duration: managerLockTimeout }),
)

/** Between TERM and KILL for a program whose time is up. */
export const subprocessKillGrace = Duration.seconds(5)

/** How long the pipes of a program that has exited are still read while something it left behind holds them open. */
export const subprocessPipeGrace = Duration.seconds(2)

/** Between two looks at the files that a program writes its output to. */
export const outputFollowInterval = Duration.millis(200)

/** A round of the heartbeat loop ends after one interval, and never sooner than this. */
export const shortestBeatRound = Duration.seconds(10)

/** The control plane may slow beats down, but not silence an agent for longer than this. */
export const longestServerInterval = Duration.hours(1)

/** statfs(2) of a local disk: what takes longer is a disk in trouble, and is left out of the metrics. */
export const diskQuestionTimeout = Duration.seconds(2)

/** Between two exports of finished spans to the OTLP collector, if there were any. */
export const telemetryTracesInterval = Duration.seconds(30)

/** Between two exports of metrics to the OTLP collector. */
export const telemetryMetricsInterval = Duration.minutes(1)

/** How long the last export may hold up the end of the process. */
export const telemetryShutdownTimeout = Duration.seconds(3)

/** How long lines wait for others before they are written to the log file. */
export const logFileWindow = Duration.seconds(1)

/** What a beat may be late before the watchdog of the service manager ends the daemon. */
export const watchdogGrace = Duration.minutes(5)

/** A word to the service manager. */
export const notifyTimeout = Duration.seconds(5)

/** One check of `patchctl selftest`, package managers included. */
export const selfCheckTimeout = Duration.minutes(3)
