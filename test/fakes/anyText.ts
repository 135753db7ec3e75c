import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"

/** Cases of a property: 300, or 100,000 in the long run (`PATCHCTL_LONG=1`). */
const isLong = process.env["PATCHCTL_LONG"] === "1"
export const manyCases = {
  timeout: isLong ? 7_200_000 : 300_000,
  arbitrary: { runs: isLong ? 100_000 : 300 },
}

/** How one text is made; whole numbers stand for choices. */
const Recipe = Schema.Struct({
  way: Schema.Literals(["text", "bytes", "spliced", "cut", "changed", "repeated", "shuffled"]),
  text: Schema.String,
  choices: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000 }))).check(
    Schema.isMaxLength(32),
  ),
})

/** What parsers trip over: structure without content, escapes without an end, numbers that are none. */
const traps = [
  "\0",
  "\n",
  "\r\n",
  "\t",
  " ",
  "=",
  ":",
  "|",
  "/",
  "-",
  "--",
  '"',
  "'",
  "\\",
  "\\u",
  "<",
  "</",
  "<a>",
  "<!--",
  "&",
  "{",
  "}",
  "[",
  "]",
  ",",
  "1e999",
  "-1",
  "99999999999999999999",
  "\u001b[31m",
  "\ud800",
  "\ufeff",
  "é",
  "__proto__",
  "constructor",
  "%",
  "*",
  "(",
  ")",
]

const longest = 4096

const textOf = (recipe: typeof Recipe.Type, samples: ReadonlyArray<string>): string => {
  let step = 0
  const choose = (below: number): number =>
    below < 1 ? 0 : (recipe.choices[step++ % Math.max(1, recipe.choices.length)] ?? 0) % below
  const trap = () => traps[choose(traps.length)] ?? ""
  const whole = samples[choose(samples.length)] ?? ""
  const start = choose(Math.max(1, whole.length - longest))
  const sample = whole.slice(start, start + longest)
  const at = choose(sample.length)
  switch (recipe.way) {
    case "text":
      return recipe.text
    case "bytes":
      return Buffer.from(recipe.choices.map((choice) => choice % 256)).toString("latin1")
    case "spliced":
      return `${sample.slice(0, at)}${trap()}${recipe.text}${trap()}${sample.slice(at)}`
    case "cut":
      return sample.slice(at, at + choose(sample.length))
    case "changed":
      return recipe.choices.reduce((text, choice) => {
        const place = choice % Math.max(1, text.length)
        return `${text.slice(0, place)}${trap()}${text.slice(place + 1)}`
      }, sample)
    case "repeated":
      return `${sample.slice(at, at + choose(12))}${trap()}${recipe.text.slice(0, 3)}`.repeat(choose(1500))
    case "shuffled":
      return recipe.choices
        .map(() => {
          const lines = sample.split("\n")
          return lines[choose(lines.length)] ?? ""
        })
        .join("\n")
  }
}

/** Any text at all, and texts that come close to one of the samples. */
export const anyText = (samples: ReadonlyArray<string>) =>
  Arbitrary.schema(Recipe).pipe(Arbitrary.map((recipe) => textOf(recipe, samples)))
