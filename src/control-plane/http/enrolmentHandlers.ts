import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { Organization } from "../../protocol/AgentApi.ts"
import { Api } from "../../protocol/Api.ts"
import { enrolAgent } from "../enrolAgent.ts"
import { toUnavailable } from "./storageFailure.ts"

export const layer = HttpApiBuilder.group(Api, "enrolment", (handlers) =>
  handlers.handle("enrol", ({ payload }) =>
    Organization.pipe(
      Effect.flatMap((organization) => enrolAgent(organization.id, payload)),
      Effect.catchTag("PersistenceError", toUnavailable),
    ),
  ),
)
