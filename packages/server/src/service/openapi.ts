import fastify, { type FastifyInstance, type RouteOptions } from 'fastify'
import { version } from '../version.ts'

/** Describes at `/openapi.json` all routes that are added from now on. What makes the document is loaded when somebody asks for it. */
export function documentRoutes(app: FastifyInstance, issuer: string): void {
  const routes: RouteOptions[] = []
  let document: Promise<object> | undefined
  app.addHook('onRoute', route => void routes.push(route))
  app.get('/openapi.json', { schema: { hide: true } }, async () => {
    document ??= describe(routes, issuer)
    return document
  })
}

/** The plugin describes routes that are added after it. Those are there already, so it gets them in an application that answers nothing. */
async function describe(routes: readonly RouteOptions[], issuer: string): Promise<object> {
  const { default: swagger } = await import('@fastify/swagger')
  const app = fastify({ exposeHeadRoutes: false })
  app.setValidatorCompiler(() => () => true)
  app.setSerializerCompiler(() => JSON.stringify)
  await app.register(swagger, { openapi: frameOf(issuer) })
  for (const { method, url, schema = {} } of routes) app.route({ method, url, schema, handler: () => {} })
  await app.ready()
  return app.swagger()
}

function frameOf(issuer: string): { openapi: string; [name: string]: unknown } {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Skewproof',
      version,
      description: 'Tokens that stay valid when servers disagree on what time it is.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: issuer }],
    components: {
      securitySchemes: {
        basic: { type: 'http', scheme: 'basic', description: 'A client and its secret' },
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
      },
    },
  }
}
