import * as Schema from "effect/Schema"
import { isIP } from "node:net"

/** Where the server listens: an address of this machine, or a wildcard, and a port (0: any free one). */
export interface ListenAddress {
  readonly host: string
  readonly port: number
}

const shape = /^(?:\[([0-9a-fA-F:]+)\]|([0-9.]+)):(\d{1,5})$/

const parse = (text: string): ListenAddress | undefined => {
  const [, six, four, port] = shape.exec(text) ?? []
  const host = six ?? four ?? ""
  return isIP(host) !== 0 && Number(port) <= 65_535 ? { host, port: Number(port) } : undefined
}

/** `127.0.0.1:8443`, `0.0.0.0:443`, `[::1]:0`. */
export const ListenAddressText = Schema.String.check(
  Schema.makeFilter((text) => parse(text) !== undefined, {
    expected: "address:port, for example 127.0.0.1:8443 or [::]:443",
  }),
)

export const parseListenAddress = (text: typeof ListenAddressText.Type): ListenAddress =>
  parse(text) ?? { host: "127.0.0.1", port: 0 }

const isWildcard = (host: string) => host === "0.0.0.0" || /^[0:]+$/.test(host)

const urlHost = (host: string) => (isIP(host) === 6 ? `[${host}]` : host)

/** Every name and address the server's certificate must cover. */
export const certificateNames = (
  listen: ListenAddress,
  names: ReadonlyArray<string>,
): ReadonlyArray<string> => [
  ...new Set(["localhost", "127.0.0.1", "::1", ...(isWildcard(listen.host) ? [] : [listen.host]), ...names]),
]

/** What agents are given as `api_url`: the first name, else the address listened on. */
export const apiUrl = (listen: ListenAddress, names: ReadonlyArray<string>): string =>
  `https://${urlHost(names[0] ?? (isWildcard(listen.host) ? "localhost" : listen.host))}:${listen.port}`

/** How a program on this machine reaches the server, whatever DNS says. */
export const localUrl = (listen: ListenAddress): string => {
  if (!isWildcard(listen.host)) return `https://${urlHost(listen.host)}:${listen.port}`
  return `https://${isIP(listen.host) === 6 ? "[::1]" : "127.0.0.1"}:${listen.port}`
}
