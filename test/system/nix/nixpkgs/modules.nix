# The module system, as far as one service needs it: imports, options with types, definitions by mkIf, mkMerge and mkOverride
# at any depth, and errors in the words of nixpkgs.
lib:

let
  inherit (builtins)
    attrNames
    concatMap
    filter
    foldl'
    head
    isAttrs
    isFunction
    isPath
    isString
    length
    mapAttrs
    ;

  typeOf = value: if isAttrs value then value._type or "" else "";
  isOption = value: typeOf value == "option";
  show = path: "`${lib.concatStringsSep "." path}'";

  mkOverride = priority: content: {
    _type = "override";
    inherit priority content;
  };
  mkIf = condition: content: {
    _type = "if";
    inherit condition content;
  };

  # A definition of a set of options as plain sets, with conditions and priorities handed down to what is inside: whether they
  # hold is asked where a value is needed, which may depend on other values.
  pushDown =
    value:
    {
      merge = concatMap pushDown (value.contents or [ ]);
      "if" = map (mapAttrs (_: mkIf value.condition)) (pushDown value.content);
      override = map (mapAttrs (_: mkOverride value.priority)) (pushDown value.content);
    }
    .${typeOf value} or [ value ];

  # A definition of one option as [ { priority, value } ].
  discharge =
    value:
    {
      merge = concatMap discharge (value.contents or [ ]);
      "if" = if value.condition then discharge value.content else [ ];
      override = map (one: one // { inherit (value) priority; }) (discharge value.content);
    }
    .${typeOf value} or [
      {
        priority = 100;
        inherit value;
      }
    ];

  strongest =
    definitions:
    let
      least = foldl' (least: { priority, ... }: if priority < least then priority else least) 9999 definitions;
    in
    map ({ value, ... }: value) (filter ({ priority, ... }: priority == least) definitions);

  # Every value that a type is given goes through here, so that mkIf and its like may stand anywhere.
  mergeWith =
    type: path: definitions:
    let
      values = strongest (concatMap discharge definitions);
      wrong = filter (value: !type.check value) values;
    in
    if values == [ ] then
      throw "The option ${show path} was accessed but has no value defined. Try setting the option."
    else if wrong != [ ] then
      throw "A definition for option ${show path} is not of type `${type.description}'."
    else
      type.merge path values;

  isDefined = definitions: concatMap discharge definitions != [ ];

  load =
    arguments: module:
    let
      raw = if isPath module || isString module then import module else module;
      plain = if isFunction raw then raw arguments else raw;
      isLong = plain ? options || plain ? config;
    in
    concatMap (load arguments) (plain.imports or [ ])
    ++ [
      {
        options = plain.options or { };
        config = if isLong then plain.config or { } else removeAttrs plain [ "imports" ];
        freeformType = plain.freeformType or null;
      }
    ];

  mergeOptions =
    path: trees:
    let
      names = lib.attrNames' trees;
    in
    lib.genAttrs names (
      name:
      let
        found = map (tree: tree.${name}) (filter (tree: tree ? ${name}) trees);
      in
      if !isOption (head found) then
        mergeOptions (path ++ [ name ]) found
      else if length found > 1 then
        throw "The option ${show (path ++ [ name ])} is declared more than once."
      else
        head found
    );

  valueOf =
    path: option: definitions:
    mergeWith option.type path (
      if isDefined definitions then definitions else lib.optional (option ? default) option.default
    );

  # The values of all options below `path`, and of what a freeform type takes besides.
  valuesOf =
    path: freeform: options: definitions:
    let
      sets = concatMap pushDown definitions;
      below = name: map (set: set.${name}) (filter (set: set ? ${name}) sets);
      unknown = filter (name: !(options ? ${name})) (lib.attrNames' sets);
      known = mapAttrs (
        name: option:
        if isOption option then
          valueOf (path ++ [ name ]) option (below name)
        else
          valuesOf (path ++ [ name ]) null option (below name)
      ) options;
      free = lib.genAttrs (filter (name: isDefined (below name)) unknown) (
        name: mergeWith freeform (path ++ [ name ]) (below name)
      );
    in
    if freeform != null then
      free // known
    else if unknown != [ ] then
      throw "The option ${show (path ++ [ (head unknown) ])} does not exist."
    else
      known;
in
{
  inherit mergeWith mkIf mkOverride;

  # Names in any of the sets, each once.
  attrNames' = sets: attrNames (foldl' (all: set: all // set) { } sets);

  mkOption = option: option // { _type = "option"; };
  mkEnableOption =
    what:
    lib.mkOption {
      type = lib.types.bool;
      default = false;
      description = "Whether to enable ${what}.";
    };
  mkOptionType = type: { _type = "option-type"; } // type;
  mkMerge = contents: {
    _type = "merge";
    inherit contents;
  };
  mkDefault = mkOverride 1000;
  mkForce = mkOverride 50;
  literalExpression = text: {
    _type = "literalExpression";
    inherit text;
  };
  mergeEqualOption =
    path: values:
    if lib.all (value: value == head values) values then
      head values
    else
      throw "The option ${show path} has conflicting definition values.";

  evalModules =
    {
      modules,
      prefix ? [ ],
      argumentsFor ? _: { },
    }:
    let
      loaded = concatMap (load ({ inherit config lib options; } // argumentsFor config)) modules;
      freeform = filter (type: type != null) (map ({ freeformType, ... }: freeformType) loaded);
      options = mergeOptions prefix (map ({ options, ... }: options) loaded);
      config = valuesOf prefix (if freeform == [ ] then null else (head freeform).element) options (
        map ({ config, ... }: config) loaded
      );
    in
    {
      inherit config options;
    };
}
