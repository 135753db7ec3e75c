import type { RebootState } from "../domain/Host.ts"
import { compare } from "../version/deb.ts"
import { kernelRelease, type Kernel } from "./kernels.ts"

/** What a host shows about whether it should restart. */
export interface RebootObservations {
  /** `none` or the container's kind. */
  readonly container: string
  /** The reboot-required file, with the packages named beside it; `undefined` when there is none. */
  readonly flag: { readonly path: string; readonly packages: ReadonlyArray<string> } | undefined
  readonly running: Kernel
  /** Kernels that could be started; `undefined` when they are not known or not versioned as Debian's are. */
  readonly installed: ReadonlyArray<Kernel> | undefined
  /** Releases with a directory under /lib/modules; `undefined` when that cannot be read. */
  readonly modules: ReadonlyArray<string> | undefined
}

type Reason = RebootState["reasons"][number]

/** The answer when there is nothing to judge by. */
export const undecided = (detail: string): RebootState => ({
  required: "unknown",
  reasons: [{ code: "check_failed", detail }],
})

const describe = (kernel: Kernel): string =>
  kernel.build === undefined ? kernel.release : `${kernel.release} (${kernel.build})`

/** By release, then by package version, since a rebuild may keep the release. An unknown build is never older. */
const compareKernels = (a: Kernel, b: Kernel): number => {
  const releases = compare(kernelRelease(a.release).version, kernelRelease(b.release).version)
  if (releases !== 0 || a.build === undefined || b.build === undefined) return releases
  return compare(a.build, b.build)
}

/** The kernels' verdict, as the one reason it rests on. */
const kernelReason = ({ running, installed, modules }: RebootObservations): Reason | undefined => {
  const { flavour } = kernelRelease(running.release)
  const ofThisFlavour = (release: string) => kernelRelease(release).flavour === flavour
  const releases = new Set([...(installed ?? []).map((kernel) => kernel.release), ...(modules ?? [])])

  if (releases.has(running.release)) {
    const newest = installed
      ?.filter((kernel) => ofThisFlavour(kernel.release))
      .toSorted(compareKernels)
      .at(-1)
    if (newest !== undefined && compareKernels(newest, running) > 0) {
      return {
        code: "newer_kernel_installed",
        detail: `${describe(running)} is running, ${describe(newest)} is the newest installed`,
      }
    }
    const others = [...releases].filter((release) => release !== running.release && ofThisFlavour(release))
    return installed !== undefined || others.length === 0
      ? undefined
      : {
          code: "check_failed",
          detail: `${others.join(", ")} cannot be compared with the running ${running.release}`,
        }
  }
  if ([...releases].some(ofThisFlavour)) {
    return {
      code: "running_kernel_removed",
      detail: `${running.release} is running but no longer installed: it can load no further modules`,
    }
  }
  // No kernel here at all is normal where the hypervisor brings it. Kernels that are all of another flavour may mean
  // the same, or that the running flavour was replaced.
  if (releases.size > 0) {
    return {
      code: "check_failed",
      detail: `${running.release} is running and not of the installed flavour: ${[...releases].join(", ")}`,
    }
  }
  return modules === undefined
    ? { code: "check_failed", detail: "no installed kernels are known and /lib/modules cannot be read" }
    : undefined
}

/**
 * Tri-state: `yes` with any evidence for it, else `unknown` when a check could not be made, else `no`. A newer
 * kernel counts only within the running one's flavour. Debian writes the reboot-required file only where
 * unattended-upgrades is installed, so its absence proves nothing. A container runs its host's kernel.
 */
export const rebootState = (observations: RebootObservations): RebootState => {
  const { container, flag } = observations
  if (container !== "none") {
    return {
      required: "no",
      reasons: [
        { code: "container", detail: `the kernel belongs to the host of this ${container} container` },
      ],
    }
  }
  const asked: Reason | undefined =
    flag === undefined
      ? undefined
      : {
          code: "reboot_required_file",
          detail: `${flag.path} exists`,
          ...(flag.packages.length === 0 ? {} : { packages: flag.packages }),
        }
  const reasons = [asked, kernelReason(observations)].filter((reason) => reason !== undefined)
  const evidence = reasons.some((reason) => reason.code !== "check_failed")
  return { required: evidence ? "yes" : reasons.length > 0 ? "unknown" : "no", reasons }
}
