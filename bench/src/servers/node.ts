// node:http, as it is.
import { createServer } from 'node:http'

const [, , port] = process.argv
createServer((_request, response) => {
  response.setHeader('content-type', 'application/json; charset=utf-8')
  response.end('{"sub":"alice"}')
}).listen(Number(port), '127.0.0.1')
