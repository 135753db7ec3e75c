final: _: { patchctl-agent = final.callPackage ./package.nix { }; }
