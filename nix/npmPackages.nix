# The npm packages that the bundle is made of and made with, each as its tarball, by its place in package-lock.json.
# The lock's checksums are the only ones, and npm itself knows where packages are: NIX_NPM_REGISTRY in the builder's
# environment names another registry.
{
  lib,
  stdenvNoCC,
  cacert,
  nodejs_24,
}:

let
  lock = builtins.fromJSON (builtins.readFile ../package-lock.json);

  # Packages that make the bundle, beside those that are in it. esbuild's program comes in one for each processor.
  cpu =
    {
      x86_64-linux = "x64";
      aarch64-linux = "arm64";
    }
    .${stdenvNoCC.hostPlatform.system};
  tools = [
    "node_modules/@esbuild/linux-${cpu}"
    "node_modules/esbuild"
    "node_modules/postject"
  ];
  isTool = path: lib.any (tool: path == tool || lib.hasPrefix "${tool}/" path) tools;
  isForAnyHost = entry: !(entry ? os || entry ? cpu);
  isWanted = path: entry: path != "" && (isTool path || (isForAnyHost entry && !(entry.dev or false)));

  tarball =
    path: entry:
    let
      name = lib.last (lib.splitString "node_modules/" path);
    in
    stdenvNoCC.mkDerivation {
      pname = builtins.replaceStrings [ "@" "/" ] [ "" "-" ] name;
      inherit (entry) version;
      outputHashMode = "flat";
      outputHashAlgo = "sha512";
      outputHash = entry.integrity;
      nativeBuildInputs = [ nodejs_24 ];
      impureEnvVars = [
        "http_proxy"
        "https_proxy"
        "no_proxy"
        "NIX_NPM_REGISTRY"
      ];
      preferLocalBuild = true;
      dontUnpack = true;
      installPhase = ''
        export HOME=$PWD NODE_EXTRA_CA_CERTS=${cacert}/etc/ssl/certs/ca-bundle.crt
        export npm_config_registry=''${NIX_NPM_REGISTRY:-}
        [ -n "$npm_config_registry" ] || unset npm_config_registry
        npm pack --ignore-scripts --no-update-notifier ${name}@${entry.version}
        mv *.tgz $out
      '';
      dontFixup = true;
    };
in
lib.mapAttrs tarball (lib.filterAttrs isWanted lock.packages)
