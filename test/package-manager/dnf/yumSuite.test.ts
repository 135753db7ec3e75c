import { suite } from "../suite/managerSuite.ts"
import { layerFakeYum } from "./FakeYumWorld.ts"

suite("yum 3.4, played after its source", layerFakeYum)
