import { realSuites } from "./realSuites.ts"
import { zypperWorld } from "./zypperWorld.ts"

realSuites("zypper", zypperWorld)
