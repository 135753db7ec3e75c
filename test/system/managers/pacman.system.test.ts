import { pacmanWorld } from "./pacmanWorld.ts"
import { realSuites } from "./realSuites.ts"

realSuites("pacman", pacmanWorld)
