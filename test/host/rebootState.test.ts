import { assert, describe, it } from "@effect/vitest"
import * as Equal from "effect/Equal"
import * as Schema from "effect/Schema"
import { RebootState } from "../../src/domain/Host.ts"
import { rebootState, type RebootObservations } from "../../src/host/rebootState.ts"

const kernels = (...releases: ReadonlyArray<string>) => releases.map((release) => ({ release }))

const upToDate: RebootObservations = {
  container: "none",
  flag: undefined,
  running: { release: "6.1.0-27-amd64" },
  installed: kernels("6.1.0-27-amd64"),
  modules: ["6.1.0-27-amd64"],
}

/** `yes: newer_kernel_installed` and the like. */
const verdict = (observations: Partial<RebootObservations>) => {
  const { required, reasons } = rebootState({ ...upToDate, ...observations })
  return [required, ...reasons.map((reason) => reason.code)].join(" ")
}

describe("rebootState", () => {
  it("is no when nothing speaks for it", () => {
    assert.deepStrictEqual(rebootState(upToDate), { required: "no", reasons: [] })
  })

  it("names the packages beside the reboot-required file", () => {
    const flag = { path: "/run/reboot-required", packages: ["libc6", "linux-image-6.1.0-28-amd64"] }
    assert.deepStrictEqual(rebootState({ ...upToDate, flag }), {
      required: "yes",
      reasons: [
        {
          code: "reboot_required_file",
          detail: "/run/reboot-required exists",
          packages: ["libc6", "linux-image-6.1.0-28-amd64"],
        },
      ],
    })
  })

  it("says which kernel is newer", () => {
    assert.deepStrictEqual(
      rebootState({ ...upToDate, installed: kernels("6.1.0-9-amd64", "6.1.0-27-amd64", "6.1.0-28-amd64") }),
      {
        required: "yes",
        reasons: [
          {
            code: "newer_kernel_installed",
            detail: "6.1.0-27-amd64 is running, 6.1.0-28-amd64 is the newest installed",
          },
        ],
      },
    )
  })

  it("compares versions, not texts", () => {
    assert.strictEqual(verdict({ installed: kernels("6.1.0-27-amd64", "6.1.0-9-amd64") }), "no")
    assert.strictEqual(
      verdict({
        running: { release: "6.1.0-9-amd64" },
        installed: kernels("6.1.0-9-amd64", "6.1.0-10-amd64"),
      }),
      "yes newer_kernel_installed",
    )
    assert.strictEqual(
      verdict({
        running: { release: "6.1.0-0.deb11.9-amd64" },
        installed: kernels("6.1.0-0.deb11.9-amd64", "6.1.0-0.deb11.21-amd64"),
      }),
      "yes newer_kernel_installed",
    )
  })

  it("does not take a kernel of another flavour for a successor", () => {
    const others = kernels(
      "6.1.0-27-amd64",
      "6.1.0-30-rt-amd64",
      "6.1.0-30-cloud-amd64",
      "6.12.9+bpo-cloud-amd64",
    )
    assert.strictEqual(verdict({ installed: others }), "no")
  })

  it("notices a rebuild under the same release", () => {
    const installed = [{ release: "6.1.0-27-amd64", build: "6.1.115-1" }]
    const running = (build: string) => ({ release: "6.1.0-27-amd64", build })
    assert.strictEqual(verdict({ installed, running: running("6.1.112-1") }), "yes newer_kernel_installed")
    assert.strictEqual(verdict({ installed, running: running("6.1.115-1") }), "no")
    assert.strictEqual(verdict({ installed }), "no")
  })

  it("notices that the running kernel was removed", () => {
    assert.strictEqual(
      verdict({ installed: kernels("6.1.0-28-amd64"), modules: ["6.1.0-28-amd64"] }),
      "yes running_kernel_removed",
    )
    // pacman and apk replace the directory; their versions are not Debian's
    assert.strictEqual(
      verdict({ running: { release: "6.10.3-arch1-2" }, installed: undefined, modules: ["6.10.5-arch1-1"] }),
      "yes running_kernel_removed",
    )
  })

  it("does not miss a kernel built by hand, which no package knows", () => {
    assert.strictEqual(
      verdict({ running: { release: "6.9.3-custom" }, modules: ["6.9.3-custom", "6.1.0-27-amd64"] }),
      "no",
    )
  })

  it("is no where the hypervisor brings the kernel and none is installed", () => {
    assert.strictEqual(verdict({ running: { release: "6.18.44-fc-v669" }, installed: [], modules: [] }), "no")
  })

  it("is unknown where only other flavours are installed than the running one", () => {
    assert.strictEqual(verdict({ running: { release: "6.9.3-x86_64-linode165" } }), "unknown check_failed")
  })

  it("is unknown where versions cannot be compared", () => {
    const running = { release: "5.14.0-427.13.1.el9_4.x86_64" }
    const other = "5.14.0-427.20.1.el9_4.x86_64"
    assert.strictEqual(
      verdict({ running, installed: undefined, modules: [running.release, other] }),
      "unknown check_failed",
    )
    assert.strictEqual(verdict({ running, installed: undefined, modules: [running.release] }), "no")
  })

  it("trusts the packages where a sandbox hides the modules, and is unknown without either", () => {
    assert.strictEqual(verdict({ modules: undefined }), "no")
    assert.strictEqual(verdict({ modules: undefined, installed: undefined }), "unknown check_failed")
    assert.strictEqual(verdict({ modules: undefined, installed: [] }), "unknown check_failed")
  })

  it("is yes rather than unknown when one check fails and another finds evidence", () => {
    const flag = { path: "/run/reboot-required", packages: [] }
    assert.strictEqual(
      verdict({ flag, modules: undefined, installed: undefined }),
      "yes reboot_required_file check_failed",
    )
  })

  it("does not apply to a container", () => {
    const flag = { path: "/run/reboot-required", packages: ["libc6"] }
    assert.strictEqual(
      verdict({ container: "docker", flag, installed: kernels("9.9.9-1-amd64") }),
      "no container",
    )
  })

  const Release = Schema.Union([Schema.String, Schema.Literals(["6.1.0-27-amd64", "6.1.0-28-amd64"])])
  const Observations = Schema.Struct({
    container: Schema.Literals(["none", "lxc"]),
    flag: Schema.UndefinedOr(Schema.Struct({ path: Schema.String, packages: Schema.Array(Schema.String) })),
    running: Schema.Struct({ release: Release, build: Schema.optionalKey(Schema.String) }),
    installed: Schema.UndefinedOr(
      Schema.Array(Schema.Struct({ release: Release, build: Schema.optionalKey(Schema.String) })),
    ),
    modules: Schema.UndefinedOr(Schema.Array(Release)),
  })
  it.prop(
    "answers anything with a state that can be sent, and never without a reason",
    [Observations],
    ([seen]) => {
      const state = rebootState(seen)
      assert.isTrue(
        Equal.equals(Schema.decodeSync(RebootState)(Schema.encodeSync(RebootState)(state)), state),
      )
      assert.isTrue(state.required === "no" || state.reasons.length > 0)
    },
  )
})
