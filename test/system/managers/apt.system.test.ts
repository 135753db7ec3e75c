import { aptWorld } from "./aptWorld.ts"
import { realSuites } from "./realSuites.ts"

realSuites("apt", aptWorld)
