// node FLAGS makeCodeCache.cjs PART.cjs PART.cache: runs a part once and writes down the code that V8 made of it meanwhile,
// which is what starting it takes. The cache is good for this very Node with these very flags.
const { readFileSync, writeFileSync } = require("node:fs")
const { Script } = require("node:vm")

const [source, cache] = process.argv.slice(2)
const text = readFileSync(source, "latin1")
const filename = source.slice(source.lastIndexOf("/") + 1)
const script = new Script(text, { filename })
process.argv = [process.argv[0], "patchctl", "--help"]
process.exitCode = 0
process.on("exit", () => {
  const cachedData = script.createCachedData()
  writeFileSync(cache, cachedData)
  // What this Node refuses, the executable would pass over without a word, and start slowly.
  process.exitCode = new Script(text, { filename, cachedData }).cachedDataRejected === false ? 0 : 1
})
const part = { exports: {} }
script.runInThisContext()(process.getBuiltinModule, part, part.exports)
part.exports.main({ json: false })
