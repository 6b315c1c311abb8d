import process from 'node:process'

/**
 * Says with each answer between which instants it was found, by the monotonic clock that all processes of the machine share:
 * it does not count how long a request waits elsewhere.
 *
 * @param {import('express').Request} _request
 * @param {import('express').Response} response
 * @param {() => void} next
 */
export function sayWhen(_request, response, next) {
  const fromMs = machineMs()
  const writeHead = response.writeHead
  response.writeHead = /** @type {typeof writeHead} */ (
    (...args) => {
      response.setHeader('x-lab-judged', `${fromMs} ${machineMs()}`)
      return Reflect.apply(writeHead, response, args)
    }
  )
  next()
}

function machineMs() {
  return Number(process.hrtime.bigint()) / 1e6
}
