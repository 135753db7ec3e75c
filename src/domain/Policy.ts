import * as Schema from "effect/Schema"
import { CommandName, NameGlob } from "./Command.ts"

/** `description` and `expected` are the columns of `docs/reference/policy.md`; `expected` also ends every complaint. */
const key = (description: string, expected: string) => ({ description, expected })

/** As `DateTime.PartsWithWeekday` counts them: Sunday is 0. */
export const Weekday = Schema.Literals(["sun", "mon", "tue", "wed", "thu", "fri", "sat"])
export type Weekday = typeof Weekday.Type

export const TimeOfDay = Schema.String.check(
  Schema.isPattern(/^(?:[01][0-9]|2[0-3]):[0-5][0-9]$/, { expected: "a time of day such as 22:00" }),
)
export type TimeOfDay = typeof TimeOfDay.Type

/**
 * When installing may begin, by the clock on this host's wall. `to` is not above `from`: it ends on the next day.
 * `days` are those on which it begins; without them, every day.
 */
export const InstallWindow = Schema.Struct({
  days: Schema.optionalKey(Schema.NonEmptyArray(Weekday)),
  from: TimeOfDay,
  to: TimeOfDay,
}).annotate({ identifier: "InstallWindow" })
export type InstallWindow = typeof InstallWindow.Type

/**
 * What the administrator of this host allows, whatever a signed command asks for. It only narrows: a key that is absent
 * allows. Decode with `onExcessProperty: "error"`, because a key that is not understood may be a prohibition.
 */
export const Policy = Schema.Struct({
  commands: Schema.optionalKey(Schema.Array(CommandName)).annotate(
    key("The commands that may be carried out.", `a list of ${CommandName.literals.join(", ")}`),
  ),
  install_windows: Schema.optionalKey(Schema.NonEmptyArray(InstallWindow)).annotate(
    key(
      "When packages may be installed, by this host's local time.",
      'a list of {"days": ["mon", …], "from": "22:00", "to": "04:00"}, days being optional',
    ),
  ),
  exclude: Schema.optionalKey(Schema.Array(NameGlob).check(Schema.isMaxLength(200))).annotate(
    key(
      "Packages that are never touched, beside those a command leaves out.",
      "a list of package name patterns with * and ?",
    ),
  ),
  reboot_allowed: Schema.optionalKey(Schema.Boolean).annotate(
    key("Whether a command may restart this host.", "true or false"),
  ),
  security_only: Schema.optionalKey(Schema.Boolean).annotate(
    key(
      "Install nothing but security updates and what they need: a command for all updates is refused, and named packages that are none are left out.",
      "true or false",
    ),
  ),
  removals_allowed: Schema.optionalKey(Schema.Boolean).annotate(
    key("Whether a command may remove packages.", "true or false"),
  ),
})
export type Policy = typeof Policy.Type

/** Where an administrator keeps the policy. Only root may write there, and no setting points elsewhere. */
export const policyPath = "/etc/patchctl/policy.json"
