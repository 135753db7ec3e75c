import { assert, describe, it } from "@effect/vitest"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { CommandFlags } from "../../../src/control-plane/cli/commandFlags.ts"
import { commandOfFlags } from "../../../src/control-plane/cli/commandOfFlags.ts"
import type { CommandName } from "../../../src/domain/Command.ts"

const noFlags: CommandFlags = {
  parameters: Option.none(),
  refresh: Option.none(),
  packages: [],
  security: false,
  all: false,
  dryRun: false,
  planDigest: Option.none(),
  exclude: [],
  minAgeHours: Option.none(),
  deadline: Option.none(),
  reboot: Option.none(),
  allowRemovals: false,
  repair: false,
}

const parameters = (name: CommandName, flags: Partial<CommandFlags>): unknown =>
  Result.getOrThrow(commandOfFlags(name, { ...noFlags, ...flags })).parameters

const refused = (name: CommandName, flags: Partial<CommandFlags>) =>
  Result.getOrThrow(Result.flip(commandOfFlags(name, { ...noFlags, ...flags })))

describe("commandOfFlags", () => {
  it("reads every flag", () => {
    assert.deepStrictEqual(parameters("health_check", {}), {})
    assert.deepStrictEqual(parameters("check_updates", { refresh: Option.some("always") }), {
      refresh: "always",
    })
    assert.deepStrictEqual(parameters("check_updates", { refresh: Option.some("3600") }), {
      refresh: { if_older_than_seconds: 3600 },
    })
    assert.deepStrictEqual(parameters("get_package_info", { packages: ["bash", "curl"] }), {
      packages: ["bash", "curl"],
    })
    assert.deepStrictEqual(
      parameters("install_updates", {
        packages: ["libc6=2.36-9+deb12u13"],
        exclude: ["linux-*"],
        minAgeHours: Option.some(24),
        dryRun: true,
        reboot: Option.some("if_required"),
        allowRemovals: true,
        repair: true,
        planDigest: Option.some("0".repeat(64)),
      }),
      {
        selection: { kind: "packages", packages: [{ name: "libc6", version: "2.36-9+deb12u13" }] },
        exclude: ["linux-*"],
        min_age_hours: 24,
        dry_run: true,
        reboot: "if_required",
        allow_removals: true,
        repair: true,
        plan_digest: "0".repeat(64),
      },
    )
  })

  it("takes parameters as JSON instead", () => {
    const selection = { kind: "security" }
    const json = Option.some({ selection, dry_run: true })
    assert.deepStrictEqual(parameters("install_updates", { parameters: json }), { selection, dry_run: true })
    assert.include(refused("install_updates", { parameters: json, dryRun: true }), "not both")
  })

  it("refuses a flag the command does not take", () => {
    assert.include(refused("health_check", { dryRun: true }), "dry_run")
    assert.include(refused("check_updates", { security: true }), "selection")
    assert.include(refused("get_package_info", { packages: ["bash"], exclude: ["x"] }), "exclude")
  })

  it("refuses an installation that does not say of what", () => {
    const wanted = "exactly one of --package NAME=VERSION, --security and --all"
    assert.include(refused("install_updates", {}), wanted)
    assert.include(refused("install_updates", { security: true, all: true }), wanted)
    assert.include(refused("install_updates", { packages: ["bash"] }), "version")
  })

  it.each(["-o", "--force-yes", "a;b", "$(x)", "../x", "a".repeat(300)])(
    "refuses the package name %s",
    (name) => {
      assert.include(refused("get_package_info", { packages: [name] }), "packages")
      assert.include(refused("install_updates", { packages: [`${name}=1`] }), "packages")
    },
  )
})
