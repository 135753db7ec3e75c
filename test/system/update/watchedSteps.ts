import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ReleaseSource } from "../../../src/self-update/ReleaseSource.ts"
import { ServiceControl } from "../../../src/self-update/ServiceControl.ts"
import { Slots } from "../../../src/self-update/Slots.ts"
import { UpdateMemory } from "../../../src/self-update/UpdateMemory.ts"
import type { LoadedConfig } from "../../../src/config/AgentConfig.ts"
import { layers } from "./UpdateHost.ts"

/** The layers of a host, where `after` happens as soon as anything was changed on disk or in the process table. */
export const watchedLayers = (
  root: string,
  config: LoadedConfig,
  after: (step: string) => Effect.Effect<void>,
) => {
  const done =
    (step: string) =>
    <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      Effect.tap(effect, () => after(step))
  const watched = Layer.mergeAll(
    Layer.effect(
      Slots,
      Effect.map(Slots, (slots) => ({
        ...slots,
        adopt: (version) => done("adopt")(slots.adopt(version)),
        prepare: (version) => done("prepare")(slots.prepare(version)),
        place: (version) => done("place")(slots.place(version)),
        switchTo: (version) => done(`switch to ${version}`)(slots.switchTo(version)),
        keepOnly: (...versions) => done("keep only")(slots.keepOnly(...versions)),
      })),
    ),
    Layer.effect(
      UpdateMemory,
      Effect.map(UpdateMemory, (memory) => ({
        ...memory,
        write: (state) => done(`write ${state.step?.name ?? "the end"}`)(memory.write(state)),
      })),
    ),
    Layer.effect(
      ServiceControl,
      Effect.map(ServiceControl, (service) => ({ ...service, restart: done("restart")(service.restart) })),
    ),
    Layer.effect(
      ReleaseSource,
      Effect.map(ReleaseSource, (source) => ({
        ...source,
        releases: done("metadata")(source.releases),
        download: (release, path) => done("download")(source.download(release, path)),
      })),
    ),
  )
  return watched.pipe(Layer.provideMerge(layers(root, config)))
}
