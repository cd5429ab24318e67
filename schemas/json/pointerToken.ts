// A step of a JSON Pointer (RFC 6901), as it is written there and as it is.

export const escapedToken = (token: string): string => token.replaceAll('~', '~0').replaceAll('/', '~1')

export const unescapedToken = (token: string): string => token.replaceAll('~1', '/').replaceAll('~0', '~')
