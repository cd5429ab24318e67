// Whether certificates and keys can be used, before they are: their own errors come late and name no file.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'

/** What is wrong with the first certificate of a file. */
export function certificateProblem(pem: string): string | undefined {
  try {
    new X509Certificate(pem)
    return undefined
  } catch {
    return 'has no certificate in PEM form (-----BEGIN CERTIFICATE-----)'
  }
}

export function keyProblem(pem: string): string | undefined {
  try {
    createPrivateKey(pem)
    return undefined
  } catch {
    return pem.includes('ENCRYPTED')
      ? 'is encrypted; decrypt it: openssl pkey -in <file> -out <new file>'
      : 'has no private key in PEM form (-----BEGIN PRIVATE KEY-----)'
  }
}

/** Why a certificate and a key, each good by itself, cannot be used together. */
export function pairProblem(cert: string, key: string): string | undefined {
  try {
    createSecureContext({ cert, key })
    return undefined
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH' ? 'are not a pair' : `cannot be used: ${message}`
  }
}
