import { realSuites } from "./realSuites.ts"
import { dnfWorld } from "./dnfWorld.ts"

realSuites("dnf", dnfWorld)
