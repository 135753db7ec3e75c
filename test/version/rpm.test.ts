import { compare } from "../../src/version/rpm.ts"
import { suite } from "./orderSuite.ts"
import * as vectors from "./rpmVectors.ts"

suite(compare, vectors)
