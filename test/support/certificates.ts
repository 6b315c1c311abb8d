import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { systemFile } from '../../scripts/lib/system-packages.mjs'
import { ShimmedClock } from './clock-shim.ts'
import { run } from './process.ts'
import { temporaryDirectory } from './processes.ts'

/** Paths of PEM files. */
export interface Certificate {
  readonly key: string
  readonly certificate: string
}

export interface CertificateOptions {
  /** As OpenSSL writes them: `DNS:localhost`, `IP:127.0.0.1`. */
  readonly names?: readonly string[]
  /** It is valid for a day, which begins so much after now. */
  readonly beginsInMs?: number
}

/** Somebody whose certificates are trusted by those who are told to. It is gone when the test has finished. */
export class CertificateAuthority {
  /** Its own certificate, PEM, and the file that holds it. */
  readonly pem: string
  readonly path: string
  readonly #own: Certificate

  private constructor(own: Certificate) {
    this.#own = own
    this.path = own.certificate
    this.pem = readFileSync(own.certificate, 'latin1')
  }

  /** @throws Error that says what to install when OpenSSL is missing */
  static async create(): Promise<CertificateAuthority> {
    return new CertificateAuthority(
      await makeCertificate(['-subj', '/CN=authority', '-days', '30'], -86_400_000),
    )
  }

  issue({
    names = ['DNS:localhost', 'IP:127.0.0.1'],
    beginsInMs = 0,
  }: CertificateOptions = {}): Promise<Certificate> {
    const issuer = ['-CA', this.#own.certificate, '-CAkey', this.#own.key]
    const subject = ['-subj', '/CN=server', '-addext', `subjectAltName=${names.join(',')}`, '-days', '1']
    return makeCertificate(
      [...issuer, ...subject, '-addext', 'basicConstraints=critical,CA:FALSE'],
      beginsInMs,
    )
  }
}

async function makeCertificate(args: readonly string[], beginsInMs: number): Promise<Certificate> {
  const directory = temporaryDirectory()
  const made = { key: join(directory, 'key.pem'), certificate: join(directory, 'certificate.pem') }
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-keyout', made.key]
  const { environment } = new ShimmedClock(directory, beginsInMs)
  const shim = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
  const openssl = [systemFile('openssl'), 'req', '-x509', ...key, '-out', made.certificate, ...args]
  await run('env', [...shim, ...openssl], process.cwd())
  return made
}
