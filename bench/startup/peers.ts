/** An agent or service of the same kind, started so that it stays idle: nobody answers it. */
export interface Peer {
  readonly name: string
  /** Where it may be installed. */
  readonly programs: ReadonlyArray<string>
  /** Its arguments, given a folder of its own. */
  readonly daemon: (folder: string) => ReadonlyArray<string>
  /** What it reads from `agent.conf` in that folder. */
  readonly configuration?: (folder: string) => string
}

/** Those that Debian packages, and osqueryd, as far as they run without being set up. */
export const peers: ReadonlyArray<Peer> = [
  {
    name: "osqueryd",
    programs: ["/usr/bin/osqueryd", "/opt/osquery/bin/osqueryd"],
    daemon: (folder) => [
      "--ephemeral",
      "--disable_database",
      "--config_path=/dev/null",
      `--pidfile=${folder}/osquery.pid`,
      `--extensions_socket=${folder}/osquery.em`,
    ],
  },
  {
    name: "puppet agent",
    programs: ["/usr/bin/puppet"],
    daemon: (folder) => [
      "agent",
      "--no-daemonize",
      "--server=localhost",
      `--confdir=${folder}`,
      `--vardir=${folder}`,
    ],
  },
  {
    name: "fusioninventory-agent",
    programs: ["/usr/bin/fusioninventory-agent"],
    daemon: (folder) => ["--daemon", "--no-fork", "--no-httpd", `--local=${folder}`],
  },
  {
    name: "zabbix_agent2",
    programs: ["/usr/sbin/zabbix_agent2"],
    daemon: (folder) => ["--foreground", "--config", `${folder}/agent.conf`],
    configuration: (folder) => `LogType=console
Hostname=benchmark
Server=127.0.0.1
ServerActive=127.0.0.1:1
ListenIP=127.0.0.1
ListenPort=20050
ControlSocket=${folder}/control.sock
PluginSocket=${folder}/plugin.sock
`,
  },
  {
    name: "packagekitd",
    programs: ["/usr/libexec/packagekitd"],
    // It ends without a system bus.
    daemon: () => ["--keep-environment"],
  },
]
