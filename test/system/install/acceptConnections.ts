import { spawn } from "node:child_process"
import { createServer } from "node:net"

// What a systemd socket with `Accept=yes` does: one process per connection, which is its stdin and stdout.
// Arguments: the socket, then the program with its arguments.

const [path = "", program = "", ...args] = process.argv.slice(2)

createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
  const child = spawn(program, args, { stdio: [socket, socket, "inherit"], detached: true })
  child.once("spawn", () => socket.destroy())
}).listen(path, () => process.stdout.write("listening"))
