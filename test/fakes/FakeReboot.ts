import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import { Reboot, RebootRefused } from "../../src/host/Reboot.ts"

/** How a host that only pretends to restart answers, and how often it was asked. */
export interface RebootMemory {
  readonly asked: number
  readonly refusal: Option.Option<string>
}

export class FakeRebootMemory extends Context.Service<FakeRebootMemory, Ref.Ref<RebootMemory>>()(
  "patchctl/test/FakeReboot",
) {}

/** Takes every request to restart, and does nothing. */
export const layer = Layer.effectContext(
  Effect.gen(function* () {
    const memory = yield* Ref.make<RebootMemory>({ asked: 0, refusal: Option.none() })
    const request = Effect.gen(function* () {
      const { refusal } = yield* Ref.updateAndGet(memory, (known) => ({ ...known, asked: known.asked + 1 }))
      if (Option.isSome(refusal)) return yield* new RebootRefused({ detail: refusal.value })
    })
    return Context.make(FakeRebootMemory, memory).pipe(Context.add(Reboot, Reboot.of({ request })))
  }),
)
