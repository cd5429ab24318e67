// Whether certificates and keys can be used, before they are: their own errors come late and name no file.
import { createPrivateKey, X509Certificate } from 'node:crypto'

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

/** Whether the key is the one of the certificate. */
export const isPair = (cert: string, key: string): boolean =>
  new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))
