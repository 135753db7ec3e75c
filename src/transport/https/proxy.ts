import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { AgentConfig } from "../../config/AgentConfig.ts"
import { ConfigError } from "../../config/ConfigError.ts"
import { Environment } from "../../config/Environment.ts"

/** The proxy for HTTPS requests and the hosts that are reached without it. Its URL may hold a password. */
export interface Proxy {
  readonly url: Redacted.Redacted<string>
  readonly hostname: string
  readonly port: number
  /** As in NO_PROXY. */
  readonly except: string
}

const defaultPorts: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 }

/** `proxy:3128` is as good as `http://proxy:3128` to curl and everything else that reads the variable. */
const withScheme = (value: string) => (value.includes("://") ? value : `http://${value}`)

/**
 * The proxy to use: that of the configuration, else `https_proxy` or `HTTPS_PROXY`; lower case wins, as in curl.
 * `no_proxy` adds to the environment's list, and replaces it where the proxy itself is configured.
 */
export const readProxy = Effect.gen(function* () {
  const config = yield* AgentConfig
  const { variables } = yield* Environment
  const variable = (name: string) => variables[name] || variables[name.toUpperCase()] || ""

  const value = config.proxy === undefined ? variable("https_proxy") : Redacted.value(config.proxy)
  if (value === "" || config.no_proxy.includes("*")) return undefined

  const url = URL.parse(withScheme(value))
  const port = url === null ? undefined : defaultPorts[url.protocol]
  if (url === null || port === undefined) {
    const remedy = "give http://host:port or https://host:port"
    const origin =
      config.proxy === undefined ? { where: "HTTPS_PROXY" } : { where: config.path, key: "proxy" }
    return yield* new ConfigError({ problems: [{ ...origin, fault: "is not a usable proxy", remedy }] })
  }
  const inherited = config.proxy === undefined ? [variable("no_proxy")] : []
  const proxy: Proxy = {
    url: Redacted.make(url.href),
    hostname: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? port : Number(url.port),
    except: [...config.no_proxy, ...inherited].filter((entry) => entry !== "").join(","),
  }
  return proxy
})

/** Whether NO_PROXY names a host: by the rules of Node's https.Agent, which takes the decision for a connection. */
const isExcepted = (except: string, host: string, port: string) =>
  except
    .toLowerCase()
    .split(",")
    .map((entry) => entry.trim())
    .some(
      (entry) =>
        entry === "*" ||
        entry === host ||
        entry === `${host}:${port}` ||
        (entry.startsWith(".") && (host === entry.slice(1) || host.endsWith(entry))) ||
        (entry.startsWith("*.") && host.endsWith(entry.slice(1))),
    )

/** The proxy that a request to this https URL goes through, if any. */
export const proxyFor = (proxy: Proxy | undefined, url: URL): Proxy | undefined =>
  proxy !== undefined && !isExcepted(proxy.except, url.hostname, url.port || "443") ? proxy : undefined
