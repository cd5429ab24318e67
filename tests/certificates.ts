// Certificates made for one test run, by the machine's openssl: an authority, what it signs, and an authority nobody trusts.
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Files in PEM form; `pair` is key and certificate in one, as a Kafka broker takes it. */
export type Issued = { readonly cert: string; readonly key: string; readonly pair: string }

export type Authority = {
  /** The authority's own certificate, a file in PEM form. */
  readonly cert: string
  /** `names` as openssl writes them: `DNS:localhost,IP:127.0.0.1`. With -1 days the certificate has expired yesterday. */
  issue(subject: string, options?: { readonly names?: string; readonly days?: number }): Promise<Issued>
}

/** A new authority, its files in `folder`, which exists. */
export async function authority(folder: string, name: string): Promise<Authority> {
  const path = (file: string) => join(folder, `${name}-${file}`)
  const [cert, key] = [path('ca.pem'), path('ca.key')]
  await openssl('req', '-x509', ...newKey(key), '-subj', `/CN=${name}`, '-days', '2', '-out', cert)
  let count = 0
  return {
    cert,
    issue: async (subject, { names = 'DNS:localhost,IP:127.0.0.1', days = 2 } = {}) => {
      count += 1
      const stem = path(String(count))
      const at = (extension: string) => `${stem}.${extension}`
      const issued = { cert: at('pem'), key: at('key'), pair: at('pair.pem') }
      await openssl('req', ...newKey(issued.key), '-subj', `/CN=${subject}`, '-out', at('csr'))
      await writeFile(at('ext'), `subjectAltName=${names}\n`)
      const signed = ['-CA', cert, '-CAkey', key, '-CAcreateserial', '-days', String(days), '-extfile', at('ext')]
      await openssl('x509', '-req', '-in', at('csr'), ...signed, '-out', issued.cert)
      await writeFile(issued.pair, `${await readFile(issued.key, 'utf8')}${await readFile(issued.cert, 'utf8')}`)
      return issued
    },
  }
}

const newKey = (file: string) => ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', file]

const openssl = (...args: readonly string[]) => promisify(execFile)('openssl', args)
