import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { InstalledPackage } from "../../src/domain/Package.ts"
import { debianBuild, installedKernels, kernelRelease } from "../../src/host/kernels.ts"

describe("kernelRelease", () => {
  it.each([
    ["6.1.0-27-amd64", "6.1.0-27", "amd64"],
    ["6.1.0-27-cloud-amd64", "6.1.0-27", "cloud-amd64"],
    ["6.1.0-0.deb11.21-rt-amd64", "6.1.0-0.deb11.21", "rt-amd64"],
    ["6.12.43+deb13-amd64", "6.12.43+deb13", "amd64"],
    ["6.12.9+bpo-cloud-arm64", "6.12.9+bpo", "cloud-arm64"],
    ["6.11-rc5-amd64", "6.11-rc5", "amd64"],
    ["5.15.0-130-generic", "5.15.0-130", "generic"],
    ["6.8.0-1021-aws", "6.8.0-1021", "aws"],
    ["6.6.51+rpt-rpi-v8", "6.6.51+rpt", "rpi-v8"],
    ["6.8.12-4-pve", "6.8.12-4", "pve"],
    ["6.4.0-150600.23.7-default", "6.4.0-150600.23.7", "default"],
    ["6.6.41-0-virt", "6.6.41-0", "virt"],
    ["6.10.3-arch1-2", "6.10.3-arch1-2", ""],
    ["6.10.3-zen1-2-zen", "6.10.3-zen1-2", "zen"],
    ["6.6.44-1-lts", "6.6.44-1", "lts"],
    ["5.14.0-427.13.1.el9_4.x86_64", "5.14.0-427.13.1.el9_4.x86_64", ""],
    ["5.14.0-427.13.1.el9_4.x86_64+rt", "5.14.0-427.13.1.el9_4.x86_64", "rt"],
    ["6.12.0-55.el10.aarch64+64k-debug", "6.12.0-55.el10.aarch64", "64k-debug"],
    ["6.18.44-fc-v669", "6.18.44", "fc-v669"],
  ])("takes %s apart", (release, version, flavour) => {
    assert.deepStrictEqual(kernelRelease(release), { version, flavour })
  })

  it.prop("takes any text, and invents nothing", [Schema.String], ([text]) => {
    const { version, flavour } = kernelRelease(text)
    assert.isTrue(text.startsWith(version) && text.endsWith(flavour))
    assert.isAtMost(version.length + flavour.length, text.length)
  })
})

const row = (name: string, version: string, manager: "apt" | "dnf" = "apt") =>
  Schema.decodeSync(InstalledPackage)({ manager, name, version, architecture: "amd64" })

describe("installedKernels", () => {
  it("takes packages that hold a kernel and no others", () => {
    const inventory = [
      row("linux-image-6.1.0-27-amd64", "6.1.115-1"),
      row("linux-image-6.1.0-28-amd64-unsigned", "6.1.119-1"),
      row("linux-image-unsigned-6.8.0-49-generic", "6.8.0-49.49"),
      row("linux-image-6.12.43+deb13-cloud-amd64", "6.12.43-1"),
      row("proxmox-kernel-6.8.12-4-pve-signed", "6.8.12-4"),
      row("linux-image-6.11-rc5-amd64", "6.11~rc5-1~exp1"),
      // meta packages
      row("linux-image-amd64", "6.1.115-1"),
      row("linux-image-cloud-amd64", "6.1.115-1"),
      row("linux-image-generic-hwe-22.04", "6.8.0-49.49"),
      row("proxmox-kernel-6.8", "6.8.12-4"),
      // parts of a kernel
      row("linux-image-6.1.0-27-amd64-dbg", "6.1.115-1"),
      row("linux-headers-6.1.0-27-amd64", "6.1.115-1"),
      row("linux-modules-5.15.0-130-generic", "5.15.0-130.140"),
    ]
    assert.deepStrictEqual(installedKernels(inventory), [
      { release: "6.1.0-27-amd64", build: "6.1.115-1" },
      { release: "6.1.0-28-amd64", build: "6.1.119-1" },
      { release: "6.8.0-49-generic", build: "6.8.0-49.49" },
      { release: "6.12.43+deb13-cloud-amd64", build: "6.12.43-1" },
      { release: "6.8.12-4-pve", build: "6.8.12-4" },
      { release: "6.11-rc5-amd64", build: "6.11~rc5-1~exp1" },
    ])
  })

  it.prop("takes any inventory", [Schema.Array(InstalledPackage)], ([inventory]) => {
    assert.isAtMost(installedKernels(inventory).length, inventory.length)
  })
})

describe("debianBuild", () => {
  it("finds the package version in a Debian kernel", () => {
    const debian =
      "Linux version 6.1.0-27-amd64 (debian-kernel@lists.debian.org) (gcc-12 (Debian 12.2.0-14) 12.2.0, GNU ld " +
      "(GNU Binutils for Debian) 2.40) #1 SMP PREEMPT_DYNAMIC Debian 6.1.115-1 (2024-11-01)\n"
    assert.strictEqual(debianBuild(debian), "6.1.115-1")
  })

  it("finds none in another", () => {
    assert.isUndefined(debianBuild("Linux version 6.18.44 (gcc (GCC) 15.3.0) #1 SMP PREEMPT_DYNAMIC @0\n"))
    assert.isUndefined(
      debianBuild(
        "Linux version 5.15.0-130-generic (buildd@lcy02) #140-Ubuntu SMP Wed Dec 18 17:59:53 UTC 2024\n",
      ),
    )
  })
})

describe("installedKernels of rpm hosts", () => {
  const releases = (manager: "dnf" | "zypper", rows: ReadonlyArray<readonly [string, string]>) =>
    installedKernels(
      rows.map(([name, version]) =>
        Schema.decodeSync(InstalledPackage)({ manager, name, version, architecture: "x86_64" }),
      ),
    ).map(({ release }) => release)

  it("names them as uname does in Red Hat's families, each once", () => {
    const found = releases("dnf", [
      ["kernel", "5.14.0-503.el9"],
      ["kernel-core", "5.14.0-503.el9"],
      ["kernel-core", "5.14.0-611.el9"],
      ["kernel-modules", "5.14.0-503.el9"],
      ["kernel-headers", "5.14.0-611.el9"],
      ["kernel-rt-core", "5.14.0-503.el9"],
      ["kernel-debug-core", "5.14.0-503.el9"],
      ["kernel-64k-debug-core", "5.14.0-503.el9"],
      ["kernel-uek-core", "5.15.0-3.el9uek"],
    ])
    assert.deepStrictEqual(found, [
      "5.14.0-503.el9.x86_64",
      "5.14.0-611.el9.x86_64",
      "5.14.0-503.el9.x86_64+rt",
      "5.14.0-503.el9.x86_64+debug",
      "5.14.0-503.el9.x86_64+64k-debug",
      "5.15.0-3.el9uek.x86_64",
    ])
  })

  it("names them as uname does on SUSE, without the count of rebuilds", () => {
    const found = releases("zypper", [
      ["kernel-default", "6.4.0-150600.23.7.3"],
      ["kernel-default-devel", "6.4.0-150600.23.7.3"],
      ["kernel-azure", "6.4.0-150600.8.5.1"],
    ])
    assert.deepStrictEqual(found, ["6.4.0-150600.23.7-default", "6.4.0-150600.8.5-azure"])
  })
})
