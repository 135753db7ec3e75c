import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import { compare as compareDeb } from "../../src/version/deb.ts"
import { compare as comparePacman } from "../../src/version/pacman.ts"
import { compare as compareRpm } from "../../src/version/rpm.ts"
import * as deb from "../version/debVectors.ts"
import { triples, type Vectors } from "../version/nearReal.ts"
import * as pacman from "../version/pacmanVectors.ts"
import * as rpm from "../version/rpmVectors.ts"
import * as Box from "./lab/Box.ts"

// Our orders of versions against those of the real tools. apk has no package in Debian: see test/version/apk.test.ts.

/** Change it to ask other questions; what fails is found again under the seed in the test's name. */
const seed = 20261122

interface Tool {
  readonly compare: (a: string, b: string) => -1 | 0 | 1
  readonly vectors: Vectors
  /** Reads lines `a|b|ours` on stdin and prints the tool's own answer to each. */
  readonly oracle: Box.Argv
  /** What the tool does not refuse. */
  readonly accepts: (version: string) => boolean
  /** How many of them the generator makes, three texts each. */
  readonly triples: number
}

const dpkg: Tool = {
  compare: compareDeb,
  vectors: deb,
  // a process for each question: ask for our answer only
  oracle: [
    "bash",
    "-c",
    `declare -A op=([-1]=lt [0]=eq [1]=gt)
    while IFS='|' read -r a b ours; do
      if dpkg --compare-versions "$a" "\${op[$ours]}" "$b"; then echo "$ours"; else echo otherwise; fi
    done`,
  ],
  accepts: (version) => /^(?:[0-9]{1,9}:)?[0-9](?:[A-Za-z0-9.+~-]*[A-Za-z0-9.+~])?$/.test(version),
  triples: 2000,
}

const rpmLua: Tool = {
  compare: compareRpm,
  vectors: rpm,
  oracle: [
    "rpm",
    "--eval",
    `%{lua:
      for line in io.lines() do
        local a, b = line:match("^([^|]*)|([^|]*)|")
        io.write(rpm.vercmp(a, b), "\\n")
      end
    }`,
  ],
  accepts: (version) => version !== "",
  triples: 5000,
}

const vercmp: Tool = {
  compare: comparePacman,
  vectors: pacman,
  oracle: ["bash", "-c", `while IFS='|' read -r a b ours; do vercmp "$a" "$b"; done`],
  // no argument can hold half a surrogate pair
  accepts: (version) => version.isWellFormed() && !version.startsWith("-h") && !version.startsWith("--h"),
  triples: 900,
}

const questions = (tool: Tool) =>
  Effect.map(
    Arbitrary.sampleEffect(triples(tool.vectors), { count: tool.triples, size: 10, seed }),
    (sampled) =>
      [
        ...tool.vectors.increasing,
        ...tool.vectors.same,
        ...sampled.flatMap(([a, b, c]) => [[a, b] as const, [b, c] as const, [c, a] as const]),
      ]
        .filter(([a, b]) => a !== b && tool.accepts(a) && tool.accepts(b))
        .map(([a, b]) => `${a}|${b}|${tool.compare(a, b)}`),
  )

const agrees = Effect.fnUntraced(function* (tool: Tool, rootName: string) {
  const asked = yield* questions(tool)
  assert.isAbove(asked.length, tool.triples)
  const box = yield* Box.make(rootName)
  const { stdout, stderr } = yield* box.run(tool.oracle, {
    stdin: asked.map((line) => `${line}\n`).join(""),
    timeout: "150 seconds",
  })
  const answers = stdout.trimEnd().split("\n")
  assert.lengthOf(answers, asked.length, stderr)
  assert.deepStrictEqual(
    asked.flatMap((line, index) =>
      line.endsWith(`|${answers[index]}`) ? [] : [`${line}|${answers[index]}`],
    ),
    [],
  )
})

describe(`the real tool agrees (seed ${seed})`, () => {
  it.live("dpkg", () => agrees(dpkg, "bookworm-lab"))
  it.live("rpm 4.16", () => agrees(rpmLua, "bullseye-dnf"))
  it.live("rpm 6", () => agrees(rpmLua, "sid-dnf5"))
  it.live("vercmp of pacman 6", () => agrees(vercmp, "bookworm-pacman"))
  it.live("vercmp of pacman 7", () => agrees(vercmp, "sid-pacman"))
})
