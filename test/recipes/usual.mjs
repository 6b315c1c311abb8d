// What each framework's documentation does with JWTs, without Skewproof: by the same public key, for the same tokens.
import { createServer } from 'node:http'
import process from 'node:process'
import { ExpressAuth } from '@auth/express'
import Credentials from '@auth/express/providers/credentials'
import { createInlineSigningKeyProvider, useJWT } from '@graphql-yoga/plugin-jwt'
import { Controller, Get, Module, Req, UnauthorizedException, UseGuards } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { JwtService } from '@nestjs/jwt'
import { initTRPC, TRPCError } from '@trpc/server'
import { createHTTPServer } from '@trpc/server/adapters/standalone'
import express from 'express'
import { expressjwt } from 'express-jwt'
import { createSchema, createYoga } from 'graphql-yoga'
import jwt from 'jsonwebtoken'
import passport from 'passport'
import { ExtractJwt, Strategy } from 'passport-jwt'
import { Server } from 'socket.io'

const { AUTH_SECRET = '', PASSWORD, PUBLIC_KEY = '' } = process.env
/** @type {{ algorithms: import('jsonwebtoken').Algorithm[], issuer: string, audience: string }} */
const options = { algorithms: ['ES256'], issuer: 'https://auth.example.com', audience: 'api' }

/** @param {string | undefined} authorization */
const tokenOf = authorization => (authorization ?? '').replace(/^Bearer /, '')

/** @param {import('express').Express} app */
const listening = app => app.listen(0)

function passportJwt() {
  const jwtFromRequest = ExtractJwt.fromAuthHeaderAsBearerToken()
  const strategy = new Strategy({ jwtFromRequest, secretOrKey: PUBLIC_KEY, ...options }, (payload, done) =>
    done(null, payload),
  )
  const app = express()
  app.get('/me', passport.authenticate(strategy, { session: false }), (req, res) => void res.json(req.user))
  return listening(app)
}

function expressJwt() {
  const app = express()
  app.use(expressjwt({ secret: PUBLIC_KEY, ...options }))
  app.get('/me', (req, res) => void res.json(/** @type {{ auth?: object }} */ (req).auth))
  return listening(app)
}

async function nestJs() {
  const service = new JwtService({ publicKey: PUBLIC_KEY, verifyOptions: options })
  class Guard {
    /** @param {import('@nestjs/common').ExecutionContext} context */
    async canActivate(context) {
      const request = context.switchToHttp().getRequest()
      try {
        request.user = await service.verifyAsync(tokenOf(request.headers.authorization))
      } catch {
        throw new UnauthorizedException()
      }
      return true
    }
  }
  class Users {
    /** @param {{ user: object }} request */
    me(request) {
      return request.user
    }
  }
  // As decorators do it, which JavaScript does not have yet.
  Req()(Users.prototype, 'me', 0)
  Get('me')(Users.prototype, 'me', Object.getOwnPropertyDescriptor(Users.prototype, 'me') ?? {})
  UseGuards(new Guard())(Users)
  Controller()(Users)
  class Application {}
  Module({ controllers: [Users] })(Application)
  const app = await NestFactory.create(Application, { logger: false })
  await app.listen(0)
  return app.getHttpServer()
}

function authJs() {
  const app = express()
  const authorize = async (/** @type {Partial<Record<string, unknown>>} */ { username, password }) =>
    password === PASSWORD ? { id: String(username), name: String(username) } : null
  app.use(
    '/auth',
    ExpressAuth({
      secret: AUTH_SECRET,
      trustHost: true,
      session: { strategy: 'jwt', maxAge: 120 },
      logger: { error: () => {} },
      providers: [Credentials({ credentials: { username: {}, password: {} }, authorize })],
    }),
  )
  return listening(app)
}

function socketIo() {
  const server = createServer()
  const io = new Server(server)
  io.use((socket, next) => {
    jwt.verify(socket.handshake.auth['token'], PUBLIC_KEY, options, error => next(error ?? undefined))
  })
  io.on('connection', socket => socket.on('whoami', answer => answer({ sub: 'alice' })))
  return server.listen(0)
}

function trpc() {
  const t = initTRPC.context().create()
  const router = t.router({ me: t.procedure.query(({ ctx }) => ctx) })
  const server = createHTTPServer({
    router,
    createContext: async ({ req }) => {
      try {
        return jwt.verify(tokenOf(req.headers.authorization), PUBLIC_KEY, options)
      } catch (cause) {
        throw new TRPCError({ code: 'UNAUTHORIZED', cause })
      }
    },
  })
  server.listen(0)
  return server
}

function graphqlYoga() {
  const schema = createSchema({
    typeDefs: 'type User { sub: String } type Query { me: User }',
    resolvers: { Query: { me: (_parent, _args, context) => context.jwt.payload } },
  })
  const plugin = useJWT({
    signingKeyProviders: [createInlineSigningKeyProvider(PUBLIC_KEY)],
    tokenVerification: options,
    reject: { missingToken: true, invalidToken: true },
  })
  return createServer(createYoga({ schema, plugins: [plugin], logging: false })).listen(0)
}

/** @type {Record<string, () => unknown>} */
export const usual = {
  'passport-jwt': passportJwt,
  'express-jwt': expressJwt,
  nestjs: nestJs,
  'auth-js': authJs,
  'socket-io': socketIo,
  trpc,
  'graphql-yoga': graphqlYoga,
}
