# A virtual machine with NixOS: the agent runs without privileges, and who may read what.
{ testers, module }:

testers.runNixOSTest {
  name = "patchctl";

  nodes.machine = {
    imports = [
      module
      ./host.nix
    ];
    environment.etc."test-license-key" = {
      text = "pk_live_test0123456789";
      mode = "0600";
    };
  };

  testScript = ''
    machine.wait_for_unit("multi-user.target")
    machine.wait_for_unit("patchctl.service")
    machine.wait_for_unit("patchctl-executor.socket")
    machine.wait_for_unit("patchctl-installer.socket")

    with subtest("the licence key is root's, and not in the store"):
        machine.succeed("test $(stat -Lc '%a %U:%G' /etc/patchctl/config.json | tr ' ' _) = 600_root:root")
        machine.succeed("grep -q pk_live_test0123456789 /etc/patchctl/config.json")
        machine.fail("grep -rq pk_live_test0123456789 $(systemctl cat patchctl-config | grep -o '/nix/store/[^ ]*settings.json' | sort -u)")

    with subtest("the daemon has no privileges, and goes on without a control plane"):
        pid = machine.succeed("systemctl show --value -p MainPID patchctl").strip()
        machine.succeed(f"test $(stat -c %U /proc/{pid}) = patchctl")
        machine.succeed(f"grep -q '^CapBnd:.0000000000000000$' /proc/{pid}/status")
        machine.wait_for_file("/var/lib/patchctl/status.json")
        machine.succeed(f"test $(systemctl show --value -p MainPID patchctl) = {pid}")

    with subtest("the sockets are for those who need them"):
        machine.succeed("test $(stat -c '%a_%U:%G' /run/patchctl/executor.sock) = 660_root:patchctl")
        machine.succeed("test $(stat -c '%a_%U:%G' /run/patchctl/installer.sock) = 600_root:root")

    with subtest("it does not update itself"):
        machine.succeed("test $(cat /opt/patchctl/installed-by) = nix")

    with subtest("the program answers"):
        machine.succeed("patchctl --version")
  '';
}
