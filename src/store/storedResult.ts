import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { CommandResult } from "../domain/Command.ts"
import { CommandId } from "../domain/Identifiers.ts"
import type { Row } from "./Database.ts"

const decodeWhole = Schema.decodeUnknownOption(Schema.fromJsonString(CommandResult))

const { output: _, ...facts } = CommandResult.fields
/** All but the report, which is what versions differ in. */
const decodeFacts = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Struct(facts)))

/** The problem of a result that is there, and that this version cannot tell in full. */
const unreadable = (detail: string) => ({
  code: "result_unreadable",
  detail: `${detail}: another version of the agent wrote it, or the file is damaged`,
  remedy: "health_check and check_updates show how the host is now",
})

/** What is left of a result without its report. */
const withoutReport = (told: Omit<CommandResult, "output">): CommandResult => {
  const own = told.problem === undefined ? "" : ` (its own problem was ${told.problem.code.slice(0, 64)})`
  return {
    ...told,
    problem: unreadable(
      `the command ended as ${told.status}${own}; its report cannot be read by this version`,
    ),
  }
}

/** What is known of a command of whose result nothing can be read. */
const ofRow = (row: Row): CommandResult => {
  // A refusal is written down without a counter.
  const isRefusal = Number(row["seq"]) === 0
  return {
    commandId: CommandId.make(String(row["id"])),
    command: String(row["name"]),
    status: isRefusal ? "refused" : "interrupted",
    problem: unreadable(
      isRefusal
        ? "the command was refused; why cannot be read by this version"
        : "the command was carried out; how it ended cannot be read by this version",
    ),
    startedAt: DateTime.makeUnsafe(Number(row["started_at"])),
    finishedAt: DateTime.makeUnsafe(Number(row["told_at"] ?? row["started_at"])),
  }
}

/**
 * The result in `text`, which a row of `commands` holds, as far as this version can read it; `isWhole` says whether that
 * is all of it. Self-update changes versions under a ledger, forth and back. A result that cannot be read is a result all
 * the same: its command has had its turn, and whoever asked for it is to hear so. `told_at` of the row, if it is there, is
 * when the audit log last told of the command.
 */
export const storedResult = (
  row: Row,
  text: unknown,
): { readonly isWhole: boolean; readonly result: CommandResult } => {
  // A damaged one must not answer for another command.
  const isOfRow = ({ commandId }: { readonly commandId: string }) => commandId === row["id"]
  const whole = Option.filter(decodeWhole(text), isOfRow)
  if (Option.isSome(whole)) return { isWhole: true, result: whole.value }
  const told = Option.filter(decodeFacts(text), isOfRow)
  return {
    isWhole: false,
    result: Option.match(told, { onNone: () => ofRow(row), onSome: withoutReport }),
  }
}
