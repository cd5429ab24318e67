// Anyone may write to a topic, and so to a terminal that shows what lies there: what it would obey is shown as it is written.

/** One line: control characters and those without a form of their own, such as those that turn a line around, are escaped. */
export const printable = (line: string): string =>
  line.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)
