/** Other agents and services of the same kind that Debian packages, as far as they run without being set up. */
export const peers = [
  {
    name: "osqueryd",
    programs: ["/usr/bin/osqueryd", "/opt/osquery/bin/osqueryd"],
    version: ["--version"],
    daemon: (directory: string) => [
      "--ephemeral",
      "--disable_database",
      "--config_path=/dev/null",
      `--pidfile=${directory}/osquery.pid`,
      `--extensions_socket=${directory}/osquery.em`,
    ],
  },
  {
    name: "puppet agent",
    programs: ["/usr/bin/puppet"],
    version: ["--version"],
    daemon: (directory: string) => [
      "agent",
      "--no-daemonize",
      "--server=localhost",
      `--confdir=${directory}/puppet`,
      `--vardir=${directory}/puppet`,
    ],
  },
  {
    name: "fusioninventory-agent",
    programs: ["/usr/bin/fusioninventory-agent"],
    version: ["--version"],
    daemon: (directory: string) => ["--daemon", "--no-fork", "--no-httpd", `--local=${directory}`],
  },
  {
    name: "packagekitd",
    programs: ["/usr/libexec/packagekitd"],
    version: ["--version"],
    // It ends without a system bus.
    daemon: () => ["--keep-environment"],
  },
] as const
export type Peer = (typeof peers)[number]
