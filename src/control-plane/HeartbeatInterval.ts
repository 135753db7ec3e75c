import * as Context from "effect/Context"

/** Seconds between two beats of one agent, as told in every reply. A server is online within two of them. */
export const HeartbeatInterval = Context.Reference<number>("patchctl/control-plane/HeartbeatInterval", {
  defaultValue: () => 300,
})
