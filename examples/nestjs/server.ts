import {
  type CanActivate,
  Controller,
  createParamDecorator,
  type ExecutionContext,
  Get,
  HttpCode,
  HttpException,
  Injectable,
  Module,
  Post,
  UseGuards,
} from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import type { Request, Response } from 'express'
import { serverTime } from 'skewproof/express'
import { createGuard, nodeFields } from 'skewproof/http'
import { type Claims, clock, tokens } from '../tokens.js'

type AuthenticatedRequest = Request & { user?: Claims }

const guard = createGuard({ tokens })

/** In the place of the guard that calls `JwtService.verifyAsync`. */
@Injectable()
class TokenGuard implements CanActivate {
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp()
    const request = http.getRequest<AuthenticatedRequest>()
    const admission = await guard(nodeFields(request), request)
    if (admission.refusal === undefined) {
      request.user = admission.token.claims
      return true
    }
    const { status, message, headers, problem } = admission.refusal
    http.getResponse<Response>().set(headers)
    throw new HttpException({ ...problem, statusCode: status, message }, status, { cause: admission.refusal })
  }
}

const User = createParamDecorator((_data: unknown, context: ExecutionContext) => {
  return context.switchToHttp().getRequest<AuthenticatedRequest>().user
})

@Controller()
@UseGuards(TokenGuard)
class UserController {
  @Get('me')
  me(@User() { sub, tenant }: Claims) {
    return { sub, tenant }
  }

  @Post('logout')
  @HttpCode(204)
  async logout(@User() { jti }: Claims) {
    await tokens.revoke(String(jti))
  }
}

@Module({ controllers: [UserController] })
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] })
app.use(serverTime({ clock }))
await app.listen(Number(process.env.PORT ?? 3000))

export const server = app.getHttpServer()
