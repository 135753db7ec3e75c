import { suite } from "../suite/managerSuite.ts"
import { layerFakeAlpine } from "./FakeAlpineWorld.ts"
import { layerRealAlpine } from "./RealAlpine.ts"

suite("apk 2.14, played from recordings", layerFakeAlpine(2))
suite("apk 3.0, played from recordings", layerFakeAlpine(3))

// The same with the real programs, as root, where somebody has them: the paths of static apk binaries.
const apk2 = process.env["PATCHCTL_APK2"]
const apk3 = process.env["PATCHCTL_APK3"]
if (apk2 !== undefined) suite(`apk 2 at ${apk2}`, layerRealAlpine(apk2))
if (apk3 !== undefined) suite(`apk 3 at ${apk3}`, layerRealAlpine(apk3))
