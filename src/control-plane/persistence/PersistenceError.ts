import * as Schema from "effect/Schema"

/** What was asked could not be read or stored. Nothing that was acknowledged is lost; the caller may try again. */
export class PersistenceError extends Schema.TaggedError<PersistenceError>()("PersistenceError", {
  reason: Schema.Literals(["full", "read_only", "damaged", "busy", "failed"]),
  cause: Schema.Defect(),
}) {
  override get message() {
    return {
      full: "the disk of the data directory is full: free space, agents repeat what was not stored",
      read_only: "the data directory is not writable: check owner, mode and mount options",
      damaged: "the database is damaged: stop the control plane and restore the data directory",
      busy: "another process holds the database for too long",
      failed: "the database does not answer as expected",
    }[this.reason]
  }
}
