import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { packageUrl } from "../../src/cli/packageUrl.ts"
import { InstalledPackage } from "../../src/domain/Package.ts"
import { releaseNamed } from "../../src/vulnerability/release.ts"

const decode = Schema.decodeUnknownSync(InstalledPackage)

describe("packageUrl", () => {
  const cases: ReadonlyArray<readonly [string, string, object]> = [
    [
      "debian-12",
      "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bdeb12u1?arch=amd64&distro=debian-12&upstream=gcc-12",
      {
        manager: "apt",
        name: "libstdc++6",
        architecture: "amd64",
        version: "12.2.0-14+deb12u1",
        source: "gcc-12",
      },
    ],
    [
      "ubuntu-24.04",
      "pkg:deb/ubuntu/bsdutils@1:2.39.3-9ubuntu6~1?arch=amd64&distro=ubuntu-24.04&upstream=util-linux%402.39.3-9ubuntu6~1",
      {
        manager: "apt",
        name: "bsdutils",
        architecture: "amd64",
        version: "1:2.39.3-9ubuntu6~1",
        source: "util-linux",
        sourceVersion: "2.39.3-9ubuntu6~1",
      },
    ],
    [
      "almalinux-9",
      "pkg:rpm/almalinux/NetworkManager@1.48.10-2.el9?arch=x86_64&distro=almalinux-9&epoch=1",
      { manager: "dnf", name: "NetworkManager", architecture: "x86_64", version: "1:1.48.10-2.el9" },
    ],
    [
      "rhel-9",
      "pkg:rpm/redhat/perl-libs@5.32.1-481.el9?arch=i686&distro=rhel-9&epoch=4",
      { manager: "dnf", name: "perl-libs", architecture: "i686", version: "4:5.32.1-481.el9" },
    ],
    [
      "opensuse-leap-15.6",
      "pkg:rpm/opensuse/bash@4.4-150400.27.3.2?arch=x86_64&distro=opensuse-leap-15.6",
      { manager: "zypper", name: "bash", architecture: "x86_64", version: "4.4-150400.27.3.2" },
    ],
    [
      "alpine-3.20",
      "pkg:apk/alpine/libcrypto3@3.3.2-r0?arch=x86_64&distro=alpine-3.20&upstream=openssl",
      { manager: "apk", name: "libcrypto3", architecture: "x86_64", version: "3.3.2-r0", source: "openssl" },
    ],
    [
      "arch",
      "pkg:alpm/arch/pacman@6.1.0-3?arch=x86_64&distro=arch",
      { manager: "pacman", name: "pacman", architecture: "x86_64", version: "6.1.0-3" },
    ],
    [
      "a system that nobody names",
      "pkg:deb/bash@5.2-1?arch=all",
      { manager: "apt", name: "bash", architecture: "all", version: "5.2-1" },
    ],
  ]
  it.each(cases)("on %s is %s", (release, url, row) => {
    assert.strictEqual(packageUrl(decode(row), releaseNamed(release)), url)
  })
})
