import * as HttpApi from "effect/http-api/HttpApi"
import * as OpenApi from "effect/http-api/OpenApi"
import { AgentGroup, EnrolmentGroup } from "./AgentApi.ts"
import { FeedGroup } from "./FeedApi.ts"
import { OperatorGroup } from "./OperatorApi.ts"
import { ReleaseGroup } from "./ReleaseApi.ts"

/** Version 1 of everything spoken over HTTPS. `docs/reference/openapi.json` is generated from it. */
export class Api extends HttpApi.make("patchctl")
  .add(EnrolmentGroup)
  .add(AgentGroup)
  .add(FeedGroup)
  .add(ReleaseGroup)
  .add(OperatorGroup)
  .annotateMerge(
    OpenApi.annotations({
      title: "PatchCTL",
      version: "1",
      description:
        "Agents enrol with a licence key and sign every later request (RFC 9421). Operators use bearer tokens. Errors are RFC 9457 problems with a stable `code`.",
    }),
  ) {}
