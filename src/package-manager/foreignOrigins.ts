const none: ReadonlySet<string> = new Set()

/**
 * Which of these origins are not the distribution's, one for each package that says where it comes from: the vendor of an
 * rpm, the origin of an apt archive. `own` knows the distribution's names; without it none is foreign.
 *
 * Where most packages come under other names the distribution goes by a name that nobody here knows, as behind a mirror
 * with Release files of its own. Then none is foreign either: a package that is judged in vain beats one that is not.
 */
export const foreignOrigins = (
  origins: ReadonlyArray<string>,
  own: RegExp | undefined,
): ReadonlySet<string> => {
  if (own === undefined) return none
  const foreign = origins.filter((origin) => !own.test(origin))
  return foreign.length * 2 > origins.length ? none : new Set(foreign)
}
