// Reads an option that is a port or a small count.
import { InvalidArgumentError } from 'commander'

/** Throws commander's error for anything but a whole number from 0 to 65535. */
export const wholeNumber = (text: string): number => {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value > 65_535)
    throw new InvalidArgumentError('It must be a whole number from 0 to 65535.')
  return value
}
