# The agent as nixpkgs' own Node runs it: one JavaScript file, built from this tree.
{
  lib,
  stdenv,
  callPackage,
  makeWrapper,
  nodejs_24,
}:

let
  npmPackages = callPackage ./npmPackages.nix { };

  # Of the tree, what the bundle is made of: nothing else builds it anew.
  sources = [
    "nix/bundle.mjs"
    "package.json"
    "scripts"
    "src"
    "tsconfig.base.json"
    "tsconfig.json"
  ];
  root = toString ../.;
  isSource =
    path: _:
    let
      relative = lib.removePrefix "${root}/" path;
    in
    lib.any (
      source: relative == source || lib.hasPrefix "${source}/" relative || lib.hasPrefix "${relative}/" source
    ) sources;
in
stdenv.mkDerivation {
  pname = "patchctl-agent";
  inherit (builtins.fromJSON (builtins.readFile ../package.json)) version;

  src = builtins.path {
    name = "patchctl-agent-source";
    path = ../.;
    filter = isSource;
  };

  nativeBuildInputs = [
    makeWrapper
    nodejs_24
  ];

  configurePhase = ''
    runHook preConfigure
    ${lib.concatStrings (
      lib.mapAttrsToList (path: tarball: ''
        mkdir -p ${path}
        tar -xf ${tarball} --strip-components=1 -C ${path}
      '') npmPackages
    )}
    chmod -R u+rwX node_modules
    runHook postConfigure
  '';

  buildPhase = ''
    runHook preBuild
    nodeFlags=$(node nix/bundle.mjs dist/patchctl-agent.cjs)
    runHook postBuild
  '';

  # The variables are those that the units take away too: they could load code or switch certificate checks off.
  installPhase = ''
    runHook preInstall
    install -D -m 444 dist/patchctl-agent.cjs $out/libexec/patchctl/patchctl-agent.cjs
    makeWrapper ${nodejs_24}/bin/node $out/bin/patchctl-agent \
      --unset NODE_OPTIONS --unset NODE_EXTRA_CA_CERTS --unset NODE_TLS_REJECT_UNAUTHORIZED \
      --add-flags "$nodeFlags $out/libexec/patchctl/patchctl-agent.cjs"
    ln -s patchctl-agent $out/bin/patchctl
    runHook postInstall
  '';

  doInstallCheck = true;
  installCheckPhase = ''
    runHook preInstallCheck
    [ "$($out/bin/patchctl --version)" = "patchctl v$version" ]
    runHook postInstallCheck
  '';

  passthru = { inherit npmPackages; };

  meta = {
    description = "PatchCTL agent: heartbeats, scans and four whitelisted commands over outbound HTTPS";
    homepage = "https://docs.patchctl.com/agent";
    license = lib.licenses.asl20;
    mainProgram = "patchctl";
    platforms = [
      "x86_64-linux"
      "aarch64-linux"
    ];
  };
}
