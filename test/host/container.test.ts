import { assert, describe, it } from "@effect/vitest"
import { containerOf, type ContainerTraces } from "../../src/host/container.ts"

const machine: ContainerTraces = {
  manager: undefined,
  initEnvironment: undefined,
  kernelRelease: "6.1.0-27-amd64",
  openvz: false,
  dockerenv: false,
  containerenv: false,
  pidNamespace: "pid:[4026531836]",
}
const inside = "pid:[4026532570]"

describe("containerOf", () => {
  const cases: ReadonlyArray<readonly [what: string, traces: Partial<ContainerTraces>, expected: string]> = [
    ["a machine", {}, "none"],
    ["a machine made from a container image", { dockerenv: true, containerenv: true }, "none"],
    ["Docker", { dockerenv: true, pidNamespace: inside }, "docker"],
    ["Podman", { containerenv: true, pidNamespace: inside }, "podman"],
    ["LXC with systemd", { manager: "lxc\n", pidNamespace: inside }, "lxc"],
    ["LXC seen by root", { initEnvironment: "PATH=/bin\0container=lxc\0", pidNamespace: inside }, "lxc"],
    ["nspawn", { manager: "systemd-nspawn", pidNamespace: inside }, "systemd-nspawn"],
    [
      "an engine that calls itself oci",
      { manager: "oci", containerenv: true, pidNamespace: inside },
      "podman",
    ],
    ["an engine nobody knows", { manager: "boxes", pidNamespace: inside }, "container-other"],
    ["Kubernetes, which leaves no mark", { pidNamespace: inside }, "container-other"],
    ["Docker without readable namespace", { dockerenv: true, pidNamespace: undefined }, "docker"],
    ["a kernel without namespaces", { pidNamespace: undefined }, "none"],
    ["OpenVZ", { openvz: true }, "openvz"],
    ["WSL", { kernelRelease: "5.15.167.4-microsoft-standard-WSL2" }, "wsl"],
    ["an empty word", { manager: "\n", initEnvironment: "container=\0" }, "none"],
  ]
  it.each(cases)("recognises %s", (_, traces, expected) => {
    assert.strictEqual(containerOf({ ...machine, ...traces }), expected)
  })
})
