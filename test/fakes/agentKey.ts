import { createHash, generateKeyPairSync } from "node:crypto"
import { PublicKey } from "../../src/protocol/AgentMessages.ts"

/** A fresh Ed25519 key pair as an agent makes it on first start; `kid` is the RFC 7638 thumbprint. */
export const makeAgentKey = () => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519")
  const { x } = publicKey.export({ format: "jwk" })
  const kid = createHash("sha256").update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest("base64url")
  return { privateKey, publicKey: PublicKey.make({ kty: "OKP", crv: "Ed25519", x: String(x), kid }) }
}
