/**
 * Says how late the token may have been, by what the decision rested on: twice the verifier's bound and twice the issuer's.
 *
 * @param {import('express').Request} request
 * @param {import('express').Response} response
 */
export function greet(request, response) {
  const { token } = request
  const iatErrSeconds = token?.claims['iat_err']
  if (typeof iatErrSeconds === 'number' && token !== undefined && Number.isFinite(token.clock.errorMs)) {
    response.set('x-lab-bound-ms', String(2 * (token.clock.errorMs + iatErrSeconds * 1000)))
  }
  response.json({ sub: token?.claims.sub })
}
