/** `NAME:STREAM` as titles have it: `Important: nodejs:18 security update`. */
const named = /(?<![\w.+:-])([A-Za-z0-9][\w.+-]*):([A-Za-z0-9][\w.+-]*)/g

/** A package built in a module says so in its release: `.module_el8.6.0+3137+d33c3efb`, `.module+el9.4.0+20787`. */
const isModular = (version: string): boolean => /\.module[_+]/.test(version)

/** Some titles begin with the advisory's own id: `ALSA-2022:5468: php:8.0 security update (Important)`. */
const ownId = /^[A-Z]+-\d{4}:\d+/

const agrees = (stream: string, version: string): boolean => {
  const [number = ""] = /^\d+(?:\.\d+)*/.exec(stream) ?? []
  const upstream = version.replace(/^\d+:/, "")
  return number !== "" && (upstream.startsWith(`${number}.`) || upstream.startsWith(`${number}-`))
}

/**
 * The module streams that a build of an advisory belongs to: none for one outside modules, `?` where the title names
 * none. An advisory for several modules (`virt:rhel and virt-devel:rhel`) does not say which package is from which;
 * its packages count for all of them, which is harmless because the host knows the module of each of its packages. Of
 * several streams of one module, a build whose version tells its stream is of that one.
 */
export const moduleStreams = (title: string, version: string): ReadonlyArray<string> => {
  if (!isModular(version)) return []
  const found = [...title.replace(ownId, "").matchAll(named)].map(([, name = "", stream = ""]) => ({
    name,
    stream: stream.replace(/[.,-]+$/, ""),
  }))
  const fitting = found.filter(({ name, stream }) => {
    const siblings = found.filter((other) => other.name === name)
    return agrees(stream, version) || !siblings.some((other) => agrees(other.stream, version))
  })
  const streams = [...new Set(fitting.map(({ name, stream }) => `${name}:${stream}`))]
  return streams.length === 0 ? ["?"] : streams
}
