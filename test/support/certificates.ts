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

/** Somebody whose certificates are trusted by those who are told to. */
export class CertificateAuthority {
  /** Its own certificate, PEM, and the file that holds it. */
  readonly pem: string
  readonly path: string
  readonly #own: Certificate
  readonly #newDirectory: () => string

  private constructor(own: Certificate, newDirectory: () => string) {
    this.#own = own
    this.#newDirectory = newDirectory
    this.path = own.certificate
    this.pem = readFileSync(own.certificate, 'latin1')
  }

  /**
   * @param newDirectory where files are put; by default they are gone when the test has finished
   * @throws Error that says what to install when OpenSSL is missing
   */
  static async create(newDirectory: () => string = temporaryDirectory): Promise<CertificateAuthority> {
    const subject = ['-subj', '/CN=authority', '-days', '30']
    const own = await makeCertificate(newDirectory(), subject, -86_400_000)
    return new CertificateAuthority(own, newDirectory)
  }

  issue({
    names = ['DNS:localhost', 'IP:127.0.0.1'],
    beginsInMs = 0,
  }: CertificateOptions = {}): Promise<Certificate> {
    const issuer = ['-CA', this.#own.certificate, '-CAkey', this.#own.key]
    const subject = ['-subj', '/CN=server', '-addext', `subjectAltName=${names.join(',')}`, '-days', '1']
    return makeCertificate(
      this.#newDirectory(),
      [...issuer, ...subject, '-addext', 'basicConstraints=critical,CA:FALSE'],
      beginsInMs,
    )
  }
}

async function makeCertificate(
  directory: string,
  args: readonly string[],
  beginsInMs: number,
): Promise<Certificate> {
  const made = { key: join(directory, 'key.pem'), certificate: join(directory, 'certificate.pem') }
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-keyout', made.key]
  const { environment } = new ShimmedClock(directory, beginsInMs)
  const shim = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
  const openssl = [systemFile('openssl'), 'req', '-x509', ...key, '-out', made.certificate, ...args]
  await run('env', [...shim, ...openssl], process.cwd())
  return made
}
