# services.patchctl.settings: every key of config.json that may stand in the Nix store, with the type and the default of
# src/config/AgentConfig.ts; `self_update` is off. `license_key` is not among them, and `proxy` only without a password.
{ lib, json }:

let
  inherit (lib) mkOption types;

  seconds =
    minimum: maximum: default: description:
    mkOption {
      type = types.ints.between minimum maximum;
      inherit default description;
    };

  # A string, not a path value of Nix: the agent makes it, so there is nothing to copy to the store.
  directory = types.strMatching "/.*";

  httpsUrl = types.strMatching "https://[^[:space:]/@?#]+(/[^[:space:]?#]*)?";

  # null: the key is left out, and the agent's own default counts.
  absent =
    type: description:
    mkOption {
      type = types.nullOr type;
      default = null;
      inherit description;
    };
in
types.submodule {
  freeformType = json.type;

  options = {
    api_url = mkOption {
      type = httpsUrl;
      default = "https://api.patchctl.com";
      description = "Address of the control plane.";
    };
    heartbeat_seconds = seconds 1 86400 300 "Time between heartbeats.";
    scan_seconds = seconds 10 604800 21600 "Time between package scans.";
    ca_file = absent types.path "PEM file with the certificate authorities to trust instead of the system's. Everybody may read it.";
    pins = mkOption {
      type = types.listOf (types.strMatching "sha256/[A-Za-z0-9+/]{43}=");
      default = [ ];
      description = "Public keys of which one must be in the server's chain (RFC 7469). Empty: no pinning. Keep a spare.";
    };
    proxy = absent (types.strMatching "https?://[^[:space:]/@]+/?") "HTTP proxy for every request. One with a password goes to {option}`services.patchctl.proxyFile`.";
    no_proxy = mkOption {
      type = types.listOf types.str;
      default = [ ];
      description = "Hosts to reach without the proxy.";
    };
    log_level = mkOption {
      type = types.enum [
        "trace"
        "debug"
        "info"
        "warn"
        "error"
      ];
      default = "info";
      description = "Least severe messages to log.";
    };
    log_directory = absent directory "Where the daemon keeps log files, besides its messages to the journal. The module makes it.";
    refresh = mkOption {
      type = types.either (types.enum [
        "never"
        "always"
      ]) (types.submodule {
        options.if_older_than_seconds = mkOption {
          type = types.ints.between 60 2592000;
          description = "Age from which on package metadata are downloaded again.";
        };
      });
      default.if_older_than_seconds = 21600;
      description = "When a scan downloads package metadata first.";
    };
    state_directory = mkOption {
      type = directory;
      default = "/var/lib/patchctl";
      description = "Where identity, outbox and feeds are kept. Ledger, audit log and pinned keys are beside it, under the same path with `-executor`.";
    };
    quiet_period_seconds = seconds 0 3600 120 "Time after boot in which nothing is installed.";
    read_only = mkOption {
      type = types.bool;
      default = false;
      description = "Refuse every command that changes the host: only heartbeats and scans.";
    };
    feed_key_file = absent types.path "PEM file with the keys to trust for vulnerability feeds instead of those pinned at enrolment.";
    self_update = mkOption {
      type = types.bool;
      default = false;
      description = "Stays off whatever it is set to: Nix owns the program, and a newer one comes with a newer flake.";
    };
    otlp_url = absent httpsUrl "OTLP/HTTP collector for traces and metrics. Without it none are sent.";
  };
}
