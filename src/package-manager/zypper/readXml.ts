import * as Xml from "effect/encoding/Xml"
import * as Stream from "effect/Stream"

/** In UTF-16 units. What is read from one piece stays in memory only as long as its elements are needed. */
const pieceLength = 64 * 1024

function* pieces(text: string, start: number): Generator<string> {
  for (let at = start; at < text.length; at += pieceLength) yield text.slice(at, at + pieceLength)
}

/**
 * The events of an XML document that begins at `start`. No document makes it read anything else or expand an entity of
 * its own, and nothing longer than a mebibyte or nested deeper than 32 is taken for an element. Events up to a fault
 * come before the `XmlError`.
 */
export const readXml = (text: string, start = 0): Stream.Stream<Xml.Event, Xml.XmlError> =>
  Stream.fromIterable(pieces(text, start)).pipe(
    Stream.pipeThroughChannel(Xml.decodeString({ maxTokenSize: 1024 * 1024, maxDepth: 32 })),
  )
