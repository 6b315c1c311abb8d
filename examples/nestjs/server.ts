import {
  type ArgumentsHost,
  type CanActivate,
  Catch,
  Controller,
  createParamDecorator,
  type ExceptionFilter,
  type ExecutionContext,
  Get,
  HttpCode,
  Injectable,
  Module,
  Post,
  UseGuards,
} from '@nestjs/common'
import { APP_FILTER, NestFactory } from '@nestjs/core'
import type { Request, Response } from 'express'
import { TokenError } from 'skewproof'
import { serverTime } from 'skewproof/express'
import { createGuard, HttpError, nodeFields, refusedToken } from 'skewproof/http'
import { type Claims, clock, tokens } from '../tokens.js'

type AuthenticatedRequest = Request & { user?: Claims }

const guard = createGuard({ tokens })

/** In the place of the guard that calls `JwtService.verifyAsync`. */
@Injectable()
class TokenGuard implements CanActivate {
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>()
    const admission = await guard(nodeFields(request), request)
    if (admission.refusal !== undefined) throw admission.refusal
    request.user = admission.token.claims
    return true
  }
}

/** Answers refusals, and, when a token is to be revoked, that the store cannot be asked. */
@Catch(HttpError, TokenError)
class RefusalFilter implements ExceptionFilter<HttpError | TokenError> {
  catch(error: HttpError | TokenError, host: ArgumentsHost) {
    const refusal = error instanceof TokenError ? refusedToken(error) : error
    const { status, message, headers, problem } = refusal
    const response = host.switchToHttp().getResponse<Response>()
    response
      .status(status)
      .set(headers)
      .json({ ...problem, statusCode: status, message })
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

@Module({ controllers: [UserController], providers: [{ provide: APP_FILTER, useClass: RefusalFilter }] })
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] })
app.use(serverTime({ clock }))
await app.listen(Number(process.env.PORT ?? 3000))

export const server = app.getHttpServer()
