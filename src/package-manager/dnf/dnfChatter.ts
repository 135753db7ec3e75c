/**
 * What dnf, yum and their plugins say beside the answer, on the same stream and whatever they are told about being
 * quiet. None of it may be taken for a package, and none of it counts as not understood.
 */
const chatter: ReadonlyArray<RegExp> = [
  /^Loaded plugins: /,
  // where it goes on
  /^ +: /,
  /^Loading mirror speeds from cached hostfile/,
  /^ \* \S+: \S+$/,
  /^Last metadata expiration check: /,
  /^Failed loading plugin /,
  // subscription-manager and its neighbours
  /^Updating Subscription Management repositories/,
  /^Unable to read consumer identity/,
  /^This system is (?:not registered|registered) /,
  /^This system has release set to /,
  /^This system is receiving updates from /,
  /^You can use subscription-manager to register/,
  /^Subscription Management repositories/,
  /^Not root, Subscription Management repositories not updated/,
  /subscription-manager/,
  /^Repo(?:sitory)? '?\S+'? is (?:listed more than once|missing name) in/,
  // yum's check of the running kernel
  /^Security: /,
  /^Modular dependency problems?:/,
]

/** All in one: lines come by the hundred thousand. */
const anyChatter = new RegExp(chatter.map(({ source }) => source).join("|"))

/** Whether a line is known to be no part of an answer. */
export const isChatter = (line: string): boolean => anyChatter.test(line)
