import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { onHost } from "../lab/machine.ts"
import type { Releases } from "./releases.ts"

const inCopy = (release: string, commands: string, ...hidden: ReadonlyArray<string>) =>
  onHost(["bash", `${import.meta.dirname}/hostCopy.sh`, release, commands, ...hidden])

const key = "pk_live_0123456789abcdef"
/** Nothing of an installation, and no remains of the attempt. */
const nothing =
  "; code=$?; ls -A /opt /etc/patchctl /usr/local/bin 2>/dev/null | grep -v : | tr -d '\\n'; exit $code"
const altered = "mkdir /tmp/release && cp /release/*.tar.gz /release/SHA256SUMS* /tmp/release/"
const fromAltered = `sh /release/install.sh --from=/tmp/release --key=${key}${nothing}`

interface Refusal {
  readonly what: string
  readonly commands: string
  readonly says: string
  readonly hidden?: ReadonlyArray<string>
}

const refusals: ReadonlyArray<Refusal> = [
  {
    what: "an altered list of checksums",
    commands: `${altered}; sed -i 's/^./f/' /tmp/release/SHA256SUMS; ${fromAltered}`,
    says: "the signature of /tmp/release/SHA256SUMS is wrong",
  },
  {
    what: "an altered archive",
    commands: `${altered}; for f in /tmp/release/*-x64.tar.gz; do printf x >>$f; done; ${fromAltered}`,
    says: "the checksum of patchctl-agent-",
  },
  {
    what: "a list that another key has signed",
    commands: `${altered}; openssl ecparam -name prime256v1 -genkey -noout -out /tmp/k 2>/dev/null; openssl dgst -sha256 -sign /tmp/k -out /tmp/release/SHA256SUMS.sig /tmp/release/SHA256SUMS; ${fromAltered}`,
    says: "the signature of /tmp/release/SHA256SUMS is wrong",
  },
  {
    what: "a release without a signature",
    commands: `${altered}; rm /tmp/release/SHA256SUMS.sig; ${fromAltered}`,
    says: "/tmp/release/SHA256SUMS.sig is not there",
  },
  {
    what: "a host without openssl",
    commands: `sh /release/install.sh --from=/release --key=${key}${nothing}`,
    says: "install the package openssl",
    hidden: ["openssl"],
  },
  {
    what: "another version than the one asked for",
    commands: `sh /release/install.sh --from=/release --version=1.2.3${nothing}`,
    says: "asked for version 1.2.3",
  },
  {
    what: "a key with a typing error, without showing it",
    commands: `sh /release/install.sh --from=/release --key=${key}!${nothing}`,
    says: "that is not a licence key",
  },
  {
    what: "a misspelt option, without showing its value",
    commands: `sh /release/install.sh --kye=${key}${nothing}`,
    says: "unknown option --kye",
  },
  {
    what: "a script that was cut off on its way",
    commands: `head -c -20 /release/install.sh | sh -s -- --from=/release --key=${key}${nothing}`,
    says: "",
  },
  {
    what: "an ordinary user",
    commands: `setpriv --reuid=nobody --clear-groups sh /release/install.sh --from=/release${nothing}`,
    says: "run this as root",
  },
]

/** Whatever is refused leaves nothing behind and shows no key. */
export const refuses = Effect.fnUntraced(function* ({ newer }: Releases["Service"]) {
  for (const { what, commands, says, hidden } of refusals) {
    const { exitCode, stdout, stderr } = yield* inCopy(newer.folder, commands, ...(hidden ?? []))
    assert.deepStrictEqual({ what, stdout }, { what, stdout: "" })
    assert.include(stderr, says, what)
    assert.notInclude(stderr, key, what)
    if (says !== "") assert.strictEqual(exitCode, 1, what)
  }
})

const serve = (folder: string) => `cd /tmp
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=release.test -addext subjectAltName=DNS:release.test -keyout s.key -out s.crt 2>/dev/null
cat s.crt >>/etc/ssl/certs/ca-certificates.crt
( cd ${folder} && exec openssl s_server -quiet -accept 443 -cert /tmp/s.crt -key /tmp/s.key -WWW ) >/dev/null 2>&1 &
n=0; until openssl s_client -connect release.test:443 </dev/null >/dev/null 2>&1 || [ $n = 100 ]; do n=$((n + 1)); sleep 0.1; done
`

const state = `
cat /tmp/service-manager
stat -c '%n %a' /etc/patchctl/config.json /etc/init.d/patchctl /opt/patchctl/uninstall.sh
tr -d ' \\n' </etc/patchctl/config.json
`

/** By whichever program downloads, in whichever shell, and by OpenRC where there is no systemd. */
export const installsAnywhere = Effect.fnUntraced(function* ({ newer }: Releases["Service"]) {
  for (const [shell, ...hidden] of [
    ["dash", "wget"],
    ["bash", "curl"],
    ["busybox sh", "wget"],
  ] as const) {
    const install = `printf '%s \\n' ${key} >/tmp/key; ${shell} /release/install.sh --key-file=/tmp/key --from=https://release.test --api-url=https://patch.example --no-read-only`
    const { exitCode, stdout, stderr } = yield* inCopy(
      newer.folder,
      `set -e\n${serve("/release")}${install}\n${state}\n/opt/patchctl/uninstall.sh\nfind /opt /etc /var /usr/local -name '*patchctl*'`,
      ...hidden,
    )
    assert.strictEqual(exitCode, 0, `${shell}: ${stderr}`)
    assert.deepStrictEqual(stdout.trim().split("\n"), [
      `PatchCTL agent ${newer.version} is installed.`,
      "It is running. Whether all is well: patchctl status, and as root: patchctl selftest",
      "rc-update --quiet add patchctl default",
      "rc-service patchctl restart",
      "/etc/patchctl/config.json 600",
      "/etc/init.d/patchctl 755",
      "/opt/patchctl/uninstall.sh 755",
      `{"read_only":false,"api_url":"https://patch.example","license_key":"${key}"}The PatchCTL agent is removed.`,
    ])
  }
})
