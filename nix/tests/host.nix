# A host with the agent, for the checks of flake.nix.
{
  services.patchctl = {
    enable = true;
    licenseKeyFile = "/etc/test-license-key";
    settings = {
      api_url = "https://127.0.0.1:8443";
      heartbeat_seconds = 2;
    };
  };
}
