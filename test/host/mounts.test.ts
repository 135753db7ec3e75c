import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { readFileSync } from "node:fs"
import { diskMounts, mounts } from "../../src/host/mounts.ts"

const fixture = (name: string) =>
  mounts(readFileSync(new URL(`../fixtures/host/${name}.mountinfo`, import.meta.url), "utf8"))

const mountinfo = (...lines: ReadonlyArray<readonly [device: string, mountPoint: string, type: string]>) =>
  mounts(lines.map(([device, at, type]) => `1 1 ${device} / ${at} rw - ${type} none rw\n`).join(""))

describe("mounts", () => {
  it("reads a line with and without optional fields", () => {
    const line = (optional: string) =>
      `36 35 98:0 /mnt1 /mnt2 rw,noatime ${optional}- ext3 /dev/root rw,errors=continue`
    for (const optional of ["", "master:1 ", "shared:2 master:1 "]) {
      assert.deepStrictEqual(mounts(line(optional)), [
        { device: "98:0", mountPoint: "/mnt2", type: "ext3", source: "/dev/root" },
      ])
    }
  })

  it("takes back the kernel's escapes", () => {
    assert.strictEqual(mounts("1 1 8:1 / /a\\040b\\134c rw - xfs x rw")[0]?.mountPoint, "/a b\\c")
  })

  it.prop("takes any text", [Schema.String], ([text]) => {
    assert.isArray(diskMounts(mounts(text)))
    assert.isArray(diskMounts(mounts(`1 1 8:1 / /${text} rw - ext4 ${text} rw`)))
  })
})

describe("diskMounts", () => {
  it("finds the one disk of a virtual machine", () => {
    assert.deepStrictEqual(diskMounts(fixture("vm")), ["/"])
  })

  it("asks every local filesystem of a server once, and nothing that waits for a network", () => {
    assert.deepStrictEqual(diskMounts(fixture("server")), [
      "/",
      "/boot",
      "/boot/efi",
      "/data and more",
      // /home is another subvolume of the same space
      "/srv",
      // one pool, whatever its datasets
      "/tank",
    ])
  })

  it("asks a container for its layers and volumes, not for the files its engine binds", () => {
    assert.deepStrictEqual(diskMounts(fixture("docker")), ["/", "/data"])
  })

  it.each([
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "ceph",
    "9p",
    "virtiofs",
    "fuse",
    "fuse.sshfs",
    "fuse.glusterfs",
    "lustre",
  ])("never asks %s, nor a disk mounted below or behind it", (type) => {
    assert.deepStrictEqual(
      diskMounts(mountinfo(["8:1", "/", "ext4"], ["0:50", "/net", type], ["8:2", "/net/disk", "ext4"])),
      ["/"],
    )
    assert.deepStrictEqual(
      diskMounts(mountinfo(["8:1", "/", "ext4"], ["8:2", "/covered", "ext4"], ["0:50", "/covered", type])),
      ["/"],
    )
    assert.deepStrictEqual(diskMounts(mountinfo(["0:50", "/", type], ["8:2", "/disk", "ext4"])), [])
  })

  it("does not take a similar name for a path below", () => {
    assert.deepStrictEqual(diskMounts(mountinfo(["0:50", "/net", "nfs"], ["8:2", "/network", "ext4"])), [
      "/network",
    ])
  })

  it("counts memory and layers only as the root", () => {
    assert.deepStrictEqual(
      diskMounts(
        mountinfo(["0:30", "/", "tmpfs"], ["0:31", "/run", "tmpfs"], ["0:32", "/merged", "overlay"]),
      ),
      ["/"],
    )
  })
})
