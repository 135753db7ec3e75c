/** What a run of zypper came to, by its exit code. */
export interface ZypperExit {
  /** zypper's own name for it, without ZYPPER_EXIT_. */
  readonly name: string
  /**
   * `done`: it did what it was asked, and any answer it printed counts. `unsolved`: its solver, or what it was asked
   * for, is in the way; nothing was changed. The rest is the reason why there is no answer.
   */
  readonly meaning: "done" | "unsolved" | "locked" | "needs_root" | "failed"
}

/**
 * zypper(8), EXIT CODES. From 100 on they are information, not failures. None is believed alone: 0 may mean that there
 * are no repositories, 106 that the list is shorter than it should be, 102, 103 and 107 that all was installed.
 */
export const zypperExits: ReadonlyMap<number, ZypperExit> = new Map([
  [0, { name: "OK", meaning: "done" }],
  [1, { name: "ERR_BUG", meaning: "failed" }],
  [2, { name: "ERR_SYNTAX", meaning: "failed" }],
  [3, { name: "ERR_INVALID_ARGS", meaning: "failed" }],
  // No solution without a decision, and also a repository that could not be refreshed.
  [4, { name: "ERR_ZYPP", meaning: "unsolved" }],
  [5, { name: "ERR_PRIVILEGES", meaning: "needs_root" }],
  [6, { name: "NO_REPOS", meaning: "done" }],
  [7, { name: "ZYPP_LOCKED", meaning: "locked" }],
  // A download, a package or a script failed; what came before it is installed.
  [8, { name: "ERR_COMMIT", meaning: "failed" }],
  [100, { name: "INF_UPDATE_NEEDED", meaning: "done" }],
  [101, { name: "INF_SEC_UPDATE_NEEDED", meaning: "done" }],
  [102, { name: "INF_REBOOT_NEEDED", meaning: "done" }],
  // zypper itself was updated: what else was asked for needs a second run.
  [103, { name: "INF_RESTART_NEEDED", meaning: "done" }],
  [104, { name: "INF_CAP_NOT_FOUND", meaning: "unsolved" }],
  [105, { name: "ON_SIGNAL", meaning: "failed" }],
  [106, { name: "INF_REPOS_SKIPPED", meaning: "done" }],
  [107, { name: "INF_RPM_SCRIPT_FAILED", meaning: "done" }],
])

const unknown: ZypperExit = { name: "unknown", meaning: "failed" }

/** An exit code that is in no manual, such as that of a killed program, is a failure. */
export const zypperExit = (exitCode: number): ZypperExit => zypperExits.get(exitCode) ?? unknown

/** Some repository was left out, whatever else the answer holds. */
export const reposSkipped = 106
