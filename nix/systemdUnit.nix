# Turns a unit file of packaging/systemd into the options of NixOS (systemd.services.<name>, systemd.sockets.<name>), so that
# there is one text for every kind of installation. Throws on what it does not understand instead of dropping it.
{ lib }:

let
  inherit (builtins)
    concatMap
    elem
    filter
    foldl'
    groupBy
    head
    isString
    length
    mapAttrs
    match
    split
    ;

  # Which option of NixOS a line of [Unit] is. Every other one goes to unitConfig.
  dependencies = {
    After = "after";
    Before = "before";
    Requires = "requires";
    Wants = "wants";
  };

  words = text: filter (word: isString word && word != "") (split " +" text);

  linesOf = text: filter (line: isString line && match "[[:space:]]*([#;].*)?" line == null) (split "\n" text);

  # [ { section, key, value } ], in the order of the text.
  assignments =
    text:
    (foldl' (
      { section, found }:
      line:
      let
        header = match "\\[([A-Za-z]+)]" line;
        assignment = match "([A-Za-z]+)=(.*[^\\]|)" line;
      in
      if header != null then
        {
          section = head header;
          inherit found;
        }
      else if assignment != null && section != null then
        {
          inherit section;
          found = found ++ [
            {
              inherit section;
              key = head assignment;
              value = lib.last assignment;
            }
          ];
        }
      else
        throw "a line of a unit that nix/systemdUnit.nix does not understand: ${line}"
    ) { section = null; found = [ ]; } (linesOf text)).found;

  # A directive that stands once is a string, one that is repeated a list.
  toConfig =
    found:
    mapAttrs (
      _: same: if length same == 1 then (head same).value else map ({ value, ... }: value) same
    ) (groupBy ({ key, ... }: key) found);

  valuesOf = found: key: map ({ value, ... }: value) (filter (one: one.key == key) found);
in
text:
let
  sections = groupBy ({ section, ... }: section) (assignments text);
  unit = sections.Unit or [ ];
  install = sections.Install or [ ];
  named = [
    "Description"
    "Documentation"
  ]
  ++ builtins.attrNames dependencies;
  config = toConfig (filter ({ key, ... }: !elem key named) unit);
in
{
  description = lib.concatStringsSep " " (valuesOf unit "Description");
  documentation = concatMap words (valuesOf unit "Documentation");
  # Also= has no option: on NixOS each unit says by itself what wants it.
  wantedBy = concatMap words (valuesOf install "WantedBy");
}
// lib.mapAttrs' (key: option: lib.nameValuePair option (concatMap words (valuesOf unit key))) dependencies
// lib.optionalAttrs (config != { }) { unitConfig = config; }
// lib.optionalAttrs (sections ? Service) { serviceConfig = toConfig sections.Service; }
// lib.optionalAttrs (sections ? Socket) { socketConfig = toConfig sections.Socket; }
